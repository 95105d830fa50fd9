/** A message of PROPOSALS: it is recomputed, and its tasks are held for it when it is valid. */

import { leftOverSchema } from '@assay/protocol/batch/left-over';
import { overdueSchema } from '@assay/protocol/batch/overdue';
import { type CheckedProposal, checkProposal, type Proposal, readProposal } from '@assay/protocol/batch/proposal';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import type { BusMessage } from '@assay/protocol/ports';
import { accepted, type Checked } from '@assay/protocol/refusal';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { openBatch } from './batches.ts';
import type { Books, HeldMessage, OpenTask } from './books.ts';
import { noteLeftOver } from './epochs/left-over.ts';
import { type KnownAnswers, type Pending, pending } from './known-answers.ts';
import {
  accept,
  checkPledged,
  type Decided,
  findOpenTask,
  ignore,
  ofOtherEpoch,
  refusalOf,
  reject,
} from './messages.ts';
import { countedBefore, isReportedElsewhere, noteAsked, take, whyNotTake } from './tasks.ts';

/** Decides on a proposal, or returns undefined while something is not known yet. `nowMs` is the local clock. */
export function onProposal(books: Books, held: HeldMessage, answers: KnownAnswers, nowMs: number): Decided | undefined {
  const { message } = held;
  if (message.subject === subjects.overdue) return onAsked(books, message, nowMs);
  if (message.subject === subjects.leftOver) return onLeftOver(books, message, answers, nowMs);
  if (books.batches.open.has(message.sequence)) return ignore('repeat');
  const own = ownProposal(books, message);
  if (own !== undefined) {
    const taskIds = own.reports.map(({ task }) => task.taskId);
    if (taskIds.every((taskId) => books.tasks.done.has(taskId))) return { ...ignore('reported'), taskIds };
    const early = tooEarly(books, own, message);
    if (early !== undefined) return { ...early, taskIds };
    return { ...takeTasks(books, own, message, nowMs), taskIds };
  }
  const read = readProposal(message);
  if (!read.ok) return refusalOf(read);
  const other = ofOtherEpoch(books, read.value.epoch);
  if (other !== undefined) return other;
  const decided = decideOn(books, held, read.value, answers, nowMs);
  return decided === undefined ? undefined : { ...decided, taskIds: read.value.entries.map(({ taskId }) => taskId) };
}

/** Operators are asked for overdue tasks, by whichever aggregator: the others need not ask as well. */
function onAsked({ tasks, setting }: Books, message: BusMessage, nowMs: number): Decided {
  const decoded = decodeMessage(overdueSchema, message.data);
  if (!decoded.ok) return refusalOf(decoded);
  const { epoch, overdue } = decoded.value;
  if (epoch !== setting.network.epoch) return ignore('other-epoch');
  for (const taskId of overdue) {
    const task = tasks.open.get(taskId);
    if (task !== undefined && task.askedUntilMs <= nowMs && message.timestampMs >= task.known.deadlineMs)
      noteAsked(task, nowMs);
  }
  return accept('asked');
}

/**
 * Operators are asked for tasks that an epoch has left over. The epoch that takes them over opens them, unless their reports
 * are out; the one that left them over need not ask as well.
 */
function onLeftOver(books: Books, message: BusMessage, answers: KnownAnswers, nowMs: number): Decided | undefined {
  const decoded = decodeMessage(leftOverSchema, message.data);
  if (!decoded.ok) return refusalOf(decoded);
  const { epoch, leftOver } = decoded.value;
  if (epoch === books.setting.network.epoch + 1) {
    for (const taskId of leftOver) noteLeftOver(books, taskId, nowMs);
    return ignore('other-epoch');
  }
  const other = ofOtherEpoch(books, epoch);
  if (other !== undefined) return other;
  const found = leftOver.map((taskId) => findOpenTask(books, taskId, answers));
  return found.includes(pending) ? undefined : accept('opened');
}

/** An abstention that the log took before the deadline, because the own clock is ahead: no operator cosigns it. */
function tooEarly({ tasks }: Books, { reports }: CheckedProposal, { timestampMs }: BusMessage): Decided | undefined {
  const early = reports.find(({ report }) => {
    const deadlineMs = tasks.open.get(report.taskId)?.known.deadlineMs ?? 0;
    return !report.final && timestampMs < deadlineMs;
  });
  if (early === undefined) return undefined;
  return reject('too-early', `Task ${early.task.taskId} abstains before its deadline.`, 'entries');
}

