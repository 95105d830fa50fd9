/** The open tasks with their observations, and what is remembered of those whose report is out. */

import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import type { CheckedBefore, ProposedReport } from '@assay/protocol/batch/proposal';
import { batchIdOf } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { differencesOf } from '@assay/protocol/observation/equivocation';
import { checkObservation, type Observation } from '@assay/protocol/observation/observation';
import { waitMsOf } from '@assay/protocol/policy/policy';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { isFinal, isObservedByQuorum } from '@assay/protocol/report/report';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { tuning } from '@assay/protocol/tuning';
import type { OpenTask, Setting, TaskBook } from './books.ts';

export type Added = 'added' | 'repeat' | 'equivocation';

/** Opens a task, or returns the one that is open; undefined when too many are open: the stream keeps it meanwhile. */
export function openTask(book: TaskBook, known: KnownTask): OpenTask | undefined {
  const { taskId } = known.task;
  const present = book.open.get(taskId);
  if (present !== undefined) return present;
  if (book.open.size >= tuning.openTasksMax) return undefined;
  const task: OpenTask = {
    known,
    observations: new Map(),
    isFinal: false,
    asks: 0,
    askedUntilMs: 0,
    refusals: 0,
    notBeforeMs: 0,
  };
  book.open.set(taskId, task);
  book.free.add(taskId);
  return task;
}

/** Adds an observation; the first of each operator and role counts. */
export function observe(
  { network }: Setting,
  task: OpenTask,
  observation: Observation,
  timestampMs: number,
): Checked<Added> {
  const { known } = task;
  // Whoever followed the streams as they grew met it before the task and refused it: so must whoever reads them later.
  if (timestampMs < known.deadlineMs - waitMsOf(known.policy, known.task))
    return refused('before-task', `The observation was there before task ${known.task.taskId}.`, 'taskId');
  const checked = checkObservation(network, known.policy, known.task, observation);
  if (!checked.ok) return checked;
  const earlier = task.observations.get(placeOf(observation));
  if (earlier !== undefined) {
    const method = { role: observation.role, policy: known.policy };
    const differences = differencesOf(method, earlier.checked.measurements, checked.value.measurements);
    return accepted(differences.length === 0 ? 'repeat' : 'equivocation');
  }
  task.observations.set(placeOf(observation), { checked: checked.value, timestampMs });
  delete task.entryBytes;
  // A report that is final stays so: what comes later adds to its scores, which are derived when it is proposed.
  if (task.isFinal) return accepted('added');
  const all = [...task.observations.values()].map((one) => one.checked);
  task.isFinal = isFinal(network, known.policy, known.task, all);
  if (task.isFinal) task.readySinceMs ??= timestampMs;
  return accepted('added');
}

function placeOf({ role, operator }: Observation): string {
  return `${role} ${operator}`;
}

/** Finds an observation among those that count: those need no second look at their signature. */
export function countedBefore({ open }: TaskBook): CheckedBefore {
  return (observation) => {
    const checked = open.get(observation.taskId)?.observations.get(placeOf(observation))?.checked;
    const isSame =
      checked !== undefined &&
      checked.observation.signature === observation.signature &&
      checked.observation.measurements === observation.measurements &&
      checked.observation.methodDigest === observation.methodDigest &&
      checked.observation.epoch === observation.epoch &&
      checked.observation.salt === observation.salt;
    return isSame ? checked : undefined;
  };
}

/** Tasks in no proposal that are final, or overdue and observed by a quorum, and need not wait since they were refused. */
export function readyTasks(book: TaskBook, nowMs: number): OpenTask[] {
  return freeTasks(book).filter((task) => task.readySinceMs !== undefined && task.notBeforeMs <= nowMs);
}

/** Tasks in no proposal whose deadline, with its grace, has passed without a final report. */
export function overdueTasks(book: TaskBook, nowMs: number): OpenTask[] {
  return freeTasks(book).filter(
    (task) => task.readySinceMs === undefined && nowMs >= task.known.deadlineMs + tuning.deadlineGraceMs,
  );
}

