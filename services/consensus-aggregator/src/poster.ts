/** Posts certified batches, each aggregator at its turn, and publishes the certified reports once a batch is in. */
import type { CertifiedReport } from '@assay/protocol/certified-report';
import { encodeMessage } from '@assay/protocol/decode';
import { limits } from '@assay/protocol/limits';
import type { PostedBatch } from '@assay/protocol/ports';
import { batchIdOf, subjects } from '@assay/protocol/subjects';
import { stageOf } from '@assay/protocol/turn';
import { batchAttributes, messagingAttributes, templateOf, verdictAttributes } from '@assay/runtime/message-attributes';
import { attributes, metrics, spans } from '@assay/runtime/signals';
import { messageOf } from '@assay/runtime/work-loop';
import type { Aggregator } from './aggregator.ts';
import type { OpenBatch } from './batch-book.ts';
import { countPost, countReport, tellBalance } from './report-metrics.ts';

/** Posts and reports until the signal aborts. */
export async function runPoster(aggregator: Aggregator, signal: AbortSignal): Promise<void> {
  void tellBalance(aggregator);
  const underWay = new Map<number, Promise<void>>();
  while (!signal.aborted) {
    for (const batch of aggregator.batchBook.certified()) {
      const { sequence } = batch.proposal.cosignature;
      if (underWay.has(sequence)) continue;
      underWay.set(
        sequence,
        bringOut(aggregator, batch, signal).finally(() => underWay.delete(sequence)),
      );
    }
    await aggregator.wake.next(aggregator.clock, limits.retryDelayMsMax, signal);
  }
  await Promise.all(underWay.values());
}

/** Sees one certified batch through, whoever posts it: tries again until it is in and its reports are out. */
async function bringOut(aggregator: Aggregator, batch: OpenBatch, signal: AbortSignal): Promise<void> {
  const { epoch, sequence } = batch.proposal.cosignature;
  const { pace, clock, telemetry } = aggregator;
  const stage = stageOf(aggregator.view.network.hub, sequence, pace.index, pace.count);
  let posted = await whenIn(aggregator, batch, stage * pace.turnDeltaMs, signal);
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      if (posted === undefined) await post(aggregator, batch);
      posted ??= await whenIn(aggregator, batch, limits.receiptTimeoutMs, signal);
      if (posted === undefined) {
        telemetry.count(metrics.posts, { outcome: 'vanished' });
        continue;
      }
      // Only when the stream of proposals was lost and counts anew does the chain hold another batch in this place.
      if (posted.root !== batch.proposal.cosignature.root)
        throw new Error(`Another batch stands at sequence ${sequence} on chain; start a new epoch.`);
      aggregator.reports.notePosted(epoch, sequence, posted.root);
      for (const [index] of batch.proposal.reports.entries()) await publishReport(aggregator, batch, posted, index);
      aggregator.batchBook.finish(sequence, (taskId) => aggregator.taskBook.isDone(taskId));
      return;
    } catch (error) {
      telemetry.count(metrics.posts, { outcome: 'failed' });
      telemetry.log.warn('batch is not out yet, is tried again', { sequence, attempt, error: messageOf(error) });
      await clock.sleep(Math.min(limits.retryDelayMs * 2 ** attempt, limits.retryDelayMsMax), signal);
    }
  }
}

/** The batch as the chain holds it with the wanted confirmations; undefined when it is not in within `waitMs`. Never rejects. */
async function whenIn(
  aggregator: Aggregator,
  batch: OpenBatch,
  waitMs: number,
  signal: AbortSignal,
): Promise<PostedBatch | undefined> {
  const { epoch, sequence } = batch.proposal.cosignature;
  const untilMs = aggregator.clock.nowMs() + waitMs;
  while (!signal.aborted) {
    try {
      const posted = await aggregator.chain.postedBatch(epoch, sequence, aggregator.pace.confirmations);
      if (posted !== undefined) return posted;
    } catch (error) {
      aggregator.telemetry.log.warn('the chain does not answer', { error: messageOf(error) });
    }
    if (aggregator.clock.nowMs() >= untilMs) return undefined;
    await aggregator.clock.sleep(limits.chainPollMs, signal);
  }
  return undefined;
}

