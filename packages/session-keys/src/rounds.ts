import type { Hex } from '@assay/protocol/bytes';
import { PARTIES, type Party, sameIdentities } from './identity.ts';
import { isSignedBySender, type Message, messageDigest } from './message.ts';
import type { BodyKind } from './message-body.ts';
import { type Reject, rejected } from './refusal.ts';
import { type AgreementPlan, extendTranscript, type Method, openTranscript } from './transcript.ts';

/** One round of a method: what is said in it and by whom. */
export interface Round {
  readonly kind: BodyKind;
  readonly senders: (coordinator: Party) => readonly Party[];
}

/** The rounds of a method; round number n is entry n - 1. */
export interface MethodRounds {
  readonly method: Method;
  readonly rounds: readonly Round[];
}

/** What one party knows of an agreement under way, without any secret. */
export interface AgreementView {
  readonly plan: AgreementPlan;
  /** Whose view it is. */
  readonly party: Party;
  /** Every message accepted or sent so far; at most one for each round and sender. */
  readonly log: readonly Message[];
}

/** A message that was processed before; there is nothing to do. */
export interface Ignore {
  readonly kind: 'ignore';
  readonly code: 'already-processed';
}

/** All three parties. */
export function everyParty(): readonly Party[] {
  return PARTIES;
}

/** The coordinator alone. */
export function coordinatorOnly(coordinator: Party): readonly Party[] {
  return [coordinator];
}

/** The two who do not coordinate, in the order user, miner, oracle. */
export function allButCoordinator(coordinator: Party): readonly Party[] {
  return PARTIES.filter((party) => party !== coordinator);
}

/** The message of one sender in one round, when it is in the log. */
export function messageOf(log: readonly Message[], round: number, sender: Party): Message | undefined {
  return log.find((message) => message.round === round && message.sender === sender);
}

/** Whether every sender of a round has been heard. */
export function isRoundComplete(method: MethodRounds, view: AgreementView, round: number): boolean {
  const senders = method.rounds[round - 1]?.senders(view.plan.coordinator) ?? [];
  return senders.every((sender) => messageOf(view.log, round, sender) !== undefined);
}

/**
 * The transcript hash over all rounds before `round`, each round in the order user, miner, oracle whatever the order of
 * arrival; `undefined` while a message of those rounds is missing.
 */
export function transcriptBefore(method: MethodRounds, view: AgreementView, round: number): Hex | undefined {
  let transcript = openTranscript(method.method, view.plan);
  for (let earlier = 1; earlier < round; earlier += 1) {
    for (const sender of method.rounds[earlier - 1]?.senders(view.plan.coordinator) ?? []) {
      const message = messageOf(view.log, earlier, sender);
      if (message === undefined) return undefined;
      transcript = extendTranscript(transcript, messageDigest(message, view.plan.identities));
    }
  }
  return transcript;
}

/**
 * Decides whether a message may be processed now; the same for every method. `undefined` means yes: it is of this
 * session, of a party that may speak in its round, signed by that party, new, and its sender saw the same transcript.
 *
 * Ignored: a message that is in the log. Refused: `wrong-method`, `wrong-session`, `wrong-round`, `wrong-sender`,
 * `unknown-identity`, `wrong-coordinator`, `bad-signature`, `conflicting-message` (signed, but the sender said something
 * else in this round before), `from-self`, `too-early` (signed, but a message of an earlier round is missing: offer it
 * again later), `transcript-mismatch` (the sender saw other messages than this party).
 */
export function checkMessage(method: MethodRounds, view: AgreementView, message: Message): Ignore | Reject | undefined {
  const known = messageOf(view.log, message.round, message.sender);
  if (known !== undefined && JSON.stringify(known) === JSON.stringify(message)) return alreadyProcessed();
  const misplaced = checkPlace(method, view, message) ?? checkProposal(view.plan, message);
  if (misplaced !== undefined) return misplaced;
  if (!isSignedBySender(message, view.plan.identities)) {
    return rejected('bad-signature', `the signature is not by the ${message.sender} of this session`);
  }
  if (known !== undefined) {
    if (hasSameDigest(known, message, view.plan)) return alreadyProcessed();
    return rejected('conflicting-message', `the ${message.sender} said something else in round ${message.round}`);
  }
  if (message.sender === view.party) return rejected('from-self', 'a message of this party that this state never sent');
  const transcript = transcriptBefore(method, view, message.round);
  if (transcript === undefined) return rejected('too-early', `a message before round ${message.round} is missing`);
  if (transcript !== message.transcript) {
    return rejected('transcript-mismatch', `the ${message.sender} saw other messages before round ${message.round}`);
  }
  return undefined;
}

function checkPlace(method: MethodRounds, view: AgreementView, message: Message): Reject | undefined {
  if (message.method !== method.method) return rejected('wrong-method', `this session agrees by ${method.method}`);
  if (message.sessionId !== view.plan.sessionId) return rejected('wrong-session', 'the message is of another session');
  const round = method.rounds[message.round - 1];
  if (round?.kind !== message.body.kind) {
    return rejected('wrong-round', `${message.body.kind} does not belong to round ${message.round}`);
  }
  if (!round.senders(view.plan.coordinator).includes(message.sender)) {
    return rejected('wrong-sender', `the ${message.sender} has nothing to say in round ${message.round}`);
  }
  return undefined;
}

function checkProposal(plan: AgreementPlan, message: Message): Reject | undefined {
  if (message.body.kind !== 'propose') return undefined;
  if (!sameIdentities(message.body.identities, plan.identities)) {
    return rejected('unknown-identity', 'the proposal names other identities than the registered ones');
  }
  if (message.body.coordinator !== plan.coordinator) {
    return rejected('wrong-coordinator', `the ${plan.coordinator} coordinates this session`);
  }
  return undefined;
}

function hasSameDigest(left: Message, right: Message, plan: AgreementPlan): boolean {
  return messageDigest(left, plan.identities) === messageDigest(right, plan.identities);
}

function alreadyProcessed(): Ignore {
  return { kind: 'ignore', code: 'already-processed' };
}
