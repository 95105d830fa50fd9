import { fromHex, type Hex, toHex } from '@assay/protocol/bytes';
import { equalBytes } from '@noble/ciphers/utils.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { lengthPrefixed, requireSize } from './encoding.ts';
import type { Party } from './identity.ts';
import type { AgreementPlan, Method } from './transcript.ts';

/** Bytes of every symmetric key here. */
export const KEY_SIZE = 32;

const SESSION_KEY_LABEL = 'assay/session/v1/session-key';
const CONFIRM_KEY_LABEL = 'assay/session/v1/confirm-key';
const CONFIRM_LABEL = 'assay/session/v1/confirm';

/**
 * The session key: HKDF-SHA256 (RFC 5869) of what the method agreed on, with the transcript hash as salt and label,
 * method and session in the info; 32 bytes. Two parties that saw different messages therefore get unrelated keys.
 * @throws RangeError when `agreed` does not have 32 bytes.
 */
export function deriveSessionKey(method: Method, plan: AgreementPlan, transcript: Hex, agreed: Uint8Array): Uint8Array {
  requireSize(agreed, KEY_SIZE, 'the agreed secret');
  const info = lengthPrefixed([SESSION_KEY_LABEL, method, fromHex(plan.sessionId)]);
  return hkdf(sha256, agreed, fromHex(transcript), info, KEY_SIZE);
}

/**
 * The proof of `party` that it holds the session key of this transcript: HMAC-SHA256 (RFC 2104) over label, party and
 * transcript hash, under a key that HKDF-SHA256 derives from the session key and that serves nothing else; 32 bytes.
 * The party is under the MAC, so that nobody's proof can be sent back to it as another's.
 */
export function confirmationMac(sessionKey: Uint8Array, transcript: Hex, party: Party): Hex {
  const confirmKey = hkdf(sha256, sessionKey, fromHex(transcript), lengthPrefixed([CONFIRM_KEY_LABEL]), KEY_SIZE);
  return toHex(hmac(sha256, confirmKey, lengthPrefixed([CONFIRM_LABEL, party, fromHex(transcript)])));
}

/** Whether `mac` is the proof of `party`; takes the same time whatever the first differing byte. */
export function isConfirmation(sessionKey: Uint8Array, transcript: Hex, party: Party, mac: Hex): boolean {
  return equalBytes(fromHex(confirmationMac(sessionKey, transcript, party)), fromHex(mac));
}