async function post(aggregator: Aggregator, batch: OpenBatch): Promise<void> {
  const { cosignature } = batch.proposal;
  const { certificate } = batch;
  if (certificate === undefined) throw new Error(`Batch ${cosignature.sequence} has no certificate.`);
  const batchId = batchIdOf(cosignature.epoch, cosignature.sequence);
  const taskIds = batch.proposal.reports.map(({ task }) => task.taskId);
  const options = {
    kind: 'client',
    parent: batch.headers,
    links: taskIds.map((taskId) => aggregator.taskBook.find(taskId)?.known.headers ?? {}),
    attributes: { ...batchAttributes(taskIds), [attributes.batchId]: batchId },
  } as const;
  await aggregator.telemetry.span(spans.post, options, async (span) => {
    const startedMs = aggregator.clock.nowMs();
    const outcome = await aggregator.chain.post(cosignature, certificate.bytes);
    span.setAttribute(attributes.outcome, outcome.status);
    countPost(aggregator, outcome, taskIds.length, (aggregator.clock.nowMs() - startedMs) / 1000);
    void tellBalance(aggregator);
    if (outcome.status === 'posted') span.setAttribute(attributes.transaction, outcome.transactionHash);
    if (outcome.status !== 'refused') return;
    span.fail(outcome.code);
    throw new Error(`The contract refused batch ${batchId}: ${outcome.code}: ${outcome.detail}`);
  });
}

async function publishReport(
  aggregator: Aggregator,
  batch: OpenBatch,
  posted: PostedBatch,
  index: number,
): Promise<void> {
  const report = certifiedReportOf(aggregator, batch, posted, index);
  const { taskId } = report.task;
  if (aggregator.taskBook.isDone(taskId)) return;
  const headers = aggregator.taskBook.find(taskId)?.known.headers ?? batch.headers;
  const options = {
    kind: 'producer',
    parent: headers,
    links: [batch.headers],
    attributes: {
      ...messagingAttributes('publish', templateOf('REPORTS')),
      [attributes.taskId]: taskId,
      [attributes.batchId]: batchIdOf(batch.proposal.cosignature.epoch, batch.proposal.cosignature.sequence),
      [attributes.transaction]: posted.transactionHash,
      ...verdictAttributes(report.results),
    },
  } as const;
  await aggregator.telemetry.span(spans.publish, options, async (span) => {
    const status = await putOut(aggregator, report);
    span.setAttribute(attributes.outcome, status);
    if (status === 'stored') countReport(aggregator, report, aggregator.taskBook.find(taskId)?.known);
    aggregator.taskBook.finish(taskId);
  });
}

/**
 * Publishes a report behind whatever is on its subject and is no true report. It has no message id of its own choice:
 * one that can be foretold could be used up beforehand.
 */
async function putOut(aggregator: Aggregator, report: CertifiedReport): Promise<'stored' | 'there'> {
  const { taskId } = report.task;
  let lastSequence = 0;
  for (let attempt = 1; attempt <= limits.reportAttemptsMax; attempt++) {
    const published = await aggregator.bus.publish(subjects.report(taskId), encodeMessage(report), {
      headers: aggregator.telemetry.carrier(),
      expectLastSubjectSequence: lastSequence,
    });
    if (published.status !== 'conflict') return 'stored';
    const standing = await aggregator.reports.find(taskId);
    if (standing.report !== undefined) return 'there';
    lastSequence = standing.lastSequence;
  }
  throw new Error(`Others keep writing to the subject of the report of task ${taskId}.`);
}

function certifiedReportOf(
  aggregator: Aggregator,
  { proposal, cosignatures }: OpenBatch,
  posted: PostedBatch,
  index: number,
): CertifiedReport {
  const proposed = proposal.reports[index];
  const proof = proposal.batch.proofs[index];
  if (proposed === undefined || proof === undefined) throw new RangeError(`The batch has no report ${index}.`);
  const { network } = aggregator.view;
  return {
    version: 1,
    task: proposed.task,
    results: [...proposed.report.results],
    policyDigest: proposed.fields.policyDigest,
    encodedResults: proposed.fields.results,
    observations: [...proposed.observations],
    chainId: network.chainId,
    hub: network.hub,
    epoch: proposal.cosignature.epoch,
    sequence: proposal.cosignature.sequence,
    root: proposal.batch.root,
    count: proposal.batch.count,
    proof: [...proof],
    signers: [...cosignatures.keys()].sort(),
    transaction: {
      hash: posted.transactionHash,
      blockNumber: posted.blockNumber,
      gasUsed: posted.gasUsed,
      transmitter: posted.transmitter,
    },
  };
}
