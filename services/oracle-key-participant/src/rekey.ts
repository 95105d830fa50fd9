/** Begins the next epoch of a session that has granted enough keys, or is old enough. */
import { limits } from '@assay/protocol/limits';
import { rekeySession } from '@assay/session-keys/agreement/upkeep';
import { announce, sendAll } from './announce.ts';
import { type Participant, stepContext } from './participant.ts';
import type { HeldRecord } from './session-store.ts';

/**
 * Counts keys granted under a session, and rekeys it after {@link limits.epochGrantsMax} of them or
 * {@link limits.epochAgeMsMax}. Best effort: where another replica changes the session at the same time, this count is
 * lost and the next grant sees to it. An epoch's announcement is sent again before the next one is made, because the
 * replica that began it may have died in between, and nobody can skip an epoch.
 */
export async function countGrants(participant: Participant, held: HeldRecord, granted: number): Promise<void> {
  const { sessions, clock } = participant;
  const grants = held.grants + granted;
  const isDue = grants >= limits.epochGrantsMax || clock.nowMs() - held.epochSinceMs >= limits.epochAgeMsMax;
  if (!isDue) {
    const { state, epochSinceMs } = held;
    await sessions.replace(held, { state, epochSinceMs, grants });
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
  const stored = await sessions.replace(held, { state: step.state, epochSinceMs: clock.nowMs(), grants: 0 });
  if (!stored) return;
  await sendAll(participant, step.state);
  await announce(participant, step.state);
}
