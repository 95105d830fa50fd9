import { useFastPrimitives } from '@assay/adapters/keys/fast-primitives';
import { memoryBus } from '@assay/adapters/memory/memory-bus';
import { memoryChain } from '@assay/adapters/memory/memory-chain';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { checkProposal, type Proposal, proposalSchema } from '@assay/protocol/batch/proposal';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import {
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
  policyRequiring,
} from '@assay/protocol/network/example-network';
import type { BusMessage } from '@assay/protocol/ports';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Aggregator, newAggregator, type Pace } from './aggregator.ts';
import { onProposal } from './handler.ts';
import { runProposer } from './proposer.ts';
import type { OpenTask } from './task-book.ts';

const example = exampleNetwork([1n, 1n, 1n, 1n], policyRequiring('checksum'));
const outputs = Array.from({ length: limits.submissionsMax }, (_, index) => `output ${index}`);
const miners = outputs.map((_, index) => `miner-${index}`);
const pace: Pace = {
  index: 0,
  count: 1,
  batchReportsMax: 1_024,
  batchWaitMs: 1,
  batchesAheadMax: 4,
  turnDeltaMs: 1,
  confirmations: 1,
  finality: 1,
};

/** An aggregator with some ready tasks, on a clock that jumps over its waits. */
function aggregatorWith(tasks: number, more: Partial<Pace> = {}) {
  let nowMs = 0;
  const clock = {
    nowMs: () => nowMs,
    sleep: async (ms: number, signal?: AbortSignal) => {
      await new Promise(setImmediate);
      if (!signal?.aborted) nowMs += ms;
    },
  };
  const view = { network: example.network, policies: new Map([[example.policy.name, example.policy]]) };
  const ports = {
    view,
    clock,
    bus: memoryBus({ clock }),
    chain: memoryChain(example.network),
    telemetry: memoryTelemetry(),
  };
  const aggregator = newAggregator({ ...ports, service: 'aggregator', pace: { ...pace, ...more } });
  for (let index = 0; index < tasks; index++)
    makeReady(open(aggregator, { reference: `task ${index}`, outputs, miners }), index);
  return { ...aggregator, telemetry: ports.telemetry };
}

/** Opens a task whose deadline is far away. */
function open({ taskBook }: Pick<Aggregator, 'taskBook'>, of: Parameters<typeof exampleTask>[0]): OpenTask {
  const known = { task: exampleTask(of).task, policy: example.policy, deadlineMs: 1e12, headers: {} };
  const added = taskBook.add(known);
  if (!added.ok) throw new Error(added.refusal.detail);
  return added.value;
}

/** Counts everybody's observations without the cost of checking them: the proposer checks them again. */
function makeReady(open: OpenTask, atMs: number): void {
  for (const observation of exampleObservations(example, open.known.task)) {
    const checked = { observation, weight: 1n, measurements: [] };
    open.observations.set(`${observation.role} ${observation.operator}`, { checked, timestampMs: atMs });
  }
  open.readySinceMs = atMs;
}

/** A batch of another task with some cosignatures that is not on the chain. */
function queue({ batchBook }: Pick<Aggregator, 'batchBook'>, sequence: number, cosignatures: number): void {
  const { task } = exampleTask({ reference: 'in the queue' });
  const proposal = exampleProposal(example, [{ task, observations: exampleObservations(example, task) }], sequence);
  const checked = checkProposal(example.network, new Map([[task.taskId, { task, policy: example.policy }]]), proposal);
  if (!checked.ok) throw new Error(checked.refusal.detail);
  const batch = batchBook.add(checked.value, {}, 1);
  for (let operator = 0; operator < cosignatures; operator++)
    batchBook.cosign(batch, exampleCosignature(example, proposal, operator));
}

/** The first proposal that comes of it. */
async function firstProposal(
  aggregator: ReturnType<typeof aggregatorWith>,
): Promise<{ proposal: Proposal; message: BusMessage }> {
  const stop = new AbortController();
  const running = runProposer(aggregator, stop.signal);
  for await (const message of aggregator.bus.follow('PROPOSALS', {}, stop.signal)) {
    stop.abort();
    await running;
    const decoded = decodeMessage(proposalSchema, message.data);
    if (!decoded.ok) throw new Error(decoded.refusal.detail);
    return { proposal: decoded.value, message };
  }
  throw new Error('Nothing was proposed.');
}

/** The largest proposal has some thousand signatures. */
beforeAll(() => useFastPrimitives());

