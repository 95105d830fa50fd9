import type { BodyKind } from '../agreement/message-body.ts';
import type { Method } from '../agreement/transcript.ts';
import type { Party } from '../identity/identity.ts';
import { PARTIES } from '../identity/identity.ts';

/** The stage of an agreement and of its session. */
export type Phase =
  | 'awaiting-commitments'
  | 'awaiting-openings'
  | 'awaiting-contributions'
  | 'awaiting-proposal'
  | 'awaiting-hellos'
  | 'awaiting-delivery'
  | 'awaiting-confirmations'
  | 'established'
  | 'closed';

/** One round of a method: its message kind, its senders, and what a party waits for until it is complete. */
export interface Round {
  readonly kind: BodyKind;
  readonly senders: (coordinator: Party) => readonly Party[];
  readonly phase: Phase;
}

/** The rounds of a method; round number n is entry n - 1. */
export interface MethodRounds {
  readonly method: Method;
  readonly rounds: readonly Round[];
}

/** Number of the round that confirms the key, the last of either method. */
export const CONFIRM_ROUND = 4;

/** Round numbers of messages in an established session. */
export const UPKEEP_ROUND = { rekey: 5, close: 6 } as const;

const everyParty = (): readonly Party[] => PARTIES;
const coordinatorOnly = (coordinator: Party): readonly Party[] => [coordinator];
const openerOnly = (coordinator: Party): readonly Party[] => [openerOf(coordinator)];

/**
 * The party that opens Method 2: the coordinator, or the user if the oracle coordinates, because the oracle never
 * starts a session.
 */
export function openerOf(coordinator: Party): Party {
  return coordinator === 'oracle' ? 'user' : coordinator;
}

/** The two who do not coordinate, in the order user, miner, oracle. */
export function allButCoordinator(coordinator: Party): readonly Party[] {
  return PARTIES.filter((party) => party !== coordinator);
}

/** Method 1: each party sends four messages. */
const METHOD_1: MethodRounds = {
  method: 'method-1',
  rounds: [
    { kind: 'commit', senders: everyParty, phase: 'awaiting-commitments' },
    { kind: 'open', senders: everyParty, phase: 'awaiting-openings' },
    { kind: 'contribute', senders: everyParty, phase: 'awaiting-contributions' },
    { kind: 'confirm', senders: everyParty, phase: 'awaiting-confirmations' },
  ],
};

/** Method 2: seven messages, at most three from each party. */
const METHOD_2: MethodRounds = {
  method: 'method-2',
  rounds: [
    { kind: 'propose', senders: openerOnly, phase: 'awaiting-proposal' },
    { kind: 'hello', senders: allButCoordinator, phase: 'awaiting-hellos' },
    { kind: 'deliver', senders: coordinatorOnly, phase: 'awaiting-delivery' },
    { kind: 'confirm', senders: everyParty, phase: 'awaiting-confirmations' },
  ],
};

/** The rounds of a method. */
export function roundsOf(method: Method): MethodRounds {
  return method === 'method-1' ? METHOD_1 : METHOD_2;
}

/** The number of the round for a message kind. @throws Error when the method has no such round. */
export function roundOf(method: Method, kind: BodyKind): number {
  if (kind === 'rekey' || kind === 'close') return UPKEEP_ROUND[kind];
  const index = roundsOf(method).rounds.findIndex((round) => round.kind === kind);
  if (index < 0) throw new Error(`${method} has no ${kind}`);
  return index + 1;
}
