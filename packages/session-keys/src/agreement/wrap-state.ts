import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { draw, lengthPrefixed, type Random, requireSize } from '../identity/encoding.ts';
import { KEY_SIZE } from './key-schedule.ts';

const VERSION = 1;
const NONCE_SIZE = 24;
const TAG_SIZE = 16;
const CIPHERTEXT_AT = 1 + NONCE_SIZE;
const LABEL = 'assay/wrapped-state/v1';

/** Overhead of a wrapped state in bytes: version 1, nonce 24, tag 16. */
export const WRAPPING_OVERHEAD = CIPHERTEXT_AT + TAG_SIZE;

/**
 * Encrypts a state for an untrusted store, with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03) under a 32-byte
 * key-encryption key. The nonce is random; with 24 bytes, one key suffices for any number of states. The storage key is
 * associated data, so the store cannot swap two states. The store can still replay an old state, which restarts or
 * stops an agreement and never leads to a second key.
 * @throws RangeError when the key does not have 32 bytes or `random` is broken.
 */
export function wrapState(
  keyEncryptionKey: Uint8Array,
  storageKey: string,
  state: Uint8Array,
  random: Random,
): Uint8Array {
  requireSize(keyEncryptionKey, KEY_SIZE, 'a key-encryption key');
  const nonce = draw(random, NONCE_SIZE);
  const cipher = xchacha20poly1305(keyEncryptionKey, nonce, lengthPrefixed([LABEL, storageKey]));
  return concatBytes(Uint8Array.of(VERSION), nonce, cipher.encrypt(state));
}

/**
 * Decrypts what {@link wrapState} made. Refused: too short or another version (`wrapped-state-malformed`); another key,
 * another storage key or any changed bit (`wrapped-state-not-authentic`).
 * @throws RangeError when the key does not have 32 bytes.
 */
export function unwrapState(
  keyEncryptionKey: Uint8Array,
  storageKey: string,
  wrapped: Uint8Array,
): Checked<Uint8Array> {
  requireSize(keyEncryptionKey, KEY_SIZE, 'a key-encryption key');
  if (wrapped.length < WRAPPING_OVERHEAD || wrapped[0] !== VERSION) {
    return refused('wrapped-state-malformed', 'not a wrapped state of version 1');
  }
  const nonce = wrapped.subarray(1, CIPHERTEXT_AT);
  const cipher = xchacha20poly1305(keyEncryptionKey, nonce, lengthPrefixed([LABEL, storageKey]));
  try {
    return accepted(cipher.decrypt(wrapped.subarray(CIPHERTEXT_AT)));
  } catch {
    return refused('wrapped-state-not-authentic', 'the state was changed, moved or wrapped under another key');
  }
}