describe('the proposer', () => {
  it('takes the oldest tasks first, as many as one batch may hold', async () => {
    const aggregator = aggregatorWith(3, { batchReportsMax: 2 });
    const { proposal } = await firstProposal(aggregator);
    const references = await Promise.all(
      proposal.entries.map(async ({ taskId }) => aggregator.taskBook.find(taskId)?.known.task.reference),
    );
    expect(references).toEqual(['task 0', 'task 1']);
  });

  it('keeps a proposal below the limit of bytes and leaves the rest for the next', async () => {
    const tasks = 90;
    const { proposal, message } = await firstProposal(aggregatorWith(tasks));
    expect(message.data.length).toBeLessThanOrEqual(limits.proposalBytesMax);
    expect(message.data.length).toBeGreaterThan(limits.proposalBytesMax * 0.9);
    expect(proposal.entries.length).toBeLessThan(tasks);
  });

  it('waits for others to share the batch, and no longer', async () => {
    const { proposal, message } = await firstProposal(aggregatorWith(2, { batchReportsMax: 3, batchWaitMs: 700 }));
    expect(message.timestampMs).toBeGreaterThanOrEqual(700);
    expect(message.timestampMs).toBeLessThan(1_400);
    expect(proposal.entries).toHaveLength(2);
  });

  it.each([
    ['count', 3, { batchReportsMax: 3 }],
    ['bytes', 90, {}],
  ])('does not wait when the batch is full by %s', async (_, tasks, more) => {
    const { message } = await firstProposal(aggregatorWith(tasks, { ...more, batchWaitMs: 60_000 }));
    expect(message.timestampMs).toBeLessThan(1_000);
  });

  it.each([
    ['waits for the chain, within a bound, while as many certified batches queue for it', 3, 1, limits.batchHoldMsMax],
    ['does not wait while fewer certified batches queue for the chain', 3, 2, 1],
    ['waits for operators, within a bound, while as many proposals have no certificate', 0, 1, limits.cosignHoldMsMax],
  ])('%s', async (_, cosignatures, batchesAheadMax, waitMs) => {
    const aggregator = aggregatorWith(1, { batchesAheadMax });
    const waiting = cosignatures === 0 ? limits.proposalsAheadMax : 1;
    for (let batch = 0; batch < waiting; batch++) queue(aggregator, 100 + batch, cosignatures);
    const { message } = await firstProposal(aggregator);
    expect(message.timestampMs).toBeGreaterThanOrEqual(waitMs);
    expect(message.timestampMs).toBeLessThan(waitMs + 1_000);
  });

  it('brings out the others of a batch that is refused for one report, and tries that one again ever later', async () => {
    const aggregator = aggregatorWith(0, { batchReportsMax: 8 });
    const tasks = Array.from({ length: 8 }, (_, index) => open(aggregator, { reference: `task ${index}` }));
    for (const [index, task] of tasks.entries()) makeReady(task, index);
    const bad = tasks[3];
    if (bad === undefined) throw new Error('There is no task.');
    // Of one operator only, it abstains: too early until its deadline, which does not come.
    for (const key of [...bad.observations.keys()].slice(1)) bad.observations.delete(key);
    const stop = new AbortController();
    const running = runProposer(aggregator, stop.signal);
    let withBad = 0;
    for await (const message of aggregator.bus.follow('PROPOSALS', {}, stop.signal)) {
      const proposed = decodeMessage(proposalSchema, message.data);
      if (proposed.ok && proposed.value.entries.some(({ taskId }) => taskId === bad.known.task.taskId)) withBad++;
      await aggregator.telemetry.span('take', {}, (span) => onProposal(aggregator, message, stop.signal, span));
      aggregator.proposalsRead.advance(message.sequence);
      if (withBad === 6) stop.abort();
    }
    await running;
    expect(tasks.filter(({ takenBy }) => takenBy === undefined)).toEqual([bad]);
    // Half a second, doubling: after the sixth refusal.
    expect(aggregator.clock.nowMs()).toBeGreaterThanOrEqual(limits.retryDelayMs * (2 ** 5 - 1));
  });

  it('leaves out a task whose counted observations do not pass any more', async () => {
    const aggregator = aggregatorWith(3);
    const bad = open(aggregator, { reference: 'forged' });
    makeReady(bad, 0);
    for (const [key, { checked, timestampMs }] of bad.observations) {
      const observation = { ...checked.observation, signature: `0x${'11'.repeat(65)}` as const };
      bad.observations.set(key, { checked: { ...checked, observation }, timestampMs });
    }
    const { proposal } = await firstProposal(aggregator);
    expect(proposal.entries).toHaveLength(3);
    expect(bad.refusals).toBe(1);
    expect(aggregator.telemetry.logs.map(({ level }) => level)).toContain('error');
  });

  it('proposes nothing when it is told to stop before it has read all observations', async () => {
    const aggregator = aggregatorWith(0);
    const { task } = exampleTask();
    aggregator.taskBook.add({ task, policy: example.policy, deadlineMs: -limits.deadlineGraceMs, headers: {} });
    await aggregator.bus.publish('assay.v1.observations.01.checksum.02', new Uint8Array());
    const stop = new AbortController();
    const running = runProposer(aggregator, stop.signal);
    await new Promise(setImmediate);
    stop.abort();
    await running;
    expect(await aggregator.bus.lastSequence('PROPOSALS')).toBe(0);
  });
});
