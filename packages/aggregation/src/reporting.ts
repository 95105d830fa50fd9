/** Certified reports: those that others put on their subjects, and those of the batches that are in, on their way there. */

import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { waitMsOf } from '@assay/protocol/policy/policy';
import type { BusMessage, PostedBatch } from '@assay/protocol/ports';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { tuning } from '@assay/protocol/tuning';
import { failed } from './batch-in-hand.ts';
import { finishBatch, forgetLost, forgetWhatIsOut } from './batches.ts';
import type { Books, OpenBatch, PendingReport, Posting } from './books.ts';
import type { Emit } from './effects.ts';
import type { ReportOutcome } from './events.ts';
import { type ClaimedReport, claimedReport, noteRoot, proofQuestion } from './proofs.ts';
import { finishTask, isReportedElsewhere, release } from './tasks.ts';

/** Batches of others that may wait for the chain's word at once. */
const provingMax = 256;

/** What a message of REPORTS amounts to, in a code; undefined while too many wait for the chain. */
export function reportOnStream(books: Books, message: BusMessage, emit: Emit): string | undefined {
  const taskId: Hex = `0x${message.subject.slice(subjects.report('0x').length)}`;
  if (books.tasks.done.has(taskId)) return 'known';
  const claimed = claimedReport(books.setting, message.data, taskId);
  if (claimed === undefined) return 'no-report';
  if (books.roots.has(claimed.root)) {
    finishTask(books.tasks, taskId, claimed.batchId, message.timestampMs);
    forgetIfOut(books, claimed);
    return 'reported';
  }
  if (!books.proving.has(claimed.root) && books.proving.size >= provingMax) return undefined;
  prove(books, claimed, emit);
  return 'to-be-proven';
}

/** Asks the chain once for each root, whoever names it. */
function prove({ proving }: Books, claimed: ClaimedReport, emit: Emit): void {
  const present = proving.get(claimed.root);
  if (present !== undefined) {
    present.taskIds.add(claimed.taskId);
    return;
  }
  const question = proofQuestion(`proof ${claimed.root}`, claimed);
  proving.set(claimed.root, { question, taskIds: new Set([claimed.taskId]) });
  emit({ kind: 'ask', question });
}

/** The chain's word on a root that reports on the stream name. */
export function onProof(books: Books, root: string, isProven: boolean, nowMs: number, emit: Emit): void {
  const proving = books.proving.get(root);
  if (proving === undefined || proving.question.about !== 'proof') return;
  books.proving.delete(root);
  if (isProven) noteRoot(books, root);
  const batchId = batchIdOf(proving.question.epoch, proving.question.sequence);
  for (const taskId of proving.taskIds) {
    if (isProven) finishTask(books.tasks, taskId, batchId, nowMs);
    const posting = postingOf(books, taskId);
    const report = posting?.reports.get(taskId);
    if (posting !== undefined && report !== undefined && !report.isUnderWay)
      settleReport(books, posting, taskId, nowMs, emit);
  }
  if (isProven) forgetIfOut(books, proving.question);
}

/**
 * Another aggregator has brought a report out. A batch that has its certificate here as well is finished by its posting;
 * without, the cosignatures for it and for proposals of the same tasks may never come.
 */
function forgetIfOut(books: Books, { sequence }: Pick<ClaimedReport, 'sequence'>): void {
  const { batches, tasks } = books;
  giveUpLost(books);
  const isCertified = batches.open.get(sequence)?.certificate !== undefined;
  if (!isCertified) forgetWhatIsOut(batches, (taskId) => tasks.done.has(taskId));
}

/** Gives up proposals with a task that is reported in another batch: its other tasks are proposed anew. */
function giveUpLost({ batches, tasks, proposer }: Books): void {
  const lost = forgetLost(batches, ({ proposal: { cosignature, reports } }) =>
    reports.some(({ task }) => isReportedElsewhere(tasks, task.taskId, cosignature)),
  );
  for (const sequence of lost) release(tasks, sequence);
  if (lost.length > 0) proposer.hasNews = true;
}

/** Sends the reports of a batch out that are not out yet. */
export function startReporting(books: Books, posting: Posting, emit: Emit): void {
  posting.phase = 'reporting';
  const batch = books.batches.open.get(posting.batch.sequence);
  for (const [index, { task }] of (batch?.proposal.reports ?? []).entries()) {
    if (books.tasks.done.has(task.taskId)) continue;
    const report: PendingReport = { index, expected: 0, attempts: 0, isUnderWay: false };
    posting.reports.set(task.taskId, report);
    publish(books, posting, report, emit);
  }
  finishIfOut(books, posting);
}

