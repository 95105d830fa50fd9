/** The open tasks with their observations, and what is remembered of those whose report is out. */

import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import type { CheckedBefore, ProposedReport } from '@assay/protocol/batch/proposal';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import type { Measurement } from '@assay/protocol/observation/measurement';
import { checkObservation, type Observation } from '@assay/protocol/observation/observation';
import { scoreToleranceOf, waitMsOf } from '@assay/protocol/policy/policy';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { isFinal } from '@assay/protocol/report/report';
import type { KnownTask } from '@assay/protocol/task/known-task';
import type { OpenTask, Setting, TaskBook } from './books.ts';

export type Added = 'added' | 'repeat' | 'equivocation';

/** Opens a task, or returns the one that is open; undefined when too many are open: the stream keeps it meanwhile. */
export function openTask(book: TaskBook, known: KnownTask): OpenTask | undefined {
  const { taskId } = known.task;
  const present = book.open.get(taskId);
  if (present !== undefined) return present;
  if (book.open.size >= limits.openTasksMax) return undefined;
  const task: OpenTask = { known, observations: new Map(), isFinal: false, refusals: 0, notBeforeMs: 0 };
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
    const tolerance = scoreToleranceOf(known.policy, observation.role);
    const same = agree(earlier.checked.measurements, checked.value.measurements, tolerance);
    return accepted(same ? 'repeat' : 'equivocation');
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

/** Whether two observations of one operator may both be honest: replicas may differ in the last digits of a score. */
function agree(first: readonly Measurement[], second: readonly Measurement[], tolerance: number): boolean {
  return first.every(({ score, flags }, index) => {
    const other = second[index];
    return other !== undefined && flags === other.flags && Math.abs(score - other.score) <= tolerance;
  });
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

/** Tasks in no proposal that are final, or were found overdue, and need not wait since they were refused. */
export function readyTasks(book: TaskBook, nowMs: number): OpenTask[] {
  return freeTasks(book).filter((task) => task.readySinceMs !== undefined && task.notBeforeMs <= nowMs);
}

/** Tasks in no proposal whose deadline, with its grace, has passed without a final report. */
export function overdueTasks(book: TaskBook, nowMs: number): OpenTask[] {
  return freeTasks(book).filter(
    (task) => task.readySinceMs === undefined && nowMs >= task.known.deadlineMs + limits.deadlineGraceMs,
  );
}

/** The soonest moment at which a task becomes overdue, or may be proposed again; undefined when none waits. */
export function nextDueMs(book: TaskBook): number | undefined {
  let next: number | undefined;
  for (const task of freeTasks(book)) {
    const at = task.readySinceMs === undefined ? task.known.deadlineMs + limits.deadlineGraceMs : task.notBeforeMs;
    if (next === undefined || at < next) next = at;
  }
  return next;
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

/**
 * Whether a task may be taken for a proposed report. An abstention for want of observations is too early before the
 * deadline, and is refused when an observation that was in time is missing from it.
 */
export function whyNotTake(book: TaskBook, proposed: ProposedReport, proposalTimestampMs: number): Checked<OpenTask> {
  const { taskId } = proposed.task;
  const task = book.open.get(taskId);
  if (task === undefined) return refused('unknown-task', `Task ${taskId} is not open.`, 'entries');
  if (task.takenBy !== undefined)
    return refused('task-taken', `Task ${taskId} is in proposal ${task.takenBy}.`, 'entries');
  if (proposed.report.final) return accepted(task);
  const { deadlineMs } = task.known;
  if (proposalTimestampMs < deadlineMs)
    return refused('too-early', `Task ${taskId} abstains before its deadline.`, 'entries');
  const included = new Set(proposed.observations.map((one) => one.signature));
  for (const { checked, timestampMs } of task.observations.values()) {
    if (timestampMs > deadlineMs || included.has(checked.observation.signature)) continue;
    const { operator } = checked.observation;
    return refused('left-out', `An observation of task ${taskId} by ${operator} is missing.`, 'entries');
  }
  return accepted(task);
}

/** Holds a task for the valid proposal of a sequence: it is not proposed again. */
export function take(book: TaskBook, task: OpenTask, sequence: number): void {
  task.takenBy = sequence;
  book.free.delete(task.known.task.taskId);
}

/** Forgets a task whose certified report is out, and remembers that it is; of the latest {@link limits.doneTasksMax} only. */
export function finishTask(book: TaskBook, taskId: Hex, batchId: string, atMs: number): void {
  book.open.delete(taskId);
  book.free.delete(taskId);
  if (!book.done.has(taskId)) book.done.set(taskId, { batchId, atMs });
  if (book.done.size <= limits.doneTasksMax) return;
  const [oldest] = book.done;
  if (oldest === undefined) return;
  book.done.delete(oldest[0]);
  book.forgottenUntilMs = Math.max(book.forgottenUntilMs, oldest[1].atMs);
}
