/** The bounds of an epoch: which tasks and messages are its own, and what becomes of the books when the next one starts. */

import { waitMsOf } from '@assay/protocol/policy/policy';
import type { BusMessage } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { type Books, newBooks, type OpenTask, type Setting } from '../books.ts';
import { followedStreams } from '../followed-streams.ts';

/** Whether the epoch of these books takes a task of this server time. */
export function isOwnTask({ setting, takesUntilMs }: Books, timestampMs: number): boolean {
  return timestampMs >= setting.takesFromMs && timestampMs < takesUntilMs;
}

/** Whether a task counts as handed in when the epoch before left it over. */
export function isTakenOver({ setting: { takesOver } }: Books, countsMs: number): boolean {
  return countsMs === takesOver?.countsFromMs;
}

/**
 * A message of TASKS as the epoch of these books counts it: as it is, or with the time at which it is taken over from the
 * epoch before. Undefined for a task of another epoch, and for one of the epoch before until `askedMs`, the server time
 * of what names it, is as late.
 */
export function datedFor(books: Books, message: BusMessage, askedMs: number): BusMessage | undefined {
  const { timestampMs } = message;
  if (isOwnTask(books, timestampMs)) return message;
  const { takesOver } = books.setting;
  if (takesOver === undefined || timestampMs < takesOver.fromMs || timestampMs >= takesOver.untilMs) return undefined;
  return askedMs < takesOver.countsFromMs ? undefined : { ...message, timestampMs: takesOver.countsFromMs };
}

/**
 * How a message of this epoch concerns these books: `own`; `neighbour`, whose books are kept beside these while both epochs
 * have tasks; or `other`.
 */
export function epochIs({ setting, takesUntilMs }: Books, epoch: number): 'own' | 'neighbour' | 'other' {
  const own = setting.network.epoch;
  if (epoch === own) return 'own';
  if (epoch === own - 1) return 'neighbour';
  return epoch === own + 1 && Number.isFinite(takesUntilMs) ? 'neighbour' : 'other';
}

/**
 * Server time from which on the streams hold what concerns the epoch, milliseconds: all of it follows a task that the
 * epoch took. The servers that hold the streams may differ in their clocks.
 */
export function epochFromMs({ takesFromMs }: Setting): number {
  return Math.max(0, takesFromMs - tuning.serverClocksMs);
}

/** The next epoch takes the tasks from a time on. Those of them that were opened here, since nobody knew yet, are its own. */
export function onEnds(
  books: Books,
  { takesUntilMs, leftOverFromMs }: Pick<Books, 'takesUntilMs' | 'leftOverFromMs'>,
): void {
  const { tasks } = books;
  books.takesUntilMs = takesUntilMs;
  books.leftOverFromMs = leftOverFromMs;
  for (const [taskId, task] of tasks.open) {
    if (isOwnTask(books, takenMs(task)) || isTakenOver(books, takenMs(task))) continue;
    tasks.open.delete(taskId);
    tasks.free.delete(taskId);
  }
  books.proposer.hasNews = true;
}

/** Server time at which TASKS took a task. */
export function takenMs({ known: { deadlineMs, policy, task } }: OpenTask): number {
  return deadlineMs - waitMsOf(policy, task);
}

/**
 * Books of the next epoch that go on where those of the epoch before stand; undefined if messages of the next epoch may
 * be among those read, because they reach into its time: then the streams are read from their beginning.
 */
export function booksAfter(setting: Setting, { lanes }: Books): Books | undefined {
  const books = newBooks(setting);
  for (const stream of followedStreams) {
    const { position, mark } = lanes[stream];
    if ((mark?.timestampMs ?? 0) >= setting.takesFromMs) return undefined;
    Object.assign(books.lanes[stream], { position }, mark && { mark });
  }
  return books;
}

/** Whether nothing of these books' epoch is under way: no task, no certified batch, and none that may be taken back. */
export function isIdle({ tasks, batches, postings, finality }: Books): boolean {
  const { watched, toRecover, toLook, looking } = finality;
  const isFinal = watched.size + toRecover.length + toLook.length + looking.size === 0;
  return tasks.open.size + batches.queued.size + postings.size === 0 && isFinal;
}
