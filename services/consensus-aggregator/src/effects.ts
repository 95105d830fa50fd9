/** Carries effects out: each in its span, and what comes of it goes back to the mailbox. */

import type { Effect } from '@assay/aggregation/effects';
import type { PostingOutcome, ProposalOutcome, ReportOutcome } from '@assay/aggregation/events';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import {
  batchAttributes,
  messagingAttributes,
  templateOf,
  verdictAttributes,
} from '@assay/runtime/service/message-attributes';
import { attributes, metrics, spans } from '@assay/runtime/service/telemetry-names';
import type { Aggregator } from './aggregator.ts';
import { countPost, countReport, tellBalance } from './report-metrics.ts';

type EffectOf<K extends Effect['kind']> = Effect & { readonly kind: K };

/** Publishes a proposal. Never rejects. */
export async function propose(aggregator: Aggregator, effect: EffectOf<'propose'>): Promise<ProposalOutcome> {
  const { bus, telemetry } = aggregator;
  const { sequence, batchId, data, taskIds, links } = effect;
  const [parent] = links;
  const options = {
    kind: 'producer',
    ...(parent === undefined ? {} : { parent }),
    links,
    attributes: {
      ...messagingAttributes('publish', templateOf('PROPOSALS')),
      ...batchAttributes(taskIds),
      [attributes.batchId]: batchId,
    },
  } as const;
  try {
    return await telemetry.span(spans.propose, options, async (span) => {
      const published = await bus.publish(subjects.proposal(batchId), data, {
        headers: telemetry.carrier(),
        expectLastStreamSequence: sequence - 1,
      });
      span.setAttribute(attributes.outcome, published.status);
      telemetry.count(metrics.proposals, { outcome: published.status });
      if (published.status === 'conflict') return { status: 'conflict' };
      return { status: 'stored', sequence: published.sequence };
    });
  } catch (error) {
    return { status: 'failed', error: errorText(error) };
  }
}

/** Asks the operators for overdue tasks. Never rejects: they are asked again until they answer. */
export async function askOperators(
  { bus, telemetry }: Aggregator,
  { epoch, taskIds }: EffectOf<'ask-operators'>,
): Promise<void> {
  try {
    await bus.publish(subjects.overdue, encodeMessage({ epoch, overdue: taskIds }), { headers: telemetry.carrier() });
  } catch (error) {
    telemetry.log.warn('operators are asked again for overdue tasks', {
      count: taskIds.length,
      error: errorText(error),
    });
  }
}

/** Asks the operators of the next epoch for left-over tasks. Never rejects: they are asked again until reports are out. */
export async function askForLeftOver(
  { bus, telemetry }: Aggregator,
  { epoch, taskIds }: EffectOf<'ask-left-over'>,
): Promise<void> {
  try {
    await bus.publish(subjects.leftOver, encodeMessage({ epoch, leftOver: taskIds }), { headers: telemetry.carrier() });
    telemetry.log.info('operators are asked for left-over tasks', { epoch, count: taskIds.length });
  } catch (error) {
    telemetry.log.warn('operators are asked again for left-over tasks', { epoch, error: errorText(error) });
  }
}

/** Posts a batch: one with a proposal in a span that its proposal and tasks are linked to. Never rejects. */
export async function post(aggregator: Aggregator, effect: EffectOf<'post'>): Promise<PostingOutcome> {
  const { batch, taskIds, parent, links } = effect;
  try {
    if (parent === undefined) return await sent(aggregator, effect);
    const batchId = batchIdOf(batch.epoch, batch.sequence);
    const said = { ...batchAttributes(taskIds), [attributes.batchId]: batchId };
    return await aggregator.telemetry.span(
      spans.post,
      { kind: 'client', parent, links, attributes: said },
      async (span) => {
        const outcome = await sent(aggregator, effect);
        span.setAttribute(attributes.outcome, outcome.status);
        if (outcome.status === 'posted') span.setAttribute(attributes.transaction, outcome.transactionHash);
        if (outcome.status === 'refused') span.fail(outcome.code);
        return outcome;
      },
    );
  } catch (error) {
    // Errors of a transmitter without funds have their own name on the metric: they end by themselves once it has some.
    const code = error instanceof Error && error.name === 'TooLittleFunds' ? 'no-funds' : 'failed';
    return { status: 'failed', code, error: errorText(error) };
  }
}

async function sent(aggregator: Aggregator, { batch }: EffectOf<'post'>) {
  const startedMs = aggregator.clock.nowMs();
  const { certificate, ...fields } = batch;
  const outcome = await aggregator.chain.post(fields, certificate);
  countPost(aggregator, outcome, batch.count, (aggregator.clock.nowMs() - startedMs) / 1000);
  void tellBalance(aggregator);
  return outcome;
}

/**
 * Publishes a report on the trace of its task. It has no message id of its own choice: one that can be foretold could be
 * used up beforehand. Never rejects.
 */
export async function publishReport(
  aggregator: Aggregator,
  effect: EffectOf<'publish-report'>,
): Promise<ReportOutcome> {
  const { bus, telemetry } = aggregator;
  const { report, parent, links, expectLastSubjectSequence, taskMs } = effect;
  const { taskId } = report.task;
  const options = {
    kind: 'producer',
    parent,
    links,
    attributes: {
      ...messagingAttributes('publish', templateOf('REPORTS')),
      [attributes.taskId]: taskId,
      [attributes.batchId]: batchIdOf(report.epoch, report.sequence),
      [attributes.transaction]: report.transaction.hash,
      ...verdictAttributes(report.results),
    },
  } as const;
  try {
    return await telemetry.span(spans.publish, options, async (span) => {
      const headers = telemetry.carrier();
      const published = await bus.publish(subjects.report(taskId), encodeMessage(report), {
        headers,
        expectLastSubjectSequence,
      });
      const status = published.status === 'conflict' ? 'conflict' : 'stored';
      span.setAttribute(attributes.outcome, status === 'conflict' ? 'there' : 'stored');
      if (status === 'stored') countReport(aggregator, report, taskMs);
      return { status };
    });
  } catch (error) {
    return { status: 'failed', error: errorText(error) };
  }
}
