/** secp256k1 signatures over 32-byte digests, in the EVM's form: r, s, v (SEC 1; low s as EIP-2 wants). */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { fromHex, type Hex, toHex } from './bytes.ts';

/** The EVM address of a private key of 32 bytes. */
export function addressOf(privateKey: Uint8Array): Hex {
  return addressOfPublicKey(secp256k1.getPublicKey(privateKey, false));
}

/** Signs a digest: 65 bytes, deterministic (RFC 6979), low s, v 27 or 28. */
export function signDigest(digest: Hex, privateKey: Uint8Array): Hex {
  const recovered = secp256k1.sign(fromHex(digest), privateKey, { prehash: false, format: 'recovered' });
  const signature = new Uint8Array(65);
  signature.set(recovered.subarray(1), 0);
  signature[64] = 27 + (recovered[0] ?? 0);
  return toHex(signature);
}

/** The address that signed a digest, or undefined when the signature is no signature, or its s is high. */
export function recoverSigner(digest: Hex, signature: Hex): Hex | undefined {
  try {
    const bytes = fromHex(signature);
    const v = bytes[64];
    if (bytes.length !== 65 || (v !== 27 && v !== 28)) return undefined;
    const recovered = new Uint8Array(65);
    recovered[0] = v - 27;
    recovered.set(bytes.subarray(0, 64), 1);
    const parsed = secp256k1.Signature.fromBytes(recovered, 'recovered');
    if (parsed.hasHighS()) return undefined;
    return addressOfPublicKey(parsed.recoverPublicKey(fromHex(digest)).toBytes(false));
  } catch {
    return undefined;
  }
}

function addressOfPublicKey(uncompressed: Uint8Array): Hex {
  return toHex(keccak_256(uncompressed.subarray(1)).subarray(12));
}
