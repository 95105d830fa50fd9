import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { equalBytes } from '@noble/ciphers/utils.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { KEY_SIZE } from '../agreement/key-schedule.ts';
import { draw, lengthPrefixed, requireSize } from '../identity/encoding.ts';
import { checkSealing, commitmentTo, contentKey, referenceBytes, type Sealing } from './content-key.ts';
import { encodeHeader, readSealedHeader, SEALED_HEADER_SIZE } from './sealed-header.ts';
import { openSegments } from './segments.ts';

const SALT_LABEL = 'assay/seal/v1/salt';
const CIPHER_KEY_LABEL = 'assay/seal/v1/cipher-key';
const ASSOCIATED_LABEL = 'assay/seal/v1/content';

/** Every content has its own key, used once, so a constant nonce never repeats under a key. */
const NONCE = new Uint8Array(24);

/**
 * Seals content (at most {@link limits.sealedPieceBytesMax} bytes; `sealStream` for more) under a session in one piece:
 * header, then ciphertext and tag of XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439), with header and
 * reference as associated data.
 *
 * The salt is HMAC-SHA256 under the session key of 32 fresh random bytes, reference and content. It therefore differs
 * for different contents even if the random source repeats itself. The header commits to the content key, because with
 * the cipher alone a sealer could make one blob that two keys open to two texts.
 * @throws RangeError when content, reference or a key has a size out of bounds.
 */
export function sealContent(sealing: Sealing, plain: Uint8Array): Uint8Array {
  if (plain.length > limits.sealedPieceBytesMax) {
    throw new RangeError(
      `content of ${plain.length} bytes; at most ${limits.sealedPieceBytesMax} can be sealed in one piece`,
    );
  }
  checkSealing(sealing);
  const { sessionId, epoch, sessionKey, direction, reference } = sealing;
  const salted = lengthPrefixed([SALT_LABEL, draw(sealing.random, 32), referenceBytes(reference), plain]);
  const salt = toHex(hmac(sha256, sessionKey, salted));
  const key = contentKey(sessionKey, { sessionId, epoch, direction, salt }, reference);
  const keyCommitment = toHex(commitmentTo(key));
  const header = encodeHeader({ form: 'piece', sessionId, epoch, direction, salt, keyCommitment });
  return concatBytes(header, cipherOf(key, header, reference).encrypt(plain));
}

/**
 * Opens a whole blob, in one piece or in segments, with its content key (32 bytes). Refused: what
 * {@link readSealedHeader} refuses; a key that the blob was not sealed with (`wrong-content-key`); another reference,
 * any changed bit, a segment that is missing, moved or duplicated (`content-not-authentic`).
 * @throws RangeError when the content key does not have 32 bytes or the reference is out of bounds.
 */
export function openContent(key: Uint8Array, reference: string, blob: Uint8Array): Checked<Uint8Array> {
  requireSize(key, KEY_SIZE, 'a content key');
  const header = readSealedHeader(blob);
  if (!header.ok) return header;
  if (!equalBytes(commitmentTo(key), fromHex(header.value.keyCommitment))) {
    return refused('wrong-content-key', 'the blob was sealed with another key');
  }
  if (header.value.form === 'segments') return openSegments(key, reference, blob);
  const cipher = cipherOf(key, blob.subarray(0, SEALED_HEADER_SIZE), reference);
  try {
    return accepted(cipher.decrypt(blob.subarray(SEALED_HEADER_SIZE)));
  } catch {
    return refused('content-not-authentic', 'the blob was changed or belongs to another reference');
  }
}

function cipherOf(key: Uint8Array, header: Uint8Array, reference: string) {
  const cipherKey = hkdf(sha256, key, undefined, lengthPrefixed([CIPHER_KEY_LABEL]), KEY_SIZE);
  return xchacha20poly1305(cipherKey, NONCE, lengthPrefixed([ASSOCIATED_LABEL, header, referenceBytes(reference)]));
}
