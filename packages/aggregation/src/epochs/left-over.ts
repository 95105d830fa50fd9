/** What becomes of the tasks that an epoch has left over: its aggregators ask the operators of the next one for them. */

import type { PostableBatch } from '@assay/protocol/batch/intent';
import { leftOverMax } from '@assay/protocol/batch/left-over';
import { batchIdOf } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { BusMessage } from '@assay/protocol/ports';
import { readTask } from '@assay/protocol/task/known-task';
import { tuning } from '@assay/protocol/tuning';
import type { Books, OpenTask } from '../books.ts';
import type { Emit } from '../effects.ts';
import { rootKey } from '../proofs.ts';
import { openTask } from '../tasks.ts';
import { datedFor } from './epoch-end.ts';

const vanished = 'vanished report';

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

/**
 * A reorganisation took a batch whose reports are out, and its epoch is over: the chain will never prove them. Its tasks are
 * left over like those that were never reported, once they are read again.
 */
export function askForVanished({ tasks, roots }: Books, { epoch, sequence, root }: PostableBatch, emit: Emit): void {
  roots.delete(rootKey(epoch, sequence, root));
  for (const [taskId, { batchId }] of tasks.done) {
    if (batchId !== batchIdOf(epoch, sequence)) continue;
    tasks.done.delete(taskId);
    emit({ kind: 'ask', question: { id: `${vanished} ${taskId}`, about: 'task', taskId } });
  }
}

/** Opens the task of such a report, as TASKS has it; other answers are of messages that are decided on by now. */
export function onVanished(books: Books, answerId: string, message: BusMessage | undefined): void {
  if (!answerId.startsWith(vanished) || message === undefined) return;
  const dated = datedFor(books, message, Number.POSITIVE_INFINITY);
  const read = dated === undefined ? undefined : readTask(books.setting, dated);
  if (read?.ok !== true || books.tasks.done.has(read.value.known.task.taskId)) return;
  openTask(books.tasks, read.value.known);
  books.proposer.hasNews = true;
}
