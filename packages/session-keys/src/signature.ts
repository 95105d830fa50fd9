import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesOf, type Hex, hexOf, isHex } from './encoding.ts';

/** Bytes of a signature: r (32), s (32), v (1; 27 or 28), as `ecrecover` of the EVM takes them. */
export const SIGNATURE_SIZE = 65;

/** Bytes of an EVM address. */
export const ADDRESS_SIZE = 20;

const HASH_SIZE = 32;

/**
 * The EVM address of a secp256k1 secret key: the last 20 bytes of Keccak-256 over the uncompressed public key.
 * @throws Error when the key is not a scalar from 1 to n - 1 in 32 big-endian bytes.
 */
export function addressOfKey(signingKey: Uint8Array): Hex {
  return addressOfPoint(secp256k1.getPublicKey(signingKey, false));
}

/**
 * Signs a 32-byte digest by ECDSA over secp256k1 (SEC 1 v2, section 4.1) with the deterministic nonce of RFC 6979
 * and low s (EIP-2). The same key and digest always give the same signature.
 * @throws Error when key or digest do not have 32 bytes.
 */
export function signDigest(digest: Uint8Array, signingKey: Uint8Array): Hex {
  const signed = secp256k1.sign(digest, signingKey, { prehash: false, lowS: true, format: 'recovered' });
  const signature = new Uint8Array(SIGNATURE_SIZE);
  signature.set(signed.subarray(1), 0);
  signature[64] = 27 + (signed[0] ?? 0);
  return hexOf(signature);
}

/**
 * Recovers the address that signed a 32-byte digest (SEC 1 v2, section 4.1.6). `undefined` for anything that is not a
 * signature: wrong size, v other than 27 or 28, r or s out of range, high s, no such point.
 */
export function recoverSigner(digest: Uint8Array, signature: Hex): Hex | undefined {
  if (digest.length !== HASH_SIZE || !isHex(signature, SIGNATURE_SIZE)) return undefined;
  const bytes = bytesOf(signature);
  const recovery = (bytes[64] ?? 0) - 27;
  if (recovery !== 0 && recovery !== 1) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(bytes.subarray(0, 64), 'compact');
    if (parsed.hasHighS()) return undefined;
    return addressOfPoint(parsed.addRecoveryBit(recovery).recoverPublicKey(digest).toBytes(false));
  } catch {
    return undefined;
  }
}

function addressOfPoint(uncompressed: Uint8Array): Hex {
  return hexOf(keccak_256(uncompressed.subarray(1)).subarray(HASH_SIZE - ADDRESS_SIZE));
}