function publish({ batches, tasks, setting }: Books, posting: Posting, pending: PendingReport, emit: Emit): void {
  const batch = batches.open.get(posting.batch.sequence);
  if (batch === undefined || posting.posted === undefined) return;
  const report = certifiedReportOf(setting.network, batch, posting.posted, pending.index);
  const known = tasks.open.get(report.task.taskId)?.known;
  pending.isUnderWay = true;
  pending.attempts++;
  emit({
    kind: 'publish-report',
    report,
    expectLastSubjectSequence: pending.expected,
    parent: known?.headers ?? batch.headers,
    links: [batch.headers],
    ...(known === undefined ? {} : { taskMs: known.deadlineMs - waitMsOf(known.policy, known.task) }),
  });
}

/** What became of a report's publish: behind what is on its subject and is no true report, it is tried again. */
export function onReportPublished(
  books: Books,
  sequence: number,
  taskId: Hex,
  outcome: ReportOutcome,
  nowMs: number,
  emit: Emit,
): void {
  if (outcome.status === 'stored')
    finishTask(books.tasks, taskId, batchIdOf(books.setting.network.epoch, sequence), nowMs);
  const posting = books.postings.get(sequence);
  const report = posting?.reports.get(taskId);
  if (posting === undefined || report === undefined) return;
  if (outcome.status === 'failed') {
    if (posting.phase === 'reporting') failed(books, posting, 'failed', outcome.error, nowMs, emit);
    return;
  }
  report.isUnderWay = false;
  if (outcome.status === 'conflict' && !books.tasks.done.has(taskId)) {
    const id = `posting ${sequence} report ${taskId} ${report.attempts}`;
    emit({ kind: 'ask', question: { id, about: 'report', taskId } });
    report.isUnderWay = true;
    return;
  }
  settleReport(books, posting, taskId, nowMs, emit);
}

/** What stands on the subject of a report: one that could not be published, or one that may have been hidden. */
export function onStandingReport(
  books: Books,
  taskId: Hex,
  message: BusMessage | undefined,
  nowMs: number,
  emit: Emit,
): void {
  const posting = postingOf(books, taskId);
  const report = posting?.reports.get(taskId);
  if (posting === undefined || report === undefined) {
    if (message !== undefined && books.tasks.open.has(taskId)) reportOnStream(books, message, emit);
    return;
  }
  report.isUnderWay = false;
  report.expected = message?.sequence ?? 0;
  const claimed = message === undefined ? undefined : claimedReport(books.setting, message.data, taskId);
  if (claimed === undefined) {
    settleReport(books, posting, taskId, nowMs, emit);
    return;
  }
  if (!books.roots.has(claimed.root)) {
    prove(books, claimed, emit);
    return;
  }
  finishTask(books.tasks, taskId, claimed.batchId, nowMs);
  settleReport(books, posting, taskId, nowMs, emit);
}

function settleReport(books: Books, posting: Posting, taskId: Hex, nowMs: number, emit: Emit): void {
  const report = posting.reports.get(taskId);
  if (report === undefined) return;
  if (books.tasks.done.has(taskId)) {
    posting.reports.delete(taskId);
    finishIfOut(books, posting);
    return;
  }
  if (report.attempts < tuning.reportAttemptsMax) {
    publish(books, posting, report, emit);
    return;
  }
  const error = `Others keep writing to the subject of the report of task ${taskId}.`;
  failed(books, posting, 'failed', error, nowMs, emit);
}

function finishIfOut(books: Books, posting: Posting): void {
  const { postings, batches, tasks, proposer } = books;
  if (posting.reports.size > 0) return;
  const { sequence } = posting.batch;
  postings.delete(sequence);
  finishBatch(batches, sequence, (taskId) => tasks.done.has(taskId));
  giveUpLost(books);
  proposer.hasNews = true;
}

function postingOf({ postings }: Books, taskId: Hex): Posting | undefined {
  for (const posting of postings.values()) if (posting.reports.has(taskId)) return posting;
  return undefined;
}

function certifiedReportOf(
  { chainId, hub }: { readonly chainId: number; readonly hub: Hex },
  { proposal, certificate }: OpenBatch,
  posted: PostedBatch,
  index: number,
): CertifiedReport {
  const proposed = proposal.reports[index];
  const proof = proposal.batch.proofs[index];
  if (proposed === undefined || proof === undefined) throw new RangeError(`The batch has no report ${index}.`);
  return {
    version: 1,
    task: proposed.task,
    results: [...proposed.report.results],
    policyDigest: proposed.fields.policyDigest,
    encodedResults: proposed.fields.results,
    observations: [...proposed.observations],
    chainId,
    hub,
    epoch: proposal.cosignature.epoch,
    sequence: proposal.cosignature.sequence,
    root: proposal.batch.root,
    count: proposal.batch.count,
    proof: [...proof],
    signers: [...(certificate?.signers ?? [])],
    transaction: {
      hash: posted.transactionHash,
      blockNumber: posted.blockNumber,
      gasUsed: posted.gasUsed,
      transmitter: posted.transmitter,
    },
  };
}
