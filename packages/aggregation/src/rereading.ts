/**
 * Second looks at the streams. The bus may have hidden or reordered what a decision asked for, and decisions are for good:
 * a cosignature of a proposal that was not there yet, an observation of an unknown task. While a task waits for words that
 * operators may have given long ago, its streams are read again from the moment on at which it was handed in.
 */

import { tuning } from '@assay/protocol/tuning';
import type { Books, Lane, OpenTask } from './books.ts';
import type { Emit } from './effects.ts';
import { takenMs } from './epochs/epoch-end.ts';
import type { FollowedStream } from './followed-streams.ts';

/** What operators and aggregators say of a task. Every message on them may be read any number of times. */
const rereadStreams = ['OBSERVATIONS', 'PROPOSALS', 'COSIGNATURES'] as const satisfies readonly FollowedStream[];

/** Above 1: what a task that waits has of a stream behind it grows as fast as the time. */
const rereadShare = 2;

/**
 * Reads the streams again for the tasks that have waited long enough since they were last looked at. Each waits twice as
 * long the next time, so that one which no operator answers for costs less and less. In all, at most {@link rereadShare}
 * times as much is read again as comes in meanwhile: where many wait, the youngest come first.
 */
export function runRereading(books: Books, nowMs: number, emit: Emit): void {
  const { lanes, rereading, told } = books;
  if (!told.isCaughtUp || nowMs < rereading.dueMs) return;
  rereading.dueMs = nowMs + tuning.rereadPollMs;
  // One that is under way is not begun anew: it would never come to its end.
  if (rereadStreams.some((stream) => lanes[stream].again !== undefined)) return;
  rereading.spentUntilMs ??= nowMs - tuning.rereadAllowanceMs;
  const budgetMs = (nowMs - rereading.spentUntilMs) * rereadShare;
  let fromMs: number | undefined;
  for (const task of dueTasks(books, nowMs)) {
    const handedInMs = takenMs(task);
    if (nowMs - handedInMs > budgetMs) break;
    fromMs = handedInMs;
    const wait = rereading.waiting.get(task.known.task.taskId);
    if (wait === undefined) continue;
    wait.count++;
    wait.dueMs = nowMs + tuning.rereadAfterMs * 2 ** wait.count;
  }
  if (fromMs === undefined) return;
  rereading.spentUntilMs += Math.max(0, nowMs - fromMs) / rereadShare;
  for (const stream of rereadStreams) reread(books.lanes[stream], stream, fromMs, emit);
}

/** The tasks that are to be looked at again, the youngest first; notes those that begin and end to wait. */
function dueTasks(books: Books, nowMs: number): OpenTask[] {
  const { rereading, tasks } = books;
  for (const taskId of rereading.waiting.keys()) if (!tasks.open.has(taskId)) rereading.waiting.delete(taskId);
  const due: OpenTask[] = [];
  for (const [taskId, task] of tasks.open) {
    if (!waitsForWords(books, task, nowMs)) {
      rereading.waiting.delete(taskId);
      continue;
    }
    const wait = rereading.waiting.get(taskId) ?? { count: 0, dueMs: nowMs + tuning.rereadAfterMs };
    rereading.waiting.set(taskId, wait);
    if (wait.dueMs <= nowMs) due.push(task);
  }
  return due.sort((a, b) => takenMs(b) - takenMs(a));
}

/** When to look next whether a task waits; infinite when none can. */
export function nextRereadingMs({ rereading, tasks, told }: Books): number {
  return told.isCaughtUp && tasks.open.size > 0 ? rereading.dueMs : Number.POSITIVE_INFINITY;
}

/** How far a stream is read: while it is read again, how far that has come. */
export function readTo({ again, position }: Lane): number {
  return again?.position ?? position;
}

/** Notes that a message is decided on; says whether it was read again. */
export function noteReread(lane: Lane, sequence: number): boolean {
  const { again } = lane;
  if (again === undefined) return false;
  if (sequence >= again.untilSequence) delete lane.again;
  else again.position = Math.max(again.position, sequence);
  return sequence <= again.untilSequence;
}

/** Whether a task can go on only by words of operators: cosignatures of its batch, or observations past its deadline. */
function waitsForWords({ batches }: Books, task: OpenTask, nowMs: number): boolean {
  if (task.takenBy !== undefined) return batches.open.get(task.takenBy)?.certificate === undefined;
  if (task.readySinceMs !== undefined) return task.refusals > 0;
  return nowMs >= task.known.deadlineMs + tuning.deadlineGraceMs;
}

/** Follows a stream anew from a server time on. The position stays: it says what was read at least once. */
function reread(lane: Lane, stream: FollowedStream, fromMs: number, emit: Emit): void {
  const isBehind = lane.mark === undefined || lane.mark.timestampMs < fromMs;
  if (!lane.isFollowed || isBehind) return;
  delete lane.held;
  lane.again = { position: 0, untilSequence: lane.position };
  emit({ kind: 'follow', stream, fromMs });
}
