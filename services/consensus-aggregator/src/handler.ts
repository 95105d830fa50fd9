/** What an aggregator makes of each message of the streams that it follows. */

import { cosignatureSchema } from '@assay/protocol/batch/certificate';
import { checkProposal, type Proposal, readProposal } from '@assay/protocol/batch/proposal';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { observationSchema } from '@assay/protocol/observation/observation';
import type { BusMessage, Span } from '@assay/protocol/ports';
import { type KnownTask, readTask } from '@assay/protocol/task/known-task';
import { accept, ignore, type Outcome, reject } from '@assay/runtime/loop/outcome';
import { batchAttributes } from '@assay/runtime/service/message-attributes';
import { metrics } from '@assay/runtime/service/signals';
import { checkAllPledged, checkPledged } from '@assay/runtime/validator/pledges';
import type { Aggregator } from './aggregator.ts';
import type { OpenTask } from './task-book.ts';

/** A message of TASKS: open the task unless its report is out. */
export async function onTask(aggregator: Aggregator, message: BusMessage): Promise<Outcome> {
  const read = readTask(aggregator.view.policies, message);
  if (!read.ok) return reject(read.refusal);
  const { known } = read.value;
  aggregator.tasks.remember(known);
  const task = await openTask(aggregator, known);
  if (task === undefined) return ignore('reported');
  aggregator.wake.ring();
  return accept('opened');
}

/** A message of OBSERVATIONS: count it for its task. */
export async function onObservation(aggregator: Aggregator, message: BusMessage): Promise<Outcome> {
  const decoded = decodeMessage(observationSchema, message.data);
  if (!decoded.ok) return reject(decoded.refusal);
  const observation = decoded.value;
  const { taskId, role, operator } = observation;
  if (subjects.observation(taskId, role, operator) !== message.subject) {
    return reject({
      code: 'wrong-subject',
      detail: 'Task, role or operator are not those of the subject.',
      field: 'subject',
    });
  }
  const task = await findOpenTask(aggregator, taskId);
  if (task === 'reported') return ignore('reported');
  if (task === 'unknown')
    return reject({ code: 'unknown-task', detail: `Task ${taskId} is not on the stream.`, field: 'taskId' });
  const pledged = await checkPledged(aggregator, task.known, observation);
  if (!pledged.ok) return reject(pledged.refusal);
  const added = aggregator.taskBook.observe(task, observation, message.timestampMs);
  if (!added.ok) return reject(added.refusal);
  if (added.value === 'equivocation') {
    return reject({
      code: 'equivocation',
      detail: `${operator} signed two different ${role} observations of task ${taskId}.`,
      field: 'measurements',
    });
  }
  if (added.value === 'repeat') return ignore('repeat');
  if (task.isFinal) aggregator.wake.ring();
  return accept('counted');
}

/** A message of PROPOSALS: recompute it, and hold its tasks for it when it is valid. */
export async function onProposal(
  aggregator: Aggregator,
  message: BusMessage,
  signal: AbortSignal,
  span: Span,
): Promise<Outcome> {
  const read = readProposal(message);
  if (!read.ok) return reject(read.refusal);
  const proposal = read.value;
  const ofBatch = batchAttributes(proposal.entries.map(({ taskId }) => taskId));
  for (const [name, value] of Object.entries(ofBatch)) span.setAttribute(name, value);
  const known = new Map<Hex, KnownTask>();
  let reported = 0;
  for (const { taskId } of proposal.entries) {
    const task = await findOpenTask(aggregator, taskId);
    if (task === 'reported') reported++;
    else if (task !== 'unknown') known.set(taskId, task.known);
  }
  if (reported === proposal.entries.length) return ignore('reported');
  if (reported > 0) {
    const elsewhere = await findReportedElsewhere(aggregator, proposal);
    if (elsewhere !== undefined)
      return reject({
        code: 'task-taken',
        detail: `Task ${elsewhere} is reported in another batch.`,
        field: 'entries',
      });
    for (const { taskId } of proposal.entries) await addReportedTask(aggregator, known, taskId);
  }
  const checked = checkProposal(aggregator.view.network, known, proposal);
  if (!checked.ok) return reject(checked.refusal);
  // What is final stays so whatever else was observed; whether somebody was left out shows only beside all that is there.
  if (checked.value.reports.some(({ report }) => !report.final))
    await aggregator.observationsRead.reached(await aggregator.bus.lastSequence('OBSERVATIONS'), signal);
  const pledged = await checkAllPledged(aggregator, known, checked.value.reports);
  if (!pledged.ok) {
    aggregator.batchBook.add(checked.value, message.headers);
    return reject(pledged.refusal);
  }
  const taken: OpenTask[] = [];
  for (const proposed of checked.value.reports) {
    if (aggregator.taskBook.isDone(proposed.task.taskId)) continue;
    const task = aggregator.taskBook.whyNotTake(proposed, message.timestampMs);
    if (!task.ok) {
      // Kept, and holds no task: should a quorum of operators cosign it nevertheless, it must be brought out like any other.
      aggregator.batchBook.add(checked.value, message.headers);
      return reject(task.refusal);
    }
    taken.push(task.value);
  }
  for (const task of taken) aggregator.taskBook.take(task, proposal.sequence);
  aggregator.batchBook.add(checked.value, message.headers, aggregator.clock.nowMs());
  return accept('taken');
}

