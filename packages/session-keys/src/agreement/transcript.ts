import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { sha256 } from '@noble/hashes/sha2.js';
import { lengthPrefixed } from '../identity/encoding.ts';
import { type Identities, identityParts, type Party } from '../identity/identity.ts';

/** The ways to agree on a session key. */
export const METHODS = ['method-1', 'method-2'] as const;

/** One of the ways to agree on a session key. */
export type Method = (typeof METHODS)[number];

/** What all three parties know before the first message. */
export interface AgreementPlan {
  /** Name of the session, 32 bytes; never used twice. */
  readonly sessionId: Hex;
  /**
   * Method 2: the party that draws the key. Method 1, where all parties have the same part: the party that asked for
   * the session.
   */
  readonly coordinator: Party;
  /** The three participants, as the keystore has them. */
  readonly identities: Identities;
}

const OPEN_LABEL = 'assay/session/v1/transcript/open';
const STEP_LABEL = 'assay/session/v1/transcript/step';

/** The transcript hash before any message: SHA-256 over method, session, coordinator and identities; 32 bytes. */
export function openTranscript(method: Method, plan: AgreementPlan): Hex {
  const parts = [OPEN_LABEL, method, fromHex(plan.sessionId), plan.coordinator, ...identityParts(plan.identities)];
  return toHex(sha256(lengthPrefixed(parts)));
}

/** The transcript hash after one more message: SHA-256 over the hash so far and the message's digest; 32 bytes. */
export function extendTranscript(transcript: Hex, messageDigest: Hex): Hex {
  return toHex(sha256(lengthPrefixed([STEP_LABEL, fromHex(transcript), fromHex(messageDigest)])));
}
