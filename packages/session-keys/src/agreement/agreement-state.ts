import { fromHex, type Hex, utf8 } from '@assay/protocol/encoding/bytes';
import { issueText } from '@assay/protocol/encoding/issue-text';
import { limits } from '@assay/protocol/limits';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { z } from 'zod';
import { complaint, hexSchema, readJson } from '../identity/encoding.ts';
import { type Party, partySchema } from '../identity/identity.ts';
import { type EstablishedSession, planSchema } from './agreement.ts';
import { phaseOf, sessionTranscript } from './agreement-view.ts';
import { type Message, messageSchema } from './message.ts';
import type { AgreementPlan } from './transcript.ts';

/** The fields that the states of both methods share. */
interface CommonState {
  readonly version: 1;
  readonly plan: AgreementPlan;
  readonly party: Party;
  /** Messages accepted and sent: those of the agreement, the latest rekey and the close. */
  readonly log: readonly Message[];
  /**
   * Key of the current epoch, 32 bytes; null before the agreement has derived it and after the close. Do not use it
   * until {@link establishedSession} returns it.
   */
  readonly sessionKey: Hex | null;
  /** Key of the epoch before, 32 bytes; null in epoch 0 and after the close. */
  readonly previousKey: Hex | null;
  /** How many times the session was rekeyed. */
  readonly epoch: number;
}

/** The opening of a party's commitment: its ephemeral X25519 key (32 bytes) and the blind (32 bytes). */
export interface Opening {
  readonly ephemeralKey: Hex;
  readonly blind: Hex;
}

/** The secret that one pair shares, 32 bytes; kept from the openings until the key is derived. */
export interface PairSecret {
  readonly peer: Party;
  readonly secret: Hex;
}

/**
 * One party's side of a Method 1 agreement: a plain JSON value. It is secret, because it holds ephemeral secrets or the
 * session key; it never holds an identity's secret. Store it encrypted (see `wrapState`).
 */
export interface Method1State extends CommonState {
  readonly method: 'method-1';
  /** X25519 secret (32 bytes) until the openings are complete; then null. */
  readonly ephemeralSecret: Hex | null;
  /** Null with it. */
  readonly opening: Opening | null;
  readonly pairSecrets: readonly [PairSecret, PairSecret] | null;
}

/** One party's side of a Method 2 agreement, under the same rules. */
export interface Method2State extends CommonState {
  readonly method: 'method-2';
  /** X25519 secret (32 bytes) from the party's hello until the delivery; otherwise null. */
  readonly ephemeralSecret: Hex | null;
}

/** One party's side of an agreement by either method, and of its session afterwards. */
export type AgreementState = Method1State | Method2State;

/** Twelve messages of Method 1, one rekey, one close. */
const MESSAGES_MAX = 14;

const secretSchema = hexSchema(32).nullable();
const pairSecretSchema = z.strictObject({ peer: partySchema, secret: hexSchema(32) });
const commonFields = {
  version: z.literal(1),
  plan: planSchema,
  party: partySchema,
  log: z.array(messageSchema).max(MESSAGES_MAX),
  sessionKey: secretSchema,
  previousKey: secretSchema,
  epoch: z.int().min(0).max(limits.sessionEpochMax),
  ephemeralSecret: secretSchema,
};

const stateSchema: z.ZodType<AgreementState> = z.discriminatedUnion('method', [
  z.strictObject({
    ...commonFields,
    method: z.literal('method-1'),
    opening: z.strictObject({ ephemeralKey: hexSchema(32), blind: hexSchema(32) }).nullable(),
    pairSecrets: z.tuple([pairSecretSchema, pairSecretSchema]).nullable(),
  }),
  z.strictObject({ ...commonFields, method: z.literal('method-2') }),
]);

/** The session, from the valid confirmations of all three until it is closed; otherwise `undefined`. */
export function establishedSession(state: AgreementState): EstablishedSession | undefined {
  const transcriptHash = sessionTranscript(state);
  if (phaseOf(state) !== 'established' || state.sessionKey === null || transcriptHash === undefined) return undefined;
  return {
    sessionId: state.plan.sessionId,
    transcriptHash,
    epoch: state.epoch,
    sessionKey: fromHex(state.sessionKey),
    previousKey: state.previousKey === null ? undefined : fromHex(state.previousKey),
  };
}

/** Writes a state as UTF-8 JSON. The bytes are secret. */
export function encodeState(state: AgreementState): Uint8Array {
  return utf8(JSON.stringify(state));
}

/**
 * Reads a state that {@link encodeState} wrote, from storage that keeps it authentic. Refused as `state-malformed`: more
 * than {@link limits.sessionStateBytesMax} bytes, or anything that is not JSON of the schema.
 */
export function decodeState(bytes: Uint8Array): Checked<AgreementState> {
  const parsed = stateSchema.safeParse(readJson(bytes, limits.sessionStateBytesMax), { error: issueText });
  return parsed.success ? accepted(parsed.data) : refused('state-malformed', complaint(parsed.error));
}
