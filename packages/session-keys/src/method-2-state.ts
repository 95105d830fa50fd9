import { fromHex, type Hex } from '@assay/protocol/bytes';
import { limits } from '@assay/protocol/limits';
import { accepted, type Checked } from '@assay/protocol/refusal';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { type EstablishedSession, planSchema } from './agreement.ts';
import { complaint, hexSchema, readJson } from './encoding.ts';
import { type Party, partySchema } from './identity.ts';
import { type Message, messageSchema } from './message.ts';
import { refused } from './refusal.ts';
import {
  allButCoordinator,
  coordinatorOnly,
  everyParty,
  isRoundComplete,
  type MethodRounds,
  transcriptBefore,
} from './rounds.ts';
import type { AgreementPlan } from './transcript.ts';

/** Method 2: the coordinator sends three messages, each of the others two. */
export const METHOD_2: MethodRounds = {
  method: 'method-2',
  rounds: [
    { kind: 'propose', senders: coordinatorOnly },
    { kind: 'hello', senders: allButCoordinator },
    { kind: 'deliver', senders: coordinatorOnly },
    { kind: 'confirm', senders: everyParty },
  ],
};

/** Number of each round of Method 2. */
export const METHOD_2_ROUND = { propose: 1, hello: 2, deliver: 3, confirm: 4 } as const;

/**
 * One party's side of a Method 2 agreement: a plain JSON value. It is secret, because it holds the ephemeral secret or
 * the session key; it never holds an identity's secret. Store it encrypted (see `wrapState`).
 */
export interface Method2State {
  readonly version: 1;
  readonly method: 'method-2';
  readonly plan: AgreementPlan;
  readonly party: Party;
  /** Messages accepted and sent, at most seven. */
  readonly log: readonly Message[];
  /** X25519 secret (32 bytes) from the party's hello until the delivery; otherwise null. */
  readonly ephemeralSecret: Hex | null;
  /** 32 bytes from the delivery on, before that null. Not to be used until {@link establishedSession} gives it out. */
  readonly sessionKey: Hex | null;
}

/** How far an agreement is. */
export type Method2Phase =
  | 'awaiting-proposal'
  | 'awaiting-hellos'
  | 'awaiting-delivery'
  | 'awaiting-confirmations'
  | 'established';

const stateSchema: z.ZodType<Method2State> = z.strictObject({
  version: z.literal(1),
  method: z.literal('method-2'),
  plan: planSchema,
  party: partySchema,
  log: z.array(messageSchema).max(7),
  ephemeralSecret: hexSchema(32).nullable(),
  sessionKey: hexSchema(32).nullable(),
});

/** What a party waits for, read off its log. */
export function phaseOf(state: Method2State): Method2Phase {
  if (!isRoundComplete(METHOD_2, state, METHOD_2_ROUND.propose)) return 'awaiting-proposal';
  if (!isRoundComplete(METHOD_2, state, METHOD_2_ROUND.hello)) return 'awaiting-hellos';
  if (!isRoundComplete(METHOD_2, state, METHOD_2_ROUND.deliver)) return 'awaiting-delivery';
  return isRoundComplete(METHOD_2, state, METHOD_2_ROUND.confirm) ? 'established' : 'awaiting-confirmations';
}

/** The session, once valid confirmations of all three are in; before that `undefined`. */
export function establishedSession(state: Method2State): EstablishedSession | undefined {
  const transcriptHash = transcriptBefore(METHOD_2, state, METHOD_2_ROUND.confirm);
  if (phaseOf(state) !== 'established' || state.sessionKey === null || transcriptHash === undefined) return undefined;
  return { sessionId: state.plan.sessionId, sessionKey: fromHex(state.sessionKey), transcriptHash };
}

/**
 * The party's own messages so far, in the order of sending. Whoever takes up a stored state sends them again, because
 * the one before may have died between storing and sending; the others ignore repeats.
 */
export function messagesSent(state: Method2State): readonly Message[] {
  return state.log.filter(({ sender }) => sender === state.party);
}

/** Writes a state as UTF-8 JSON. The bytes are secret. */
export function encodeState(state: Method2State): Uint8Array {
  return utf8ToBytes(JSON.stringify(state));
}

/**
 * Reads a state that {@link encodeState} wrote, from storage that keeps it authentic. Refused as `state-malformed`: more
 * than {@link limits.sessionStateBytesMax}, or anything that is not JSON of the schema.
 */
export function decodeState(bytes: Uint8Array): Checked<Method2State> {
  const parsed = stateSchema.safeParse(readJson(bytes, limits.sessionStateBytesMax));
  return parsed.success ? accepted(parsed.data) : refused('state-malformed', complaint(parsed.error));
}
