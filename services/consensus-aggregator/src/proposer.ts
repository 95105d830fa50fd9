/** Puts ready reports into batches and proposes them. Of several aggregators one wins each sequence; none waits for a leader. */
import { buildBatch, reportLeaf } from '@assay/protocol/batch';
import { encodeMessage } from '@assay/protocol/decode';
import { limits } from '@assay/protocol/limits';
import { type ProposedReport, recompute } from '@assay/protocol/proposal';
import { batchIdOf, subjects } from '@assay/protocol/subjects';
import { stageOf } from '@assay/protocol/turn';
import { batchAttributes, messagingAttributes, templateOf } from '@assay/runtime/message-attributes';
import { attributes, metrics, spans } from '@assay/runtime/signals';
import { messageOf } from '@assay/runtime/work-loop';
import type { Aggregator } from './aggregator.ts';
import type { OpenTask } from './task-book.ts';

/** Bytes of a proposal beside its entries. */
const envelopeBytes = 512;

/** Proposes batches until the signal aborts. */
export async function runProposer(aggregator: Aggregator, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let waitMs: number = limits.retryDelayMs;
    try {
      waitMs = await proposeWhatIsReady(aggregator, signal);
    } catch (error) {
      aggregator.telemetry.log.warn('proposal failed, is tried again', { error: messageOf(error) });
    }
    if (waitMs > 0) await aggregator.wake.next(aggregator.clock, waitMs, signal);
  }
}

/** One round; returns how long to wait for the next unless something happens before. */
async function proposeWhatIsReady(aggregator: Aggregator, signal: AbortSignal): Promise<number> {
  const { taskBook, clock, bus, pace } = aggregator;
  aggregator.telemetry.gauge(metrics.openTasks, taskBook.size);
  const nowMs = clock.nowMs();
  await markOverdue(aggregator, nowMs, signal);
  // Told to stop while it waited, it does not know all observations: what it proposed now would leave some out.
  if (signal.aborted) return 0;
  const ready = taskBook.readyTasks();
  const oldestMs = Math.min(...ready.map((task) => task.readySinceMs ?? nowMs));
  if (ready.length === 0)
    return Math.max(1, Math.min((taskBook.nextDeadlineMs() ?? Number.POSITIVE_INFINITY) - nowMs, 60_000));
  const sequence = aggregator.proposalsRead.handled + 1;
  const stage = stageOf(aggregator.view.network.hub, sequence, pace.index, pace.count);
  const full = ready.length >= pace.batchReportsMax;
  const dueMs = (full ? oldestMs : oldestMs + pace.batchWaitMs) + stage * pace.turnDeltaMs;
  if (nowMs < dueMs) return dueMs - nowMs;
  const last = await bus.lastSequence('PROPOSALS');
  if (last >= sequence) {
    await aggregator.proposalsRead.reached(last, signal);
    return 0;
  }
  return (await propose(aggregator, sequence, ready, signal)) ? 0 : limits.retryDelayMs;
}

/** Marks tasks past their deadline as ready, once every observation that was in time has been read. */
async function markOverdue(aggregator: Aggregator, nowMs: number, signal: AbortSignal): Promise<void> {
  const overdue = aggregator.taskBook.overdueTasks(nowMs);
  if (overdue.length === 0) return;
  await aggregator.observationsRead.reached(await aggregator.bus.lastSequence('OBSERVATIONS'), signal);
  for (const task of overdue) task.readySinceMs ??= nowMs;
}

/** Proposes one batch; false when this aggregator's own follower did not take it, so that it is not proposed again at once. */
async function propose(
  aggregator: Aggregator,
  sequence: number,
  ready: readonly OpenTask[],
  signal: AbortSignal,
): Promise<boolean> {
  const { network } = aggregator.view;
  const chosen = choose(aggregator, ready);
  const links = chosen.map(({ task }) => task.known.headers);
  const [parent] = links;
  const batch = buildBatch(chosen.map(({ proposed }) => reportLeaf(proposed.fields)));
  const batchId = batchIdOf(network.epoch, sequence);
  const options = {
    kind: 'producer',
    ...(parent === undefined ? {} : { parent }),
    links,
    attributes: {
      ...messagingAttributes('publish', templateOf('PROPOSALS')),
      ...batchAttributes(chosen.map(({ proposed }) => proposed.task.taskId)),
      [attributes.batchId]: batchId,
    },
  } as const;
  return aggregator.telemetry.span(spans.propose, options, async (span) => {
    const entries = chosen.map(({ proposed }) => ({
      taskId: proposed.task.taskId,
      observations: proposed.observations,
    }));
    const published = await aggregator.bus.publish(
      subjects.proposal(batchId),
      encodeMessage({ epoch: network.epoch, sequence, root: batch.root, entries }),
      { headers: aggregator.telemetry.carrier(), expectLastStreamSequence: sequence - 1 },
    );
    span.setAttribute(attributes.outcome, published.status);
    aggregator.telemetry.count(metrics.proposals, { outcome: published.status });
    const last = published.status === 'conflict' ? await aggregator.bus.lastSequence('PROPOSALS') : published.sequence;
    await aggregator.proposalsRead.reached(last, signal);
    return published.status === 'conflict' || chosen.every(({ task }) => task.takenBy !== undefined);
  });
}

/** The oldest ready tasks that fit one batch by count and bytes, each with its report recomputed. */
function choose(aggregator: Aggregator, ready: readonly OpenTask[]): { task: OpenTask; proposed: ProposedReport }[] {
  const chosen: { task: OpenTask; proposed: ProposedReport }[] = [];
  let bytes = envelopeBytes;
  const oldestFirst = [...ready].sort((a, b) => (a.readySinceMs ?? 0) - (b.readySinceMs ?? 0));
  for (const task of oldestFirst.slice(0, aggregator.pace.batchReportsMax)) {
    const observations = [...task.observations.values()].map(({ checked }) => checked.observation);
    const proposed = recompute(aggregator.view.network, task.known, observations);
    if (!proposed.ok) throw new Error(`Counted observations do not pass any more: ${proposed.refusal.detail}`);
    bytes += encodeMessage({ taskId: task.known.task.taskId, observations }).length + 1;
    if (bytes > limits.proposalBytesMax && chosen.length > 0) break;
    chosen.push({ task, proposed: proposed.value });
  }
  return chosen;
}
