import type { Hex } from '@assay/protocol/encoding/bytes';
import { type Party, sameIdentities } from '../identity/identity.ts';
import { CONFIRM_ROUND, type MethodRounds, type Phase, roundsOf, UPKEEP_ROUND } from '../methods/method-rounds.ts';
import { isSignedBySender, type Message, messageDigest } from './message.ts';
import { type Reject, rejected } from './refusal.ts';
import { type AgreementPlan, extendTranscript, type Method, openTranscript } from './transcript.ts';

/** One party's view of an agreement in progress, without secrets. */
export interface AgreementView {
  readonly method: Method;
  readonly plan: AgreementPlan;
  /** The party that has this view. */
  readonly party: Party;
  /** Every message accepted or sent so far; at most one for each round and sender. */
  readonly log: readonly Message[];
}

/** A message that was already processed; nothing to do. */
export interface Ignore {
  readonly kind: 'ignore';
  readonly code: 'already-processed';
}

/** The message of one sender in one round, when it is in the log. */
export function messageOf(log: readonly Message[], round: number, sender: Party): Message | undefined {
  return log.find((message) => message.round === round && message.sender === sender);
}

/** Whether every sender of a round has been heard. */
export function isRoundComplete(view: AgreementView, round: number): boolean {
  const senders = roundsOf(view.method).rounds[round - 1]?.senders(view.plan.coordinator) ?? [];
  return senders.every((sender) => messageOf(view.log, round, sender) !== undefined);
}

/** What a party waits for, derived from its log. */
export function phaseOf(view: AgreementView): Phase {
  if (view.log.some(({ round }) => round === UPKEEP_ROUND.close)) return 'closed';
  const { rounds } = roundsOf(view.method);
  return rounds.find((_, index) => !isRoundComplete(view, index + 1))?.phase ?? 'established';
}

/**
 * The party's own messages so far, in the order of sending. A process that continues from a stored state sends them
 * again, because its predecessor may have died between storing and sending. The other parties ignore repeats.
 */
export function messagesSent(view: AgreementView): readonly Message[] {
  return view.log.filter(({ sender }) => sender === view.party);
}

/**
 * The transcript hash over all rounds before `round`; `undefined` while a message of those rounds is missing. Each
 * round is hashed in the order user, miner, oracle, independent of the order of arrival.
 */
export function transcriptBefore(view: AgreementView, round: number): Hex | undefined {
  const { rounds } = roundsOf(view.method);
  let transcript = openTranscript(view.method, view.plan);
  for (let earlier = 1; earlier < round; earlier += 1) {
    for (const sender of rounds[earlier - 1]?.senders(view.plan.coordinator) ?? []) {
      const message = messageOf(view.log, earlier, sender);
      if (message === undefined) return undefined;
      transcript = extendTranscript(transcript, messageDigest(message, view.plan.identities));
    }
  }
  return transcript;
}

/**
 * The transcript hash before `round`, for a party whose log shows that it reached that round.
 * @throws Error when a message is missing.
 */
export function knownTranscript(view: AgreementView, round: number): Hex {
  const transcript = transcriptBefore(view, round);
  if (transcript === undefined) throw new Error(`round ${round} was reached without the messages before it`);
  return transcript;
}

/** SHA-256 over all messages before the confirmations; 32 bytes. The keystore records a session under it. */
export function sessionTranscript(view: AgreementView): Hex | undefined {
  return transcriptBefore(view, CONFIRM_ROUND);
}

/**
 * Decides whether a message of an agreement may be processed now; the same for every method. `undefined` means yes: it
 * is of this session, of a party that may speak in its round, signed by that party, new, and its sender saw the same
 * transcript.
 *
 * Ignored: a message that is in the log. Refused: `wrong-agreement-method`, `wrong-session`, `wrong-round`, `wrong-sender`,
 * `unknown-identity`, `wrong-coordinator`, `forged`, `conflicting-message` (signed, but the sender said something
 * else in this round before), `from-self`, `message-too-early` (signed, but a message of an earlier round is missing: offer it
 * again later), `transcript-mismatch` (the sender saw other messages than this party).
 */
export function checkMessage(view: AgreementView, message: Message): Ignore | Reject | undefined {
  const known = messageOf(view.log, message.round, message.sender);
  if (known !== undefined && JSON.stringify(known) === JSON.stringify(message)) return alreadyProcessed();
  const misplaced = checkPlace(roundsOf(view.method), view, message) ?? checkPlan(view.plan, message);
  if (misplaced !== undefined) return misplaced;
  if (!isSignedBySender(message, view.plan.identities)) {
    return rejected('forged', `the signature is not by the ${message.sender} of this session`);
  }
  if (known !== undefined) {
    if (messageDigest(known, view.plan.identities) === messageDigest(message, view.plan.identities)) {
      return alreadyProcessed();
    }
    return rejected('conflicting-message', `the ${message.sender} sent a different message in round ${message.round}`);
  }
  if (message.sender === view.party) return rejected('from-self', 'a message of this party that this state never sent');
  const transcript = transcriptBefore(view, message.round);
  if (transcript === undefined)
    return rejected('message-too-early', `a message before round ${message.round} is missing`);
  if (transcript !== message.transcript) {
    return rejected('transcript-mismatch', `the ${message.sender} saw other messages before round ${message.round}`);
  }
  return undefined;
}

/** Refuses a message of another method or session. */
export function checkSession(view: AgreementView, message: Message): Reject | undefined {
  if (message.method !== view.method) return rejected('wrong-agreement-method', `this session uses ${view.method}`);
  if (message.sessionId !== view.plan.sessionId) return rejected('wrong-session', 'the message is of another session');
  return undefined;
}

function checkPlace({ rounds }: MethodRounds, view: AgreementView, message: Message): Reject | undefined {
  const foreign = checkSession(view, message);
  if (foreign !== undefined) return foreign;
  const round = rounds[message.round - 1];
  if (round?.kind !== message.body.kind) {
    return rejected('wrong-round', `${message.body.kind} does not belong to round ${message.round}`);
  }
  if (!round.senders(view.plan.coordinator).includes(message.sender)) {
    return rejected('wrong-sender', `the ${message.sender} has no message in round ${message.round}`);
  }
  return undefined;
}

/** The first message of either method names coordinator and identities; they must equal those in this party's plan. */
function checkPlan(plan: AgreementPlan, { body }: Message): Reject | undefined {
  if (body.kind !== 'propose' && body.kind !== 'commit') return undefined;
  if (!sameIdentities(body.identities, plan.identities)) {
    return rejected('unknown-identity', 'the message names other identities than the registered ones');
  }
  if (body.coordinator !== plan.coordinator) {
    return rejected('wrong-coordinator', `the ${plan.coordinator} coordinates this session`);
  }
  return undefined;
}

/** The answer to a repeat. */
export function alreadyProcessed(): Ignore {
  return { kind: 'ignore', code: 'already-processed' };
}
