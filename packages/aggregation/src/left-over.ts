/** What becomes of the tasks that an epoch has left over: its aggregators ask the operators of the next one for them. */

import { leftOverMax } from '@assay/protocol/batch/left-over';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { tuning } from '@assay/protocol/tuning';
import type { Books, OpenTask } from './books.ts';
import type { Emit } from './effects.ts';

/**
 * From the moment on when the next epoch takes tasks over: asks for those that are open here, a bounded number at once, and
 * again until their reports are out. Returns when to look again, or undefined before that moment.
 */
export function askForLeftOver(books: Books, nowMs: number, emit: Emit): number | undefined {
  if (!isOver(books, nowMs)) return undefined;
  const open = [...books.tasks.open.values()];
  const toAsk = open.filter(({ askedUntilMs }) => askedUntilMs <= nowMs).slice(0, leftOverMax);
  const taskIds = toAsk.map(({ known }) => known.task.taskId);
  for (const taskId of taskIds) noteLeftOver(books, taskId, nowMs);
  const epoch = books.setting.network.epoch + 1;
  if (taskIds.length > 0) emit({ kind: 'ask-left-over', epoch, taskIds });
  if (taskIds.length === leftOverMax) return nowMs + tuning.retryDelayMs;
  return Math.min(nowMs + tuning.leftOverAskMs, ...open.map(({ askedUntilMs }) => askedUntilMs));
}

/** When to look for the first time; infinite while no epoch follows. */
export function leftOverDueMs({ leftOverFromMs }: Books): number {
  return leftOverFromMs + tuning.deadlineGraceMs;
}

/** Notes that operators were asked for a task: again after as long as it has been left over by then, but not too soon. */
export function noteLeftOver(books: Books, taskId: Hex, nowMs: number): void {
  const task: OpenTask | undefined = books.tasks.open.get(taskId);
  if (task === undefined || !isOver(books, nowMs)) return;
  task.askedUntilMs = nowMs + Math.max(tuning.leftOverAskMs, nowMs - books.leftOverFromMs);
}

/** Whether this epoch certifies nothing more, and the next one takes over what it has left. */
function isOver(books: Books, nowMs: number): boolean {
  return nowMs >= leftOverDueMs(books);
}