/** The soonest moment at which a task becomes overdue, or may be proposed again; undefined when none waits. */
export function nextDueMs(book: TaskBook): number | undefined {
  let next: number | undefined;
  for (const task of freeTasks(book)) {
    const overdueMs = Math.max(task.known.deadlineMs + tuning.deadlineGraceMs, task.askedUntilMs);
    const at = task.readySinceMs === undefined ? overdueMs : task.notBeforeMs;
    if (next === undefined || at < next) next = at;
  }
  return next;
}

/** Whether more than two thirds of the weight have answered in every required role, though be it by an absence. */
export function isAnswered({ network }: Setting, { known, observations }: OpenTask): boolean {
  return isObservedByQuorum(
    network,
    known.policy,
    [...observations.values()].map(({ checked }) => checked),
  );
}

/** Notes that the operators are asked for an overdue task: they are asked again after twice as long each time. */
export function noteAsked(task: OpenTask, nowMs: number): void {
  task.asks++;
  task.askedUntilMs = nowMs + backoffMs(retryBackoff, task.asks);
}

function freeTasks(book: TaskBook): OpenTask[] {
  return [...book.free].flatMap((taskId) => book.open.get(taskId) ?? []);
}

/** Bytes that a task takes in a proposal; measured again only when it has got another observation. */
export function entryBytesOf(task: OpenTask): number {
  task.entryBytes ??= encodeMessage(entryOf(task)).length + 1;
  return task.entryBytes;
}

/** A task as a proposal brings it. */
export function entryOf({ known, observations }: OpenTask): { taskId: Hex; observations: Observation[] } {
  return {
    taskId: known.task.taskId,
    observations: [...observations.values()].map(({ checked }) => checked.observation),
  };
}

/** Notes that a proposal with the task in was not taken: it waits for twice as long each time, within a bound. */
export function refuse(task: OpenTask, nowMs: number): void {
  task.refusals++;
  task.notBeforeMs = nowMs + backoffMs(retryBackoff, task.refusals);
}

/** Whether a task may be taken for a valid proposal of its report: it is open, and in no other. */
export function whyNotTake(book: TaskBook, { task: { taskId } }: ProposedReport): Checked<OpenTask> {
  const task = book.open.get(taskId);
  if (task === undefined) return refused('unknown-task', `Task ${taskId} is not open.`, 'entries');
  if (task.takenBy !== undefined)
    return refused('task-taken', `Task ${taskId} is in proposal ${task.takenBy}.`, 'entries');
  return accepted(task);
}

/** Whether a task is reported in another batch than this one: no operator cosigns it in this one. */
export function isReportedElsewhere(
  { done }: TaskBook,
  taskId: Hex,
  { epoch, sequence }: { readonly epoch: number; readonly sequence: number },
): boolean {
  const batchId = done.get(taskId)?.batchId;
  return batchId !== undefined && batchId !== batchIdOf(epoch, sequence);
}

/** Frees the tasks that a proposal holds: it gets no certificate any more, and they are proposed anew. */
export function release(book: TaskBook, sequence: number): void {
  for (const [taskId, task] of book.open) {
    if (task.takenBy !== sequence) continue;
    delete task.takenBy;
    book.free.add(taskId);
  }
}

/** Holds a task for the valid proposal of a sequence: it is not proposed again. */
export function take(book: TaskBook, task: OpenTask, sequence: number): void {
  task.takenBy = sequence;
  book.free.delete(task.known.task.taskId);
}

/** Forgets a task whose certified report is out, and remembers that it is; of the latest {@link tuning.doneTasksMax} only. */
export function finishTask(book: TaskBook, taskId: Hex, batchId: string, atMs: number): void {
  book.open.delete(taskId);
  book.free.delete(taskId);
  if (!book.done.has(taskId)) book.done.set(taskId, { batchId, atMs });
  if (book.done.size <= tuning.doneTasksMax) return;
  const [oldest] = book.done;
  if (oldest === undefined) return;
  book.done.delete(oldest[0]);
  book.forgottenUntilMs = Math.max(book.forgottenUntilMs, oldest[1].atMs);
}
