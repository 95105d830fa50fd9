/** A message of PROPOSALS: it is recomputed, and its tasks are held for it when it is valid. */

import { type CheckedProposal, checkProposal, type Proposal, readProposal } from '@assay/protocol/batch/proposal';
import { batchIdOf } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { BusMessage } from '@assay/protocol/ports';
import { accepted, type Checked } from '@assay/protocol/refusal';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { openBatch } from './batches.ts';
import type { Books, HeldMessage, OpenTask } from './books.ts';
import { type Facts, type Pending, pending } from './facts.ts';
import { accept, checkPledged, type Decided, findOpenTask, ignore, refusalOf, reject } from './messages.ts';
import { countedBefore, take, whyNotTake } from './tasks.ts';

/** Decides on a proposal, or returns undefined while something is not known yet. `nowMs` is the local clock. */
export function onProposal(books: Books, held: HeldMessage, facts: Facts, nowMs: number): Decided | undefined {
  const { message } = held;
  const own = ownProposal(books, message);
  if (own !== undefined) {
    const taskIds = own.reports.map(({ task }) => task.taskId);
    if (taskIds.every((taskId) => books.tasks.done.has(taskId))) return { ...ignore('reported'), taskIds };
    return { ...takeTasks(books, own, message, nowMs), taskIds };
  }
  const read = readProposal(message);
  if (!read.ok) return refusalOf(read);
  const decided = decideOn(books, held, read.value, facts, nowMs);
  return decided === undefined ? undefined : { ...decided, taskIds: read.value.entries.map(({ taskId }) => taskId) };
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
  facts: Facts,
  nowMs: number,
): Decided | undefined {
  const known = knownTasks(books, proposal, facts);
  if (known === pending) return undefined;
  if (!(known instanceof Map)) return known;
  if (held.checked === undefined) {
    const recomputed = checkProposal(books.setting.network, known, proposal, countedBefore(books.tasks));
    if (!recomputed.ok) return refusalOf(recomputed);
    held.checked = recomputed.value;
  }
  const { checked } = held;
  // What is final stays so whatever else was observed; whether somebody was left out shows only beside all that is there.
  if (checked.reports.some(({ report }) => !report.final)) {
    const last = facts.last('OBSERVATIONS');
    if (last === pending || books.lanes.OBSERVATIONS.position < last) return undefined;
  }
  const pledged = allPledged(books, known, checked, facts);
  if (pledged === pending) return undefined;
  if (pledged.ok) return takeTasks(books, checked, held.message, nowMs);
  openBatch(books.batches, checked, held.message.headers);
  return refusalOf(pledged);
}

/** The tasks of a proposal by id. Of one whose reports are out in part, all; else those that are open. */
function knownTasks(
  books: Books,
  { epoch, sequence, entries }: Proposal,
  facts: Facts,
): Map<Hex, KnownTask> | Decided | Pending {
  const found = entries.map(({ taskId }) => ({ taskId, task: findOpenTask(books, taskId, facts) }));
  if (found.some(({ task }) => task === pending)) return pending;
  const reported = found.filter(({ task }) => task === 'reported');
  if (reported.length === entries.length) return ignore('reported');
  const batchId = batchIdOf(epoch, sequence);
  const elsewhere = reported.find(({ taskId }) => (books.tasks.done.get(taskId)?.batchId ?? batchId) !== batchId);
  // No operator cosigns such a proposal, so none waits for it.
  if (elsewhere !== undefined)
    return reject('task-taken', `Task ${elsewhere.taskId} is reported in another batch.`, 'entries');
  const known = new Map<Hex, KnownTask>();
  const again = reported.map(({ taskId }) => ({ taskId, task: facts.task(taskId) }));
  if (again.some(({ task }) => task === pending)) return pending;
  for (const { taskId, task } of [...found, ...again]) if (typeof task === 'object') known.set(taskId, task.known);
  return known;
}

/** The first refusal among the observations that do not count yet: those that do were looked at. */
function allPledged(
  books: Books,
  known: ReadonlyMap<Hex, KnownTask>,
  { reports }: CheckedProposal,
  facts: Facts,
): Checked<undefined> | Pending {
  const before = countedBefore(books.tasks);
  const checks = reports.flatMap(({ task, observations }) => {
    const of = known.get(task.taskId);
    if (of?.policy.commitReveal === undefined) return [];
    return observations.filter((one) => before(one) === undefined).map((one) => checkPledged(books, of, one, facts));
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
    const task = whyNotTake(books.tasks, proposed, message.timestampMs);
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
