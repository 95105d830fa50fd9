/** Puts ready reports into batches and proposes them. Of several aggregators one wins each sequence; none waits for a leader. */

import { buildBatch, reportLeaf } from '@assay/protocol/batch/batch';
import { stageOf } from '@assay/protocol/batch/posting-turn';
import { cosignatureFieldsOf, proposedReport } from '@assay/protocol/batch/proposal';
import { batchIdOf } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import { tuning } from '@assay/protocol/tuning';
import { awaitingCertificate } from './batches.ts';
import type { Books, OpenTask } from './books.ts';
import type { Emit } from './effects.ts';
import { isTakenOver, takenMs } from './epochs/epoch-end.ts';
import { askForLeftOver, leftOverDueMs } from './epochs/left-over.ts';
import type { ProposalOutcome } from './events.ts';
import { entryBytesOf, entryOf, isAnswered, nextDueMs, noteAsked, overdueTasks, readyTasks, refuse } from './tasks.ts';

/** Bytes of a proposal beside its entries. */
const envelopeBytes = 512;
/** Until the proposer looks again although nothing has happened. */
const idleMs = 60_000;

/** Looks whether something is to be proposed, if something has happened or the time has come. */
export function runProposer(books: Books, nowMs: number, emit: Emit): void {
  const { proposer, told } = books;
  if (!told.isCaughtUp) return;
  settleWaiting(books, nowMs);
  const isDue = proposer.hasNews || nowMs >= proposer.dueMs;
  if (!isDue || proposer.waiting !== undefined) return;
  proposer.hasNews = false;
  if (told.openTasks !== books.tasks.open.size) {
    told.openTasks = books.tasks.open.size;
    emit({ kind: 'note', note: { what: 'open-tasks', count: told.openTasks } });
  }
  const lookAgainMs = askForLeftOver(books, nowMs, emit);
  if (lookAgainMs !== undefined) {
    proposer.dueMs = lookAgainMs;
    return;
  }
  if (settleOverdue(books, nowMs, emit)) {
    proposer.dueMs = nowMs + tuning.retryDelayMs;
    return;
  }
  const dueMs = Math.max(proposeWhatIsReady(books, nowMs, emit), proposer.notBeforeMs);
  proposer.dueMs = Math.min(dueMs, leftOverDueMs(books));
}

/** Notes what became of the proposal under way. */
export function onProposed(books: Books, outcome: ProposalOutcome, nowMs: number, emit: Emit): void {
  const { proposer } = books;
  const { waiting } = proposer;
  if (waiting === undefined) return;
  if (outcome.status === 'failed') {
    // It may be there or not: the next try tells, by its conflict.
    delete proposer.waiting;
    proposer.notBeforeMs = nowMs + tuning.retryDelayMs;
    proposer.dueMs = proposer.notBeforeMs;
    emit({ kind: 'note', note: { what: 'proposal-failed', sequence: waiting.sequence, error: outcome.error } });
    return;
  }
  waiting.isConflict = outcome.status === 'conflict';
  waiting.until = outcome.status === 'stored' ? outcome.sequence : waiting.sequence;
}

/** Once PROPOSALS is read that far, tasks of the proposal that were not taken are refused: not proposed again at once. */
function settleWaiting({ proposer, lanes, tasks }: Books, nowMs: number): void {
  const { waiting } = proposer;
  if (waiting?.until === undefined || lanes.PROPOSALS.position < waiting.until) return;
  delete proposer.waiting;
  proposer.hasNews = true;
  if (waiting.isConflict) return;
  for (const taskId of waiting.taskIds) {
    const task = tasks.open.get(taskId);
    if (task !== undefined && task.takenBy === undefined) refuse(task, nowMs);
  }
}

/**
 * Looks after tasks past their deadline: one that a quorum has answered is ready; for the others the operators are asked.
 * Says whether they were: the question takes the next place of the log, so a proposal waits until it is read.
 */
function settleOverdue(books: Books, nowMs: number, emit: Emit): boolean {
  const { setting, tasks } = books;
  const toAsk: OpenTask[] = [];
  for (const task of overdueTasks(tasks, nowMs)) {
    if (isAnswered(setting, task)) task.readySinceMs = nowMs;
    else if (task.askedUntilMs <= nowMs && toAsk.length < limits.batchReportsMax) toAsk.push(task);
  }
  for (const task of toAsk) noteAsked(task, nowMs);
  askForHiddenReports(books, toAsk, emit);
  const taskIds = toAsk.map(({ known }) => known.task.taskId);
  if (taskIds.length > 0) emit({ kind: 'ask-operators', epoch: setting.network.epoch, taskIds });
  return taskIds.length > 0;
}

/**
 * Looks again for reports of tasks that were taken over: the epoch before may have certified them, and the bus may have
 * hidden that when they were opened. No operator would ever answer for them.
 */
