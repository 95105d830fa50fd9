/** What is made of each message of the streams. A handler says what it decides, or undefined while it waits for something. */

import { cosignatureSchema } from '@assay/protocol/batch/certificate';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { isAbsence } from '@assay/protocol/observation/absence';
import { checkReveal, pledgeTo, pledgeUntilMs } from '@assay/protocol/observation/commit-reveal';
import { type Observation, observationSchema } from '@assay/protocol/observation/observation';
import type { BusMessage } from '@assay/protocol/ports';
import { accepted, type Checked } from '@assay/protocol/refusal';
import type { RefusalCode } from '@assay/protocol/refusal-codes';
import { type KnownTask, readTask } from '@assay/protocol/task/known-task';
import { cosign } from './batches.ts';
import type { Books, OpenTask } from './books.ts';
import type { Decision, Emit } from './effects.ts';
import { epochIs, isOwnTask } from './epochs/epoch-end.ts';
import { type FoundTask, type KnownAnswers, type Pending, pending } from './known-answers.ts';
import { reportOnStream } from './reporting.ts';
import { readTo } from './rereading.ts';
import { observe, openTask } from './tasks.ts';

/** What a handler comes to, with the tasks of the batch that the message is about. */
export interface Decided {
  readonly decision: Decision;
  readonly taskIds?: readonly Hex[];
}

/** A message that something is done for. */
export function accept(code: string): Decided {
  return { decision: { kind: 'accept', code } };
}

/** A message for which there is nothing to do, and that is right. */
export function ignore(code: string): Decided {
  return { decision: { kind: 'ignore', code } };
}

/** A message that can never be handled. */
export function reject(code: RefusalCode, detail: string, field: string): Decided {
  return { decision: { kind: 'reject', refusal: { code, detail, field } } };
}

/** The refusal of a rule. */
export function refusalOf(checked: Checked<unknown> & { readonly ok: false }): Decided {
  return { decision: { kind: 'reject', refusal: checked.refusal } };
}

/** The decision on a message of another epoch than that of the books; undefined for one of their own. */
export function ofOtherEpoch(books: Books, epoch: number): Decided | undefined {
  const own = books.setting.network.epoch;
  switch (epochIs(books, epoch)) {
    case 'own':
      return undefined;
    case 'neighbour':
      return ignore('other-epoch');
    case 'other':
      return reject('wrong-epoch', `The message is of epoch ${epoch}; this is epoch ${own}.`, 'epoch');
  }
}

/** A message of TASKS: open the task unless its report is out. */
export function onTask(books: Books, message: BusMessage, answers: KnownAnswers): Decided | undefined {
  if (!isOwnTask(books, message.timestampMs)) return ignore('other-epoch');
  const read = readTask(books.setting, message);
  if (!read.ok) return refusalOf(read);
  const isRepeat = answers.isRepeat(message, read.value.known.task.taskId);
  if (isRepeat === pending) return undefined;
  if (isRepeat) return ignore('task-repeated');
  const task = opened(books, { known: read.value.known, timestampMs: message.timestampMs, isLeftOver: false }, answers);
  if (task === pending) return undefined;
  if (task === undefined) return ignore('reported');
  books.proposer.hasNews = true;
  return accept('opened');
}

/** A message of OBSERVATIONS: count it for its task. */
export function onObservation(books: Books, message: BusMessage, answers: KnownAnswers): Decided | undefined {
  const decoded = decodeMessage(observationSchema, message.data);
  if (!decoded.ok) return refusalOf(decoded);
  const observation = decoded.value;
  const { taskId, role, operator } = observation;
  if (subjects.observation(taskId, role, operator) !== message.subject)
    return reject('wrong-subject', 'Task, role or operator are not those of the subject.', 'subject');
  const other = ofOtherEpoch(books, observation.epoch);
  if (other !== undefined) return other;
  const task = findOpenTask(books, taskId, answers);
  if (task === pending) return undefined;
  if (task === 'reported') return ignore('reported');
  if (task === 'unknown') return reject('unknown-task', `Task ${taskId} of this epoch is not on the stream.`, 'taskId');
  const pledged = checkPledged(books, task.known, observation, answers);
  if (pledged === pending) return undefined;
  if (!pledged.ok) return refusalOf(pledged);
  const added = observe(books.setting, task, observation, message.timestampMs);
  if (!added.ok) return refusalOf(added);
  if (added.value === 'repeat') return ignore('repeat');
  if (added.value === 'equivocation') {
    const detail = `${operator} signed two different ${role} observations of task ${taskId}.`;
    return reject('equivocation', detail, 'measurements');
  }
  if (task.isFinal || task.asks > 0) books.proposer.hasNews = true;
  return accept('counted');
}

