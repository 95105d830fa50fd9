/** The oracle's publications: its messages on the stream, and each session's state on the audit stream. */

import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { SessionEntry } from '@assay/protocol/ports';
import { metrics } from '@assay/runtime/service/telemetry-names';
import type { AgreementState } from '@assay/session-keys/agreement/agreement-state';
import { messagesSent, phaseOf, sessionTranscript } from '@assay/session-keys/agreement/agreement-view';
import type { Participant } from './participant.ts';

/**
 * Sends the messages of a stored state that this process has not sent yet, in order. An earlier replica may have died
 * before sending them, and the others need them before the latest ones. The stream drops duplicates.
 */
export async function sendAll(participant: Participant, state: AgreementState): Promise<void> {
  const { bus, telemetry } = participant;
  for (const message of messagesSent(state)) {
    await once(participant, message.signature, () =>
      bus.publish(subjects.session(message.sessionId), encodeMessage(message), {
        messageId: `session-${message.signature}`,
        headers: telemetry.carrier(),
      }),
    );
  }
}

/**
 * Writes a session's state to the audit stream: who, which session, which state, when; the trace id is in the message's
 * headers. No key is written. States that any replica has written are not repeated. A state that a dead replica may not
 * have written is written by the replica that handles the session's next message.
 */
export async function announce(participant: Participant, state: AgreementState): Promise<void> {
  const { bus, telemetry, clock, sessions } = participant;
  const entry = entryOf(state);
  const { sessionId, identities } = state.plan;
  if (entry.state === 'closed') sessions.close(sessionId);
  const name = `${sessionId}-${entry.state}-${state.epoch}`;
  await once(participant, name, async () => {
    const [user, miner] = [identities.user.address, identities.miner.address];
    const told = { ...entry, user, miner, atMs: clock.nowMs() };
    const published = await bus.publish(subjects.auditOfSessions(entry.state), encodeMessage(told), {
      messageId: `audit-${name}`,
      headers: telemetry.carrier(),
    });
    if (published.status === 'stored') telemetry.count(metrics.sessions, { outcome: entry.state });
  });
}

/** The public state of a session. */
function entryOf(state: AgreementState): SessionEntry {
  const { sessionId, identities } = state.plan;
  const phase = phaseOf(state);
  if (phase === 'closed') return { state: 'closed', sessionId };
  if (phase === 'established' && state.epoch > 0) return { state: 'rekeyed', sessionId, epoch: state.epoch };
  const parties = { method: state.method, user: identities.user.address, miner: identities.miner.address };
  if (phase !== 'established') return { state: 'proposed', sessionId, ...parties };
  const transcriptHash = sessionTranscript(state);
  if (transcriptHash === undefined) throw new Error('an established session must have a transcript');
  return { state: 'established', sessionId, ...parties, transcriptHash };
}

/** Runs an action once for each name that this process remembers as sent. */
async function once({ sent }: Participant, name: string, work: () => Promise<unknown>): Promise<void> {
  if (sent.has(name)) return;
  await work();
  sent.set(name, true);
}
