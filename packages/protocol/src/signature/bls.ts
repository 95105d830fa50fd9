/**
 * BLS12-381 signatures over 32-byte digests (minimal-pubkey-size, proof-of-possession scheme of the IETF draft; hash to
 * curve by RFC 9380), in the encoding of the contracts: 96 bytes for a key (x, y), 192 for a signature (x.c0, x.c1,
 * y.c0, y.c1).
 */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { concatBytes, fromHex, type Hex, toHex } from '../encoding/bytes.ts';

/** The purpose of a signature. A signature for one purpose is never valid for the other. */
export type BlsPurpose = 'signature' | 'possession';

const domains: Readonly<Record<BlsPurpose, string>> = {
  signature: 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_',
  possession: 'BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_',
};
const { longSignatures, G1, G2 } = bls12_381;
const fieldBytes = 48;

/** The public key of a secret key (32 bytes, below the group's order), 96 bytes. */
export function blsPublicKey(secretKey: Uint8Array): Hex {
  return toHex(longSignatures.getPublicKey(secretKey).toBytes(false));
}

/** Signs a digest. */
export function signBls(digest: Hex, secretKey: Uint8Array, purpose: BlsPurpose = 'signature'): Hex {
  return packSignature(longSignatures.sign(hashed(digest, purpose), secretKey));
}

/** The aggregate of several signatures over the same digest. Throws for an empty list or an invalid signature. */
export function aggregateBls(signatures: readonly Hex[]): Hex {
  return packSignature(longSignatures.aggregateSignatures(signatures.map(unpackSignature)));
}

/**
 * True if `signature` is the aggregate of `keys` over the digest. The caller must know that each key has a proof of
 * possession.
 */
export function isBlsSigned(
  digest: Hex,
  signature: Hex,
  keys: readonly Hex[],
  purpose: BlsPurpose = 'signature',
): boolean {
  try {
    const key = longSignatures.aggregatePublicKeys(keys.map(unpackKey));
    return longSignatures.verify(unpackSignature(signature), hashed(digest, purpose), key);
  } catch {
    // A point outside the group is neither a key nor a signature.
    return false;
  }
}

function hashed(digest: Hex, purpose: BlsPurpose) {
  return longSignatures.hash(fromHex(digest), domains[purpose]);
}

function unpackKey(key: Hex) {
  const point = G1.Point.fromBytes(fromHex(key));
  point.assertValidity();
  if (point.is0()) throw new RangeError('Infinity is no key.');
  return point;
}

function packSignature(point: InstanceType<typeof G2.Point>): Hex {
  return toHex(swapHalves(point.toBytes(false)));
}

function unpackSignature(signature: Hex) {
  const point = G2.Point.fromBytes(swapHalves(fromHex(signature)));
  point.assertValidity();
  return point;
}

/** The library puts c1 of each coordinate before c0; the precompiles expect c0 first. */
function swapHalves(bytes: Uint8Array): Uint8Array {
  const part = (index: number) => bytes.subarray(index * fieldBytes, (index + 1) * fieldBytes);
  return concatBytes(part(1), part(0), part(3), part(2));
}
