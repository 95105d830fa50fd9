import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { equalBytes } from '@noble/ciphers/utils.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { lengthPrefixed, requireSize } from '../identity/encoding.ts';
import type { Party } from '../identity/identity.ts';
import type { AgreementPlan, Method } from './transcript.ts';

/** Bytes of every symmetric key here. */
export const KEY_SIZE = 32;

const SESSION_KEY_LABEL = 'assay/session/v1/session-key';
const CONFIRM_KEY_LABEL = 'assay/session/v1/confirm-key';
const CONFIRM_LABEL = 'assay/session/v1/confirm';
const EPOCH_KEY_LABEL = 'assay/session/v1/epoch-key';
const REKEY_LABEL = 'assay/session/v1/rekey';

/** Size of each method's result in bytes: three contributions, or one drawn key. */
const AGREED_SIZE: Readonly<Record<Method, number>> = { 'method-1': 3 * KEY_SIZE, 'method-2': KEY_SIZE };

/**
 * The session key: HKDF-SHA256 (RFC 5869) of the method's result, with the transcript hash as salt and label, method
 * and session in the info; 32 bytes. Two parties that saw different messages therefore get unrelated keys.
 * @throws RangeError when `agreed` has the wrong size for the method: 96 bytes (Method 1) or 32 (Method 2).
 */
export function deriveSessionKey(method: Method, plan: AgreementPlan, transcript: Hex, agreed: Uint8Array): Uint8Array {
  requireSize(agreed, AGREED_SIZE[method], 'the agreed secret');
  const info = lengthPrefixed([SESSION_KEY_LABEL, method, fromHex(plan.sessionId)]);
  return hkdf(sha256, agreed, fromHex(transcript), info, KEY_SIZE);
}

/**
 * The proof of `party` that it holds the session key of this transcript; 32 bytes. It is HMAC-SHA256 (RFC 2104) over
 * label, party and transcript hash, under a key that HKDF-SHA256 derives from the session key for this purpose only.
 * The MAC covers the party, so a proof cannot be replayed as another party's.
 */
export function confirmationMac(sessionKey: Uint8Array, transcript: Hex, party: Party): Hex {
  return macOf(sessionKey, transcript, [CONFIRM_LABEL, party]);
}

/** Whether `mac` is the proof of `party`; constant time. */
export function isConfirmation(sessionKey: Uint8Array, transcript: Hex, party: Party, mac: Hex): boolean {
  return equalBytes(fromHex(confirmationMac(sessionKey, transcript, party)), fromHex(mac));
}

/**
 * The key of an epoch from the key of the previous one: HKDF-SHA256 (RFC 5869) with the transcript hash as salt and
 * label, session and epoch in the info; 32 bytes. It is one-way: after an epoch's key is deleted, its content cannot be
 * read.
 */
export function nextEpochKey(plan: AgreementPlan, transcript: Hex, epoch: number, key: Uint8Array): Uint8Array {
  const info = lengthPrefixed([EPOCH_KEY_LABEL, fromHex(plan.sessionId), String(epoch)]);
  return hkdf(sha256, key, fromHex(transcript), info, KEY_SIZE);
}

/** The oracle's proof that it holds the key of the epoch that it begins: HMAC-SHA256 as in {@link confirmationMac}; 32 bytes. */
export function rekeyMac(epochKey: Uint8Array, transcript: Hex, epoch: number): Hex {
  return macOf(epochKey, transcript, [REKEY_LABEL, String(epoch)]);
}

/** Whether `mac` is that proof; constant time. */
export function isRekeyProof(epochKey: Uint8Array, transcript: Hex, epoch: number, mac: Hex): boolean {
  return equalBytes(fromHex(rekeyMac(epochKey, transcript, epoch)), fromHex(mac));
}

function macOf(key: Uint8Array, transcript: Hex, words: readonly string[]): Hex {
  const macKey = hkdf(sha256, key, fromHex(transcript), lengthPrefixed([CONFIRM_KEY_LABEL]), KEY_SIZE);
  return toHex(hmac(sha256, macKey, lengthPrefixed([...words, fromHex(transcript)])));
}
