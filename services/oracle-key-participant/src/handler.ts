/** The Oracle's side of every session: reads its messages from the stream, answers on the stream. */

import { backoffMs } from '@assay/protocol/backoff';
import { subjects } from '@assay/protocol/bus/subjects';
import { decodeMessage as decodeBusMessage } from '@assay/protocol/encoding/decode';
import type { Delivery } from '@assay/protocol/ports';
import { accepted, type Checked, type Refusal, refused } from '@assay/protocol/refusal';
import { tuning } from '@assay/protocol/tuning';
import { NotYet } from '@assay/runtime/loop/not-yet';
import { accept, ignore, type Outcome, reject } from '@assay/runtime/loop/outcome';
import type { AgreementState } from '@assay/session-keys/agreement/agreement-state';
import { phaseOf } from '@assay/session-keys/agreement/agreement-view';
import { isSignedBySender, type Message, messageSchema } from '@assay/session-keys/agreement/message';
import { receiveMessage, startAgreement } from '@assay/session-keys/agreement/session';
import type { Identities } from '@assay/session-keys/identity/identity';
import { announce, sendAll } from './announce.ts';
import { closeTime, storeClosed } from './closing.ts';
import { type Participant, stepContext } from './participant.ts';
import type { HeldRecord } from './session-store.ts';

/**
 * Handles one message of SESSIONS. Any replica may handle any message: the state is replaced by compare-and-set, and
 * only messages of the stored state are sent. A replica that dies before storing has sent nothing, and the message is
 * redelivered. A replica that dies after storing has left the messages to send in the state, and the replica that
 * handles the session's next message sends them first. A replica that stalls beyond the ack wait finds the state
 * changed and drops its own step. A message that arrives early, because the previous one is still with another replica
 * or with a dead one, is given back with a delay. Signatures are checked before anything is stored or asked.
 */
export async function onSessionMessage(participant: Participant, delivered: Delivery): Promise<Outcome> {
  const decoded = decodeBusMessage(messageSchema, delivered.data);
  if (!decoded.ok) return reject(decoded.refusal);
  const message = decoded.value;
  if (message.sender === 'oracle') return ignore('own-message');
  if (subjects.session(message.sessionId) !== delivered.subject) {
    return reject({ code: 'wrong-subject', detail: 'The session is not that of the subject.', field: 'sessionId' });
  }
  const outcome = await takeStep(participant, message);
  if (outcome !== 'again' && outcome !== 'unknown') return outcome;
  if (delivered.deliveryCount >= tuning.sessionDeliveriesMax) {
    if (outcome === 'unknown') return reject(unknownSession);
    const detail = `The session was never ready for round ${message.round} of the ${message.sender}.`;
    return reject({ code: 'message-too-early', detail });
  }
  // Not here: a message that waits in a slot would keep others from being handled.
  throw new NotYet(outcome, backoffMs(stepBackoff, delivered.deliveryCount));
}

const stepBackoff = { firstMs: tuning.sessionRetryMs, maxMs: tuning.retryDelayMsMax };

const unknownSession: Refusal = {
  code: 'unknown-session',
  detail: 'The session is not known here; open it again under a new id.',
  field: 'sessionId',
};

/**
 * `again`: another replica was faster, or an earlier message is missing; `unknown`: all earlier messages are missing.
 */
async function takeStep(participant: Participant, message: Message): Promise<Outcome | 'again' | 'unknown'> {
  const held = await participant.sessions.load(message.sessionId);
  if (held === undefined && message.body.kind !== 'propose' && message.body.kind !== 'commit') return 'unknown';
  const begun = held === undefined ? await begin(participant, message) : accepted(held.state);
  if (!begun.ok) return reject(begun.refusal);
  if (!isSignedBySender(message, begun.value.plan.identities)) {
    return reject({ code: 'forged', detail: `The signature is not by the ${message.sender} of this session.` });
  }
  const result = await receiveMessage(begun.value, message, stepContext(participant));
  if (result.kind === 'ignore') {
    await sendAll(participant, begun.value);
    await announce(participant, begun.value);
    return ignore('repeat');
  }
  if (result.kind === 'reject') return result.refusal.code === 'message-too-early' ? 'again' : reject(result.refusal);
  if (message.body.kind === 'close' && held !== undefined) return onClose(participant, held, message, result.state);
  const stored = await participant.sessions.replace(held, recordAfter(participant, held, result.state));
  if (!stored) return 'again';
  await sendAll(participant, result.state);
  await announce(participant, result.state);
  return accept(phaseOf(result.state));
}

/** A valid close: takes effect now, or is noted until the tasks under way are over. */
async function onClose(
  participant: Participant,
  held: HeldRecord,
  { sender }: Message,
  closed: AgreementState,
): Promise<Outcome | 'again'> {
  const nowMs = participant.clock.nowMs();
  const closeAtMs = closeTime(held, sender, nowMs);
  if (closeAtMs <= nowMs) return (await storeClosed(participant, held, closed)) ? accept('closed') : 'again';
  if (closeAtMs === held.closeAtMs) return ignore('closing-already');
  const { state, epochSinceMs, grants, busyUntilMs } = held;
  const stored = await participant.sessions.replace(held, { state, epochSinceMs, grants, busyUntilMs, closeAtMs });
  return stored ? accept('closing') : 'again';
}

function recordAfter({ clock }: Participant, held: HeldRecord | undefined, state: AgreementState) {
  const sameEpoch = held !== undefined && phaseOf(held.state) === 'established';
  return {
    state,
    epochSinceMs: sameEpoch ? held.epochSinceMs : clock.nowMs(),
    grants: held?.grants ?? 0,
    busyUntilMs: held?.busyUntilMs ?? 0,
    closeAtMs: held?.closeAtMs ?? 0,
  };
}

/** The first message of an unknown session starts the oracle's side of it. */
async function begin(participant: Participant, message: Message): Promise<Checked<AgreementState>> {
  const { body, sessionId, method } = message;
  if (body.kind !== 'propose' && body.kind !== 'commit') return { ok: false, refusal: unknownSession };
  const { coordinator, identities } = body;
  // Before the chain is asked.
  if (!isSignedBySender(message, identities)) {
    return refused('forged', `The signature is not by the ${message.sender} that the message names.`);
  }
  const registered = await checkRegistered(participant, identities);
  if (!registered.ok) return registered;
  const started = startAgreement(method, { sessionId, coordinator, identities }, 'oracle', stepContext(participant));
  return started.kind === 'reject' ? { ok: false, refusal: started.refusal } : accepted(started.state);
}

/** Identities are those in the keystore on chain, not those in a message. */
async function checkRegistered({ chain, identity }: Participant, identities: Identities): Promise<Checked<undefined>> {
  if (identities.oracle.address !== identity.address || identities.oracle.agreementKey !== identity.agreementKey) {
    return refused('unknown-identity', 'The oracle that the message names is not this one.', 'identities.oracle');
  }
  for (const party of ['user', 'miner'] as const) {
    const { address, agreementKey } = identities[party];
    if ((await chain.agreementKeyOf(address)) !== agreementKey) {
      return refused(
        'unknown-identity',
        `The agreement key of ${address} is not the one in the keystore.`,
        `identities.${party}`,
      );
    }
  }
  return accepted(undefined);
}
