/** secp256k1 signatures over 32-byte digests, in the EVM's encoding: r, s, v (SEC 1; low s by EIP-2). */
import { fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { knownSigners, primitives } from './primitives.ts';

/** Half the order of the curve, rounded down: the highest valid s. */
const highestS = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0';
const rEnd = 2 + 64;
const sEnd = rEnd + 64;

/** The EVM address of a private key of 32 bytes. */
export function addressOf(privateKey: Uint8Array): Hex {
  return addressOfPublicKey(primitives().publicKeyOf(privateKey));
}

/** Signs a digest: 65 bytes, deterministic (RFC 6979), low s, v 27 or 28. */
export function signDigest(digest: Hex, privateKey: Uint8Array): Hex {
  const { compact, recovery } = primitives().signRecoverable(fromHex(digest), privateKey);
  const signature = new Uint8Array(65);
  signature.set(compact, 0);
  signature[64] = 27 + recovery;
  return toHex(signature);
}

/** The address that signed a digest, or undefined if the signature is invalid or its s is high. */
export function recoverSigner(digest: Hex, signature: Hex): Hex | undefined {
  const known = knownSigners()?.get(signature);
  if (known?.digest === digest) return known.signer;
  const signer = recover(digest, signature);
  if (signer !== undefined) rememberSigner(digest, signature, signer);
  return signer;
}

const parityBit = 0x80;

/** A signature of 65 bytes in the 64 bytes of EIP-2098: r, and s with the parity of y as its highest bit. */
export function compactSignature(signature: Hex): Uint8Array {
  const bytes = fromHex(signature);
  const v = bytes[64];
  const highest = bytes[32];
  if (bytes.length !== 65 || (v !== 27 && v !== 28) || highest === undefined || highest >= parityBit)
    throw new RangeError('A signature has 65 bytes, v 27 or 28, and an s below half of the order.');
  const compact = bytes.slice(0, 64);
  compact[32] = highest | (v === 28 ? parityBit : 0);
  return compact;
}

/** The 65 bytes of a signature of 64 bytes (EIP-2098). Throws when there are not 64. */
export function expandSignature(compact: Uint8Array): Hex {
  const highest = compact[32];
  if (compact.length !== 64 || highest === undefined) throw new RangeError('A compact signature has 64 bytes.');
  const bytes = new Uint8Array(65);
  bytes.set(compact);
  bytes[32] = highest & ~parityBit;
  bytes[64] = highest & parityBit ? 28 : 27;
  return toHex(bytes);
}

function recover(digest: Hex, signature: Hex): Hex | undefined {
  try {
    const bytes = fromHex(signature);
    const v = bytes[64];
    if (bytes.length !== 65 || (v !== 27 && v !== 28)) return undefined;
    if (signature.slice(rEnd, sEnd).toLowerCase() > highestS) return undefined;
    const compact = bytes.subarray(0, 64);
    return addressOfPublicKey(primitives().recoverPublicKey(fromHex(digest), { compact, recovery: v - 27 }));
  } catch {
    return undefined;
  }
}

/**
 * Caches a signer for {@link recoverSigner}, if the program provided a cache: one observation is verified when it is
 * counted, when it is proposed, and when the proposal is checked. Call it only after making the signature or recovering
 * its signer. Invalid signatures are not cached, so a flood of forgeries that recover to nobody evicts nothing.
 */
export function rememberSigner(digest: Hex, signature: Hex, signer: Hex): void {
  knownSigners()?.set(signature, { digest, signer });
}

/** The EVM address of a public key of 65 bytes (uncompressed). */
export function addressOfPublicKey(uncompressed: Uint8Array): Hex {
  return toHex(primitives().keccak256(uncompressed.subarray(1)).subarray(12));
}
