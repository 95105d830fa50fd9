/** Puts ready reports into batches and proposes them. Of several aggregators one wins each sequence; none waits for a leader. */
import { buildBatch, reportLeaf } from '@assay/protocol/batch/batch';
import { type ProposedReport, recompute } from '@assay/protocol/batch/proposal';
import { stageOf } from '@assay/protocol/batch/turn';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import { batchAttributes, messagingAttributes, templateOf } from '@assay/runtime/service/message-attributes';
import { attributes, metrics, spans } from '@assay/runtime/service/signals';
import type { Aggregator } from './aggregator.ts';
import type { OpenTask } from './task-book.ts';

/** Bytes of a proposal beside its entries. */
const envelopeBytes = 512;

/** When operators or chain were last seen to be behind. */
interface Behind {
  lastMs: number;
}

/** Proposes batches until the signal aborts. */
export async function runProposer(aggregator: Aggregator, signal: AbortSignal): Promise<void> {
  const behind: Behind = { lastMs: 0 };
  while (!signal.aborted) {
    const { rings } = aggregator.wake;
    let waitMs: number = limits.retryDelayMs;
    try {
      waitMs = await proposeWhatIsReady(aggregator, behind, signal);
    } catch (error) {
      aggregator.telemetry.log.warn('proposal failed, is tried again', { error: errorText(error) });
    }
    if (waitMs > 0) await aggregator.wake.next(rings, aggregator.clock, waitMs, signal);
  }
}

/** One round; returns how long to wait for the next unless something happens before. */
async function proposeWhatIsReady(aggregator: Aggregator, behind: Behind, signal: AbortSignal): Promise<number> {
  const { taskBook, clock, bus, pace } = aggregator;
  aggregator.telemetry.gauge(metrics.openTasks, taskBook.size);
  const nowMs = clock.nowMs();
  await markOverdue(aggregator, nowMs, signal);
  // Told to stop while it waited, it does not know all observations: what it proposed now would leave some out.
  if (signal.aborted) return 0;
  const ready = taskBook.readyTasks(nowMs);
  const oldestMs = Math.min(...ready.map((task) => task.readySinceMs ?? nowMs));
  if (ready.length === 0)
    return Math.max(1, Math.min((taskBook.nextDueMs() ?? Number.POSITIVE_INFINITY) - nowMs, 60_000));
  const sequence = aggregator.proposalsRead.handled + 1;
  const stage = stageOf(aggregator.view.network.hub, sequence, pace.index, pace.count);
  const isFull = ready.length >= pace.batchReportsMax || fillsBatch(ready);
  const withOthersMs = dueWithOthersMs(aggregator, behind, oldestMs);
  const dueMs = (isFull ? Math.max(oldestMs, behind.lastMs) : withOthersMs) + stage * pace.turnDeltaMs;
  if (nowMs < dueMs) return dueMs - nowMs;
  const last = await bus.lastSequence('PROPOSALS');
  if (last >= sequence) {
    await aggregator.proposalsRead.reached(last, signal);
    return 0;
  }
  const chosen = choose(aggregator, ready);
  if (chosen.length > 0) await propose(aggregator, sequence, chosen, signal);
  return 0;
}

/**
 * Until when a report waits for others to share its batch. While proposals wait for cosignatures, or certified batches for
 * the chain, another one would only queue behind them: it waits until there is room again, within a bound, and the batch
 * grows meanwhile.
 */
function dueWithOthersMs({ batchBook, clock, pace }: Aggregator, behind: Behind, oldestMs: number): number {
  const nowMs = clock.nowMs();
  const isChainBehind = batchBook.queuedSize >= pace.batchesAheadMax * pace.count;
  const areOperatorsBehind = batchBook.awaitingCertificate(nowMs - limits.cosignHoldMsMax) >= limits.proposalsAheadMax;
  if (!isChainBehind && !areOperatorsBehind) return Math.max(oldestMs + pace.batchWaitMs, behind.lastMs);
  behind.lastMs = nowMs;
  const holdMs = isChainBehind ? limits.batchHoldMsMax : limits.cosignHoldMsMax;
  return oldestMs + Math.max(pace.batchWaitMs, holdMs);
}

/** Marks tasks past their deadline as ready, once every observation that was in time has been read. */
async function markOverdue(aggregator: Aggregator, nowMs: number, signal: AbortSignal): Promise<void> {
  const overdue = aggregator.taskBook.overdueTasks(nowMs);
  if (overdue.length === 0) return;
  await aggregator.observationsRead.reached(await aggregator.bus.lastSequence('OBSERVATIONS'), signal);
  for (const task of overdue) task.readySinceMs ??= nowMs;
}

/** A task with the report that is proposed for it. */
interface Chosen {
  readonly task: OpenTask;
  readonly proposed: ProposedReport;
}

/** Proposes one batch. Tasks of one that this aggregator's own follower did not take are refused: not proposed again at once. */
async function propose(
  aggregator: Aggregator,
  sequence: number,
  chosen: readonly Chosen[],
  signal: AbortSignal,
): Promise<void> {
  const { network } = aggregator.view;
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
  await aggregator.telemetry.span(spans.propose, options, async (span) => {
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
    if (published.status === 'conflict') return;
    const nowMs = aggregator.clock.nowMs();
    for (const { task } of chosen) if (task.takenBy === undefined) aggregator.taskBook.refuse(task, nowMs);
  });
}

/**
 * The oldest ready tasks that fit one batch by count and bytes, each with its report recomputed. Those that were refused
 * come after those that were not, with their like and half as many each time: what is wrong with one holds up no other.
 */
function choose(aggregator: Aggregator, ready: readonly OpenTask[]): Chosen[] {
  const { taskBook, clock, pace, telemetry, view } = aggregator;
  const refusals = Math.min(...ready.map((task) => task.refusals));
  const oldestFirst = ready
    .filter((task) => task.refusals === refusals)
    .sort((a, b) => (a.readySinceMs ?? 0) - (b.readySinceMs ?? 0));
  const chosen: Chosen[] = [];
  let bytes = envelopeBytes;
  for (const task of oldestFirst.slice(0, Math.max(1, Math.floor(pace.batchReportsMax / 2 ** refusals)))) {
    const observations = [...task.observations.values()].map(({ checked }) => checked.observation);
    const proposed = recompute(view.network, task.known, observations);
    if (!proposed.ok) {
      const { taskId } = task.known.task;
      telemetry.log.error('counted observations do not pass any more', { taskId, code: proposed.refusal.code });
      taskBook.refuse(task, clock.nowMs());
      continue;
    }
    bytes += entryBytesOf(task);
    if (bytes > limits.proposalBytesMax && chosen.length > 0) break;
    chosen.push({ task, proposed: proposed.value });
  }
  return chosen;
}

/** Whether these have more bytes than one proposal may have. */
function fillsBatch(ready: readonly OpenTask[]): boolean {
  let bytes = envelopeBytes;
  return ready.some((task) => {
    bytes += entryBytesOf(task);
    return bytes > limits.proposalBytesMax;
  });
}

const measured = new WeakMap<OpenTask, { readonly observations: number; readonly bytes: number }>();

/** Bytes that a task takes in a proposal; measured again only when it has got another observation. */
function entryBytesOf(task: OpenTask): number {
  const before = measured.get(task);
  if (before?.observations === task.observations.size) return before.bytes;
  const observations = [...task.observations.values()].map(({ checked }) => checked.observation);
  const bytes = encodeMessage({ taskId: task.known.task.taskId, observations }).length + 1;
  measured.set(task, { observations: task.observations.size, bytes });
  return bytes;
}
