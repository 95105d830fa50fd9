/** Posts certified batches, each aggregator at its turn, and publishes the certified reports once a batch is in. */

import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import type { PostedBatch } from '@assay/protocol/ports';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import {
  batchAttributes,
  messagingAttributes,
  templateOf,
  verdictAttributes,
} from '@assay/runtime/service/message-attributes';
import { attributes, metrics, spans } from '@assay/runtime/service/signals';
import type { Aggregator } from './aggregator.ts';
import type { OpenBatch } from './batch-book.ts';
import { post, untilConfirmed } from './post-batch.ts';
import { countReport, tellBalance } from './report-metrics.ts';

/** Posts and reports until the signal aborts: a bounded number of batches at once, lowest sequence first. */
export async function runPoster(aggregator: Aggregator, signal: AbortSignal): Promise<void> {
  void tellBalance(aggregator);
  const underWay = new Map<number, Promise<void>>();
  while (!signal.aborted) {
    const { rings } = aggregator.wake;
    const hasRoom = underWay.size < limits.batchesUnderWayMax;
    for (const batch of hasRoom ? aggregator.batchBook.certified() : []) {
      if (underWay.size >= limits.batchesUnderWayMax) break;
      const { sequence } = batch.proposal.cosignature;
      if (underWay.has(sequence)) continue;
      const done = bringOut(aggregator, batch, signal).finally(() => {
        underWay.delete(sequence);
        aggregator.wake.ring();
      });
      underWay.set(sequence, done);
    }
    await aggregator.wake.next(rings, aggregator.clock, limits.retryDelayMsMax, signal);
  }
  await Promise.all(underWay.values());
}

/** Sees one certified batch through, whoever posts it: tries again until it is in and its reports are out. */
async function bringOut(aggregator: Aggregator, batch: OpenBatch, signal: AbortSignal): Promise<void> {
  const { cosignature } = batch.proposal;
  const { epoch, sequence } = cosignature;
  const certificate = batch.certificate?.bytes;
  if (certificate === undefined) return;
  const put = () => postTraced(aggregator, batch, certificate);
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const posted = await untilConfirmed(aggregator, cosignature, put, signal);
      if (posted === undefined) return;
      // Only when the stream of proposals was lost and counts anew does the chain hold another batch in this place.
      if (posted.root !== cosignature.root)
        throw new Error(`Another batch stands at sequence ${sequence} on chain; start a new epoch.`);
      aggregator.reports.notePosted(epoch, sequence, posted.root);
      aggregator.telemetry.gauge(metrics.confirmations, posted.confirmations);
      aggregator.finalityWatch.add({ ...cosignature, certificate }, posted.blockNumber);
      for (const [index] of batch.proposal.reports.entries()) await publishReport(aggregator, batch, posted, index);
      aggregator.batchBook.finish(sequence, (taskId) => aggregator.taskBook.isDone(taskId));
      return;
    } catch (error) {
      aggregator.telemetry.count(metrics.posts, { outcome: outcomeOf(error) });
      aggregator.telemetry.log.warn('batch is not out yet, is tried again', {
        sequence,
        attempt,
        error: errorText(error),
      });
      await aggregator.clock.sleep(Math.min(limits.retryDelayMs * 2 ** attempt, limits.retryDelayMsMax), signal);
    }
  }
}

/** In a span that the batch's proposal and tasks are linked to. Rejects when the contract refuses the batch. */
async function postTraced(aggregator: Aggregator, batch: OpenBatch, certificate: Hex): Promise<void> {
  const { cosignature } = batch.proposal;
  const batchId = batchIdOf(cosignature.epoch, cosignature.sequence);
  const taskIds = batch.proposal.reports.map(({ task }) => task.taskId);
  const options = {
    kind: 'client',
    parent: batch.headers,
    links: taskIds.map((taskId) => aggregator.taskBook.find(taskId)?.known.headers ?? {}),
    attributes: { ...batchAttributes(taskIds), [attributes.batchId]: batchId },
  } as const;
  await aggregator.telemetry.span(spans.post, options, async (span) => {
    const outcome = await post(aggregator, { ...cosignature, certificate });
    span.setAttribute(attributes.outcome, outcome.status);
    if (outcome.status === 'posted') span.setAttribute(attributes.transaction, outcome.transactionHash);
    if (outcome.status !== 'refused') return;
    span.fail(outcome.code);
    throw new Error(`The contract refused batch ${batchId}: ${outcome.code}: ${outcome.detail}`);
  });
}

/** Errors of a transmitter without funds have their own name on the metric: they end by themselves once it has some. */
function outcomeOf(error: unknown): string {
  return error instanceof Error && error.name === 'TooLittleFunds' ? 'no-funds' : 'failed';
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
  { proposal, certificate }: OpenBatch,
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
    signers: [...(certificate?.signers ?? [])],
    transaction: {
      hash: posted.transactionHash,
      blockNumber: posted.blockNumber,
      gasUsed: posted.gasUsed,
      transmitter: posted.transmitter,
    },
  };
}
