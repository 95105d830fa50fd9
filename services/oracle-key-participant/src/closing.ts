/**
 * The end of a session. A close waits for the tasks that are under way, so that nobody can make an answer unreadable
 * while it is judged; a close by the User also waits for a task that is not handed in yet.
 */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import { waitMsOf } from '@assay/protocol/policy/policy';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { tuning } from '@assay/protocol/tuning';
import { phaseOf } from '@assay/session-keys/agreement/agreement-view';
import { closeSession } from '@assay/session-keys/agreement/rekey-and-close';
import type { Party } from '@assay/session-keys/identity/identity';
import { announce, sendAll } from './announce.ts';
import { type Participant, stepContext } from './participant.ts';
import type { HeldRecord, SessionRecord } from './session-store.ts';

/**
 * When a session closes that `sender` asks to close now, milliseconds since 1970. The Miner's word ends it with the last
 * task under way; the User's needs a grace period besides. An earlier request is never postponed.
 */
export function closeTime({ busyUntilMs, closeAtMs }: SessionRecord, sender: Party, nowMs: number): number {
  const dueMs = Math.max(busyUntilMs, sender === 'miner' ? nowMs : nowMs + tuning.sessionCloseGraceMs);
  return closeAtMs === 0 ? dueMs : Math.min(closeAtMs, dueMs);
}

/** Until when a session is needed once keys are granted for a task; a task published after the close changes nothing. */
export function busyWith(
  { busyUntilMs, closeAtMs }: SessionRecord,
  { task, policy, deadlineMs }: KnownTask,
): Pick<SessionRecord, 'busyUntilMs' | 'closeAtMs'> {
  const busy = Math.max(busyUntilMs, deadlineMs);
  if (closeAtMs === 0) return { busyUntilMs: busy, closeAtMs };
  const isUnderWay = deadlineMs - waitMsOf(policy, task) <= closeAtMs;
  return isUnderWay ? { busyUntilMs: busy, closeAtMs: Math.max(closeAtMs, deadlineMs) } : { busyUntilMs, closeAtMs };
}

/** Whether a session grants nothing any more, be its state stored as closed or not. */
export function isClosed({ state, closeAtMs }: SessionRecord, nowMs: number): boolean {
  return phaseOf(state) === 'closed' || (closeAtMs !== 0 && closeAtMs <= nowMs);
}

/** Closes the sessions that are due, until the signal aborts. */
export async function closeDueSessions(participant: Participant, signal: AbortSignal): Promise<void> {
  const { sessions, clock, telemetry } = participant;
  while (!signal.aborted) {
    for (const sessionId of sessions.dueToClose(clock.nowMs())) {
      try {
        await closeDue(participant, sessionId);
      } catch (error) {
        telemetry.log.warn('a session is not closed yet; retrying', { sessionId, error: errorText(error) });
      }
    }
    await clock.sleep(tuning.sessionSweepMs, signal);
  }
}

async function closeDue(participant: Participant, sessionId: Hex): Promise<void> {
  const { sessions, clock } = participant;
  const held = await sessions.load(sessionId);
  if (held === undefined || held.closeAtMs === 0) return sessions.forget(sessionId);
  if (held.closeAtMs > clock.nowMs()) return;
  const step = closeSession(held.state, stepContext(participant));
  if (step.kind === 'reject') throw new Error(step.refusal.code);
  await storeClosed(participant, held, step.state);
}

/** Stores a closed state and tells the others; false if another replica was faster. */
export async function storeClosed(
  participant: Participant,
  held: HeldRecord,
  state: HeldRecord['state'],
): Promise<boolean> {
  const { epochSinceMs, grants, busyUntilMs } = held;
  const stored = await participant.sessions.replace(held, { state, epochSinceMs, grants, busyUntilMs, closeAtMs: 0 });
  if (!stored) return false;
  await sendAll(participant, state);
  await announce(participant, state);
  return true;
}
