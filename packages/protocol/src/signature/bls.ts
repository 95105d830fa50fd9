/**
 * BLS12-381 signatures over 32-byte digests (minimal-signature-size, proof-of-possession scheme of the IETF draft; hash
 * to curve by RFC 9380), in the encoding of the contracts: 192 bytes for a key in G2 (x.c0, x.c1, y.c0, y.c1), 96 for a
 * signature in G1 (x, y).
 */
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { concatBytes, fromHex, type Hex, keccak256, toHex } from '../encoding/bytes.ts';

/** The purpose of a signature. A signature for one purpose is never valid for the other. */
export type BlsPurpose = 'signature' | 'possession';

const domains: Readonly<Record<BlsPurpose, string>> = {
  signature: 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_',
  possession: 'BLS_POP_BLS12381G1_XMD:SHA-256_SSWU_RO_POP_',
};
const { shortSignatures, G1, G2, fields } = bls12_381;
const fieldBytes = 48;

/** The group's order. */
const order = fields.Fr.ORDER;

/** The secret key of a seed of at least 32 unpredictable bytes: uniform up to 2^-256, never zero. */
export function blsSecretKey(seed: Uint8Array): Uint8Array {
  const halves = [0, 1].map((half) => fromHex(keccak256(concatBytes(Uint8Array.of(half), seed))));
  const scalar = (BigInt(toHex(concatBytes(...halves))) % (order - 1n)) + 1n;
  return fromHex(`0x${scalar.toString(16).padStart(64, '0')}`);
}

/** The public key of a secret key (32 bytes, below the group's order), 192 bytes. */
export function blsPublicKey(secretKey: Uint8Array): Hex {
  return toHex(swapHalves(shortSignatures.getPublicKey(secretKey).toBytes(false)));
}

/** Signs a digest. */
export function signBls(digest: Hex, secretKey: Uint8Array, purpose: BlsPurpose = 'signature'): Hex {
  return packSignature(shortSignatures.sign(hashed(digest, purpose), secretKey));
}

/**
 * The aggregate of several signatures over the same digest. Throws for an empty list, and if the sum is not in the group:
 * it is looked at only as a whole, which takes a hundredth of the time for 128 signatures.
 */
export function aggregateBls(signatures: readonly Hex[]): Hex {
  return packSignature(shortSignatures.aggregateSignatures(signatures.map(unpackSignature)));
}

/**
 * True if `signature` is the aggregate of `keys` over the digest. The caller must know that each key has a proof of
 * possession, so that each is in the group: only the sum of the keys is looked at.
 */
export function isBlsSigned(
  digest: Hex,
  signature: Hex,
  keys: readonly Hex[],
  purpose: BlsPurpose = 'signature',
): boolean {
  try {
    const key = shortSignatures.aggregatePublicKeys(keys.map(unpackKey));
    const point = unpackSignature(signature);
    point.assertValidity();
    return shortSignatures.verify(point, hashed(digest, purpose), key);
  } catch {
    // A point outside the group is neither a key nor a signature.
    return false;
  }
}

function hashed(digest: Hex, purpose: BlsPurpose) {
  return shortSignatures.hash(fromHex(digest), domains[purpose]);
}

function unpackKey(key: Hex) {
  const at = coordinates(key, 4);
  const point = G2.Point.fromAffine({ x: { c0: at(0), c1: at(1) }, y: { c0: at(2), c1: at(3) } });
  if (point.is0()) throw new RangeError('Infinity is no key.');
  return point;
}

function packSignature(point: InstanceType<typeof G1.Point>): Hex {
  return toHex(point.toBytes(false));
}

function unpackSignature(signature: Hex) {
  const at = coordinates(signature, 2);
  return G1.Point.fromAffine({ x: at(0), y: at(1) });
}

/** The coordinates of a point that may be outside the group, or off the curve. */
function coordinates(point: Hex, count: number): (index: number) => bigint {
  const bytes = fromHex(point);
  if (bytes.length !== count * fieldBytes) throw new RangeError(`No point has ${bytes.length} bytes.`);
  return (index) => fields.Fp.fromBytes(bytes.subarray(index * fieldBytes, (index + 1) * fieldBytes));
}

/** The library puts c1 of each coordinate before c0; the precompiles expect c0 first. */
function swapHalves(bytes: Uint8Array): Uint8Array {
  const part = (index: number) => bytes.subarray(index * fieldBytes, (index + 1) * fieldBytes);
  return concatBytes(part(1), part(0), part(3), part(2));
}
