/** What the oracle's side lets others know: its messages on the stream, its audit trail, the record on chain. */
import { encodeMessage } from '@assay/protocol/decode';
import { limits } from '@assay/protocol/limits';
import { subjects } from '@assay/protocol/subjects';
import { metrics } from '@assay/runtime/signals';
import type { AgreementState } from '@assay/session-keys/agreement-state';
import { messagesSent, phaseOf, sessionTranscript } from '@assay/session-keys/rounds';
import type { Participant } from './participant.ts';

/**
 * Sends what a stored state says and this process has not sent yet, in its order: before its last words the others must
 * hear those that the replica before may not have got out. The stream drops what it has.
 */
export async function sendAll({ bus, telemetry, sent }: Participant, state: AgreementState): Promise<void> {
  for (const message of messagesSent(state)) {
    if (sent.has(message.signature)) continue;
    await bus.publish(subjects.session(message.sessionId), encodeMessage(message), {
      messageId: `session-${message.signature}`,
      headers: telemetry.carrier(),
    });
    sent.add(message.signature);
    if (sent.size <= limits.sessionsInMemoryMax) continue;
    for (const oldest of sent) {
      sent.delete(oldest);
      break;
    }
  }
}

/** Tells of a session that was established, rekeyed or closed by the step from one state to the next. */
export async function announce(
  participant: Participant,
  before: AgreementState | undefined,
  after: AgreementState,
): Promise<void> {
  const phase = phaseOf(after);
  const { sessionId, identities } = after.plan;
  if (phase === 'closed') {
    participant.sessions.forget(sessionId);
    await audit(participant, 'closed', after);
    participant.enter({ state: 'closed', sessionId });
  } else if (phase === 'established' && before !== undefined && after.epoch > before.epoch) {
    await audit(participant, 'rekeyed', after);
    participant.enter({ state: 'rekeyed', sessionId, epoch: after.epoch });
  } else if (phase === 'established') {
    const transcriptHash = sessionTranscript(after);
    if (transcriptHash === undefined) throw new Error('an established session must have a transcript');
    const [user, miner] = [identities.user.address, identities.miner.address];
    participant.enter({ state: 'established', sessionId, method: after.method, user, miner, transcriptHash });
  } else return;
  participant.telemetry.count(metrics.sessions, { outcome: phase });
}

/** Who, which session, what, when; the trace id is in the message's headers. No key is written. */
async function audit(
  { bus, telemetry, clock }: Participant,
  kind: 'closed' | 'rekeyed',
  state: AgreementState,
): Promise<void> {
  const { sessionId, identities } = state.plan;
  const entry = {
    kind,
    sessionId,
    user: identities.user.address,
    miner: identities.miner.address,
    epoch: state.epoch,
    atMs: clock.nowMs(),
  };
  await bus.publish(subjects.audit(kind), encodeMessage(entry), { headers: telemetry.carrier() });
}