/** A message of COSIGNATURES: count it for its batch. */
export async function onCosignature(
  aggregator: Aggregator,
  message: BusMessage,
  signal: AbortSignal,
  span: Span,
): Promise<Outcome> {
  const decoded = decodeMessage(cosignatureSchema, message.data);
  if (!decoded.ok) return reject(decoded.refusal);
  const cosignature = decoded.value;
  const { network } = aggregator.view;
  if (cosignature.epoch !== network.epoch) {
    return reject({
      code: 'wrong-epoch',
      detail: `The cosignature is of epoch ${cosignature.epoch}; this is epoch ${network.epoch}.`,
      field: 'epoch',
    });
  }
  if (
    cosignature.sequence > aggregator.proposalsRead.handled &&
    cosignature.sequence > (await aggregator.bus.lastSequence('PROPOSALS'))
  ) {
    return reject({
      code: 'unknown-batch',
      detail: `There is no proposal ${cosignature.sequence}.`,
      field: 'sequence',
    });
  }
  await aggregator.proposalsRead.reached(cosignature.sequence, signal);
  const batch = aggregator.batchBook.find(cosignature.sequence);
  if (batch === undefined) return ignore('batch-not-open');
  const ofBatch = batchAttributes(batch.proposal.reports.map(({ task }) => task.taskId));
  for (const [name, value] of Object.entries(ofBatch)) span.setAttribute(name, value);
  const result = aggregator.batchBook.cosign(batch, cosignature);
  if (!result.ok) return reject(result.refusal);
  if (result.value === 'repeat') return ignore('repeat');
  if (result.value === 'certified') {
    aggregator.telemetry.count(metrics.certificates);
    aggregator.wake.ring();
  }
  return accept(result.value);
}

/** Opens a task unless its certified report is on the stream. */
async function openTask(aggregator: Aggregator, known: KnownTask): Promise<OpenTask | undefined> {
  const { taskId } = known.task;
  const present = aggregator.taskBook.find(taskId);
  if (present !== undefined) return present;
  if (aggregator.taskBook.isDone(taskId)) return undefined;
  const { report } = await aggregator.reports.find(taskId);
  if (report !== undefined) aggregator.taskBook.finish(taskId);
  // Asked again: meanwhile another follower may have opened the task and seen its report out.
  if (aggregator.taskBook.isDone(taskId)) return undefined;
  const added = aggregator.taskBook.add(known);
  if (!added.ok) throw new Error(added.refusal.detail);
  return added.value;
}

async function findOpenTask(aggregator: Aggregator, taskId: Hex): Promise<OpenTask | 'reported' | 'unknown'> {
  const present = aggregator.taskBook.find(taskId);
  if (present !== undefined) return present;
  if (aggregator.taskBook.isDone(taskId)) return 'reported';
  const known = await aggregator.tasks.find(taskId);
  if (known === undefined) return 'unknown';
  return (await openTask(aggregator, known)) ?? 'reported';
}

/** A task of the proposal whose report came with another batch: no operator cosigns such a proposal, so none waits for it. */
async function findReportedElsewhere(
  { reports }: Aggregator,
  { epoch, sequence, entries }: Proposal,
): Promise<Hex | undefined> {
  for (const { taskId } of entries) {
    const { report } = await reports.find(taskId);
    if (report !== undefined && (report.epoch !== epoch || report.sequence !== sequence)) return taskId;
  }
  return undefined;
}

/** A batch whose reports are out only in part is recomputed whole. */
async function addReportedTask(aggregator: Aggregator, known: Map<Hex, KnownTask>, taskId: Hex): Promise<void> {
  if (known.has(taskId)) return;
  const task = await aggregator.tasks.find(taskId);
  if (task !== undefined) known.set(taskId, task);
}