function askForHiddenReports(books: Books, toAsk: readonly OpenTask[], emit: Emit): void {
  for (const task of toAsk) {
    if (!isTakenOver(books, takenMs(task))) continue;
    const { taskId } = task.known.task;
    emit({ kind: 'ask', question: { id: `overdue ${task.asks} report ${taskId}`, about: 'report', taskId } });
  }
}

/** One round; returns when to look again unless something happens before. */
function proposeWhatIsReady(books: Books, nowMs: number, emit: Emit): number {
  const { setting, lanes, proposer, tasks } = books;
  const { pace, network } = setting;
  const ready = readyTasks(tasks, nowMs);
  if (ready.length === 0)
    return Math.max(nowMs + 1, Math.min(nextDueMs(tasks) ?? Number.POSITIVE_INFINITY, nowMs + idleMs));
  const oldestMs = Math.min(...ready.map((task) => task.readySinceMs ?? nowMs));
  const sequence = lanes.PROPOSALS.position + 1;
  const stage = stageOf(network.hub, sequence, pace.index, pace.count);
  const isFull = ready.length >= pace.batchReportsMax || fillsBatch(ready);
  const withOthersMs = dueWithOthersMs(books, oldestMs, nowMs);
  const dueMs = (isFull ? Math.max(oldestMs, proposer.behindMs) : withOthersMs) + stage * pace.turnDeltaMs;
  if (nowMs < Math.max(dueMs, proposer.notBeforeMs)) return dueMs;
  propose(books, sequence, choose(books, ready), emit);
  return nowMs + idleMs;
}

/**
 * Until when a report waits for others to share its batch. While proposals wait for cosignatures, or certified batches for
 * the chain, another one would only queue behind them: it waits until there is room again, within a bound, and the batch
 * grows meanwhile.
 */
function dueWithOthersMs({ batches, proposer, setting }: Books, oldestMs: number, nowMs: number): number {
  const { pace } = setting;
  const isChainBehind = batches.queued.size >= pace.batchesAheadMax * pace.count;
  const areOperatorsBehind = awaitingCertificate(batches, nowMs - tuning.cosignHoldMsMax) >= tuning.proposalsAheadMax;
  if (!isChainBehind && !areOperatorsBehind) return Math.max(oldestMs + pace.batchWaitMs, proposer.behindMs);
  proposer.behindMs = nowMs;
  const holdMs = isChainBehind ? tuning.batchHoldMsMax : tuning.cosignHoldMsMax;
  return oldestMs + Math.max(pace.batchWaitMs, holdMs);
}

/**
 * The oldest ready tasks that fit one batch by count and bytes. Those that were refused come after those that were not,
 * with their like and half as many each time: what is wrong with one holds up no other.
 */
function choose({ setting }: Books, ready: readonly OpenTask[]): OpenTask[] {
  const refusals = Math.min(...ready.map((task) => task.refusals));
  const oldestFirst = ready
    .filter((task) => task.refusals === refusals)
    .sort((a, b) => (a.readySinceMs ?? 0) - (b.readySinceMs ?? 0));
  const chosen: OpenTask[] = [];
  let bytes = envelopeBytes;
  for (const task of oldestFirst.slice(0, Math.max(1, Math.floor(setting.pace.batchReportsMax / 2 ** refusals)))) {
    bytes += entryBytesOf(task);
    if (bytes > tuning.proposalBytesMax && chosen.length > 0) break;
    chosen.push(task);
  }
  return chosen;
}

/** Whether these have more bytes than one proposal may have. */
function fillsBatch(ready: readonly OpenTask[]): boolean {
  let bytes = envelopeBytes;
  return ready.some((task) => {
    bytes += entryBytesOf(task);
    return bytes > tuning.proposalBytesMax;
  });
}

/** Builds one batch and proposes it. Its observations were checked when they were counted. */
function propose({ setting, proposer }: Books, sequence: number, chosen: readonly OpenTask[], emit: Emit): void {
  const { network } = setting;
  const reports = chosen.map(({ known, observations }) =>
    proposedReport(
      network,
      known,
      [...observations.values()].map(({ checked }) => checked),
    ),
  );
  const batch = buildBatch(reports.map(({ fields }) => reportLeaf(fields)));
  const proposal = { epoch: network.epoch, sequence, root: batch.root, entries: chosen.map(entryOf) };
  const data = encodeMessage(proposal);
  const taskIds = chosen.map(({ known }) => known.task.taskId);
  proposer.own = { sequence, data, checked: { cosignature: cosignatureFieldsOf(network, proposal), reports, batch } };
  proposer.waiting = { sequence, taskIds, isConflict: false };
  const links = chosen.map(({ known }) => known.headers);
  emit({ kind: 'propose', sequence, batchId: batchIdOf(network.epoch, sequence), data, taskIds, links });
}
