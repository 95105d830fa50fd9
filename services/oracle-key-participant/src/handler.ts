/** The Oracle's side of every session: takes its messages from the stream, answers on the stream. */
import { decodeMessage as decodeBusMessage, encodeMessage } from '@assay/protocol/decode';
import type { BusMessage } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { subjects } from '@assay/protocol/subjects';
import { accept, ignore, type Outcome, reject } from '@assay/runtime/outcome';
import { metrics } from '@assay/runtime/signals';
import type { AgreementState } from '@assay/session-keys/agreement-state';
import type { Identities } from '@assay/session-keys/identity';
import { type Message, messageSchema } from '@assay/session-keys/message';
import { messagesSent, phaseOf } from '@assay/session-keys/rounds';
import { receiveMessage, startAgreement } from '@assay/session-keys/session';
import type { Participant } from './participant.ts';

/** Handles one message of SESSIONS. */
export async function onSessionMessage(participant: Participant, delivered: BusMessage): Promise<Outcome> {
  const decoded = decodeBusMessage(messageSchema, delivered.data);
  if (!decoded.ok) return reject(decoded.refusal);
  const message = decoded.value;
  if (message.sender === 'oracle') return ignore('own-message');
  if (subjects.session(message.sessionId) !== delivered.subject) {
    return reject({ code: 'wrong-subject', detail: 'The session is not that of the subject.', field: 'sessionId' });
  }
  const state = await stateFor(participant, message);
  if (!state.ok) return reject(state.refusal);
  const context = { secret: participant.secret, random: participant.random };
  const result = await receiveMessage(state.value, message, context);
  if (result.kind === 'ignore') {
    // Whoever had the message before may have died between saving and sending; repeats are dropped by their ids.
    for (const sent of messagesSent(state.value)) await send(participant, sent);
    return ignore('repeat');
  }
  // A participant speaks after it has read, so the stream's order is the order of causes: nothing honest is too early.
  if (result.kind === 'reject') return reject(result.refusal);
  await participant.sessions.save(result.state);
  for (const answer of result.send) await send(participant, answer);
  if (phaseOf(result.state) === 'established')
    participant.telemetry.count(metrics.sessions, { outcome: 'established' });
  return accept(phaseOf(result.state));
}

async function send(participant: Participant, message: Message): Promise<void> {
  await participant.bus.publish(subjects.session(message.sessionId), encodeMessage(message), {
    messageId: `session-${message.signature}`,
    headers: participant.telemetry.carrier(),
  });
}

/** The state that a message is for; a proposal of a session that is not known starts one. */
async function stateFor(participant: Participant, message: Message): Promise<Checked<AgreementState>> {
  const known = await participant.sessions.load(message.sessionId);
  if (known !== undefined) return accepted(known);
  if (message.body.kind !== 'propose')
    return refused('unknown-session', 'The session is not known here; propose it again under a new id.', 'sessionId');
  const { coordinator, identities } = message.body;
  const registered = await checkRegistered(participant, identities);
  if (!registered.ok) return registered;
  const started = startAgreement('method-2', { sessionId: message.sessionId, coordinator, identities }, 'oracle', {
    secret: participant.secret,
    random: participant.random,
  });
  return started.kind === 'reject' ? { ok: false, refusal: started.refusal } : accepted(started.state);
}

/** Identities count as the keystore on chain states them, not as a proposal does. */
async function checkRegistered({ chain, identity }: Participant, identities: Identities): Promise<Checked<undefined>> {
  if (identities.oracle.address !== identity.address || identities.oracle.agreementKey !== identity.agreementKey) {
    return refused('unknown-identity', 'The oracle that the proposal names is not this one.', 'identities.oracle');
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
