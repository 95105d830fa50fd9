import { concatBytes, fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import type { Refusal } from '@assay/protocol/refusal';
import { x25519 } from '@noble/curves/ed25519.js';
import { isHex, requireSize } from '../identity/encoding.ts';

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

/** The PKCS #8 prefix of the 32 bytes of an X25519 secret (RFC 8410, section 7). */
const PKCS8_PREFIX = fromHex('0x302e020100300506032b656e04220420');

/**
 * The X25519 secret with another party (RFC 7748, section 6.1); 32 bytes. It uses the platform's Web Cryptography,
 * which is five times as fast as JavaScript and gives the same bytes. `undefined` if the other key is malformed or a
 * point of low order, which would give an all-zero secret.
 * @throws RangeError when the secret key does not have 32 bytes.
 */
export async function agreementSecretWith(secret: Uint8Array, otherKey: Hex): Promise<Uint8Array | undefined> {
  requireSize(secret, AGREEMENT_KEY_SIZE, 'an agreement secret');
  const { subtle } = crypto;
  const own = await subtle.importKey('pkcs8', concatBytes(PKCS8_PREFIX, secret), 'X25519', false, ['deriveBits']);
  try {
    const other = await subtle.importKey('raw', Uint8Array.from(fromHex(otherKey)), 'X25519', false, []);
    const agreed = new Uint8Array(
      await subtle.deriveBits({ name: 'X25519', public: other }, own, 8 * AGREEMENT_KEY_SIZE),
    );
    return agreed.some((byte) => byte !== 0) ? agreed : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Checks another party's public key; `undefined` if it is valid. Refuses points of low order (`low-order-point`) and
 * keys that do not have 32 bytes (`identity-malformed`). Stricter than RFC 7748, it also refuses encodings that no
 * honest program writes: the top bit set, or a coordinate not below the prime (`non-canonical-point`).
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
