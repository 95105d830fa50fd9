/** Begins the next epoch of a session that has granted enough keys, or is old enough. */
import type { KnownTask } from '@assay/protocol/task/known-task';
import { tuning } from '@assay/protocol/tuning';
import { rekeySession } from '@assay/session-keys/agreement/rekey-and-close';
import { announce, sendAll } from './announce.ts';
import { busyWith } from './closing.ts';
import { type Participant, stepContext } from './participant.ts';
import type { HeldRecord } from './session-store.ts';

/**
 * Counts keys granted under a session, and rekeys it after {@link tuning.epochGrantsMax} of them or
 * {@link tuning.epochAgeMsMax}; notes until when the task needs the session. A closing session is not rekeyed, because
 * the others have deleted its key. Best effort: where another replica changes the session at the same time, this count
 * is lost and the next grant sees to it. An epoch's announcement is sent again before the next one is made, because the
 * replica that began it may have died in between, and nobody can skip an epoch.
 */
export async function countGrants(
  participant: Participant,
  held: HeldRecord,
  granted: number,
  known: KnownTask,
): Promise<void> {
  const { sessions, clock } = participant;
  const grants = held.grants + granted;
  const busy = busyWith(held, known);
  const isDue = grants >= tuning.epochGrantsMax || clock.nowMs() - held.epochSinceMs >= tuning.epochAgeMsMax;
  if (!isDue || held.closeAtMs !== 0) {
    const { state, epochSinceMs } = held;
    await sessions.replace(held, { state, epochSinceMs, grants, ...busy });
    return;
  }
  await sendAll(participant, held.state);
  await announce(participant, held.state);
  const step = rekeySession(held.state, stepContext(participant));
  if (step.kind === 'reject') {
    participant.telemetry.log.warn('a session is not rekeyed', {
      sessionId: held.state.plan.sessionId,
      code: step.refusal.code,
    });
    return;
  }
  const stored = await sessions.replace(held, { state: step.state, epochSinceMs: clock.nowMs(), grants: 0, ...busy });
  if (!stored) return;
  await sendAll(participant, step.state);
  await announce(participant, step.state);
}