/** A message of COSIGNATURES: count it for its batch. */
export function onCosignature(
  books: Books,
  message: BusMessage,
  answers: KnownAnswers,
  emit: Emit,
): Decided | undefined {
  const decoded = decodeMessage(cosignatureSchema, message.data);
  if (!decoded.ok) return refusalOf(decoded);
  const cosignature = decoded.value;
  const { epoch, sequence } = cosignature;
  const other = ofOtherEpoch(books, epoch);
  if (other !== undefined) return other;
  const { again } = books.lanes.PROPOSALS;
  if (sequence > readTo(books.lanes.PROPOSALS)) {
    if (again !== undefined && sequence <= again.untilSequence) return undefined;
    const last = answers.last('PROPOSALS');
    if (last === pending) return undefined;
    if (sequence > last) return reject('unknown-batch', `There is no proposal ${sequence}.`, 'sequence');
    return undefined;
  }
  const batch = books.batches.open.get(sequence);
  if (batch === undefined) return ignore('batch-not-open');
  const taskIds = batch.proposal.reports.map(({ task }) => task.taskId);
  const result = cosign(books.setting, books.batches, batch, cosignature);
  if (!result.ok) return { ...refusalOf(result), taskIds };
  if (result.value === 'repeat') return { ...ignore('repeat'), taskIds };
  if (result.value === 'certified') {
    emit({ kind: 'note', note: { what: 'certified', sequence } });
    books.proposer.hasNews = true;
  }
  return { ...accept(result.value), taskIds };
}

/** A message of REPORTS: its task needs no more work once the chain proves it. */
export function onReport(books: Books, message: BusMessage, emit: Emit): Decided | undefined {
  const code = reportOnStream(books, message, emit);
  if (code === undefined) return undefined;
  return code === 'reported' || code === 'to-be-proven' ? accept(code) : ignore(code);
}

/** The open task of an id, opened if TASKS has it. */
export function findOpenTask(
  books: Books,
  taskId: Hex,
  answers: KnownAnswers,
): OpenTask | 'reported' | 'unknown' | Pending {
  const present = books.tasks.open.get(taskId);
  if (present !== undefined) return present;
  if (books.tasks.done.has(taskId)) return 'reported';
  const found = answers.task(taskId);
  if (found === undefined) return 'unknown';
  if (found === pending) return pending;
  return opened(books, found, answers) ?? 'reported';
}

/**
 * Opens a task; undefined when its report is out. Where that may be forgotten, or was never known, the stream is asked.
 */
function opened(
  books: Books,
  { known, timestampMs, isLeftOver }: FoundTask,
  answers: KnownAnswers,
): OpenTask | undefined | Pending {
  const { open, done, forgottenUntilMs } = books.tasks;
  const { taskId } = known.task;
  const present = open.get(taskId);
  if (present !== undefined) return present;
  if (done.has(taskId)) return undefined;
  if (isLeftOver || timestampMs <= forgottenUntilMs) {
    const reportedIn = answers.reportedIn(taskId);
    if (reportedIn === pending) return pending;
    if (reportedIn !== undefined) return undefined;
  }
  return openTask(books.tasks, known) ?? pending;
}

/** Whether an observation may count: where the policy wants it, its operator pledged it in time. */
export function checkPledged(
  { setting }: Books,
  known: KnownTask,
  observation: Observation,
  answers: KnownAnswers,
): Checked<undefined> | Pending {
  const untilMs = pledgeUntilMs(known);
  if (untilMs === undefined || isAbsence(observation, known.task)) return accepted(undefined);
  const { salt } = observation;
  const unsealed = salt === undefined ? undefined : pledgeTo(setting.network, observation, salt);
  const placed = answers.pledge(observation, unsealed);
  return placed === pending ? pending : checkReveal(untilMs, placed, unsealed, observation);
}
