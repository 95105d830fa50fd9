import { fromHex, type Hex, toHex } from '@assay/protocol/bytes';
import type { Refusal } from '@assay/protocol/refusal';
import { x25519 } from '@noble/curves/ed25519.js';
import { isHex } from './encoding.ts';

/** Bytes of an X25519 key, public or secret (RFC 7748, section 5). */
export const AGREEMENT_KEY_SIZE = 32;

const PRIME = 2n ** 255n - 19n;

/**
 * The u-coordinates, below the prime, of all points of order 1, 2, 4 and 8 on Curve25519 and its twist. With any of
 * them X25519 gives the all-zero secret, whatever the other key (RFC 7748, section 6.1).
 */
const LOW_ORDER: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  PRIME - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
]);

/**
 * The X25519 public key of a secret (RFC 7748, section 6.1).
 * @throws Error when the secret does not have 32 bytes.
 */
export function agreementKeyOf(secret: Uint8Array): Hex {
  return toHex(x25519.getPublicKey(secret));
}

/**
 * Checks a public key of somebody else; `undefined` when it is good. Refused are points of low order
 * (`low-order-point`), and, stricter than RFC 7748, encodings that no honest program writes: the top bit set or a
 * coordinate not below the prime (`non-canonical-point`), or not 32 bytes at all (`identity-malformed`).
 */
export function checkAgreementKey(key: Hex): Refusal | undefined {
  if (!isHex(key, AGREEMENT_KEY_SIZE))
    return { code: 'identity-malformed', detail: 'an agreement key must have 32 bytes' };
  const coordinate = BigInt(toHex(fromHex(key).reverse()));
  if (coordinate >= PRIME)
    return { code: 'non-canonical-point', detail: 'the agreement key is not the canonical encoding of a point' };
  if (LOW_ORDER.has(coordinate))
    return { code: 'low-order-point', detail: 'the agreement key is a point of low order' };
  return undefined;
}
