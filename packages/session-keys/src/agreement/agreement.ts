import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Refusal } from '@assay/protocol/refusal';
import { z } from 'zod';
import { hexSchema, type Random } from '../identity/encoding.ts';
import {
  checkIdentities,
  type Identity,
  type IdentitySecret,
  identitiesSchema,
  identityOf,
  type Party,
  partySchema,
} from '../identity/identity.ts';
import type { Ignore } from './agreement-view.ts';
import type { Message } from './message.ts';
import type { Reject } from './refusal.ts';
import type { AgreementPlan } from './transcript.ts';

/** What a step of an agreement needs besides state and message. None of it is kept in the state. */
export interface StepContext {
  readonly secret: IdentitySecret;
  readonly random: Random;
}

/** The result of a step: the state to keep and the messages to send, in this order, to both other parties. */
export interface Step<State> {
  readonly kind: 'accept';
  readonly state: State;
  readonly send: readonly Message[];
}

/**
 * The answer to a message. `accept`: store the state, then send. `ignore`: a repeat; nothing changed. `reject`: nothing
 * changed. Only after the code `message-too-early` may the same message be offered again later.
 */
export type StepResult<State> = Step<State> | Ignore | Reject;

/** A session that all three have confirmed. */
export interface EstablishedSession {
  /** 32 bytes. */
  readonly sessionId: Hex;
  /** How many times the session was rekeyed. */
  readonly epoch: number;
  /** Key of that epoch; 32 bytes; secret. */
  readonly sessionKey: Uint8Array;
  /** Key of the previous epoch, if there is one; 32 bytes; secret. Content of earlier epochs can no longer be read. */
  readonly previousKey: Uint8Array | undefined;
  /** SHA-256 over all messages before the confirmations; 32 bytes; equal for all three and public. */
  readonly transcriptHash: Hex;
}

/** The key of an epoch of a session (32 bytes); `undefined` for an expired or a future epoch. */
export function keyOfEpoch(session: EstablishedSession, epoch: number): Uint8Array | undefined {
  if (epoch === session.epoch) return session.sessionKey;
  return epoch === session.epoch - 1 ? session.previousKey : undefined;
}

/** Schema of a plan as JSON. It checks the form only; {@link checkPlan} checks the rest. */
export const planSchema: z.ZodType<AgreementPlan> = z.strictObject({
  sessionId: hexSchema(32),
  coordinator: partySchema,
  identities: identitiesSchema,
});

/** Cache of public keys: a party starts many sessions with one secret, whose keys never change in place. */
const ownIdentities = new WeakMap<IdentitySecret, Identity>();

function ownIdentity(party: Party, secret: IdentitySecret): Identity {
  const own = ownIdentities.get(secret) ?? identityOf(party, secret);
  ownIdentities.set(secret, own);
  return own;
}

/**
 * Checks the plan of a party; `undefined` if it is valid. Refused: what {@link checkIdentities} refuses, a session id
 * that is not 32 bytes (`wrong-session`), and a secret that does not belong to the party's identity
 * (`secret-does-not-fit`).
 * @throws RangeError or Error when a secret key has a wrong size or range.
 */
export function checkPlan(plan: AgreementPlan, party: Party, secret: IdentitySecret): Refusal | undefined {
  const bad = checkIdentities(plan.identities);
  if (bad !== undefined) return bad;
  if (!planSchema.safeParse(plan).success) return { code: 'wrong-session', detail: 'a session id must have 32 bytes' };
  const own = ownIdentity(party, secret);
  const registered = plan.identities[party];
  if (own.address !== registered.address || own.agreementKey !== registered.agreementKey) {
    return { code: 'secret-does-not-fit', detail: `the secret keys are not those of the registered ${party}` };
  }
  return undefined;
}