/** The proposal that this aggregator built for this place, if these are its bytes: it need not be recomputed. */
function ownProposal({ proposer }: Books, { sequence, data }: BusMessage): CheckedProposal | undefined {
  const { own } = proposer;
  if (own?.sequence !== sequence || own.data.length !== data.length) return undefined;
  return own.data.every((byte, index) => byte === data[index]) ? own.checked : undefined;
}

function decideOn(
  books: Books,
  held: HeldMessage,
  proposal: Proposal,
  answers: KnownAnswers,
  nowMs: number,
): Decided | undefined {
  const known = knownTasks(books, proposal, answers);
  if (known === pending) return undefined;
  if (!(known instanceof Map)) return known;
  if (held.checked === undefined) {
    const facts = { tasks: known, timestampMs: held.message.timestampMs, checkedBefore: countedBefore(books.tasks) };
    const recomputed = checkProposal(books.setting.network, facts, proposal);
    if (!recomputed.ok) return refusalOf(recomputed);
    held.checked = recomputed.value;
  }
  const { checked } = held;
  const pledged = allPledged(books, known, checked, answers);
  if (pledged === pending) return undefined;
  if (pledged.ok) return takeTasks(books, checked, held.message, nowMs);
  openBatch(books.batches, checked, held.message.headers);
  return refusalOf(pledged);
}

/** The tasks of a proposal by id. Of one whose reports are out in part, all; else those that are open. */
function knownTasks(
  books: Books,
  { epoch, sequence, entries }: Proposal,
  answers: KnownAnswers,
): Map<Hex, KnownTask> | Decided | Pending {
  const found = entries.map(({ taskId }) => ({ taskId, task: findOpenTask(books, taskId, answers) }));
  if (found.some(({ task }) => task === pending)) return pending;
  const reported = found.filter(({ task }) => task === 'reported');
  if (reported.length === entries.length) return ignore('reported');
  const elsewhere = reported.find(({ taskId }) => isReportedElsewhere(books.tasks, taskId, { epoch, sequence }));
  // No operator cosigns such a proposal, so none waits for it.
  if (elsewhere !== undefined)
    return reject('task-taken', `Task ${elsewhere.taskId} is reported in another batch.`, 'entries');
  const known = new Map<Hex, KnownTask>();
  const again = reported.map(({ taskId }) => ({ taskId, task: answers.task(taskId) }));
  if (again.some(({ task }) => task === pending)) return pending;
  for (const { taskId, task } of [...found, ...again]) if (typeof task === 'object') known.set(taskId, task.known);
  return known;
}

/** The first refusal among the observations that do not count yet: those that do were looked at. */
function allPledged(
  books: Books,
  known: ReadonlyMap<Hex, KnownTask>,
  { reports }: CheckedProposal,
  answers: KnownAnswers,
): Checked<undefined> | Pending {
  const before = countedBefore(books.tasks);
  const checks = reports.flatMap(({ task, observations }) => {
    const of = known.get(task.taskId);
    if (of?.policy.commitReveal === undefined) return [];
    return observations.filter((one) => before(one) === undefined).map((one) => checkPledged(books, of, one, answers));
  });
  if (checks.includes(pending)) return pending;
  return checks.find((one) => one !== pending && !one.ok) ?? accepted(undefined);
}

/**
 * Holds the tasks for the batch, all or none. A refused one is kept, and holds no task: should a quorum of operators cosign
 * it nevertheless, it must be brought out like any other.
 */
function takeTasks(books: Books, checked: CheckedProposal, message: BusMessage, nowMs: number): Decided {
  const taken: OpenTask[] = [];
  for (const proposed of checked.reports) {
    if (books.tasks.done.has(proposed.task.taskId)) continue;
    const task = whyNotTake(books.tasks, proposed);
    if (!task.ok) {
      openBatch(books.batches, checked, message.headers);
      return refusalOf(task);
    }
    taken.push(task.value);
  }
  const { sequence } = checked.cosignature;
  for (const task of taken) take(books.tasks, task, sequence);
  openBatch(books.batches, checked, message.headers, nowMs);
  return accept('taken');
}
