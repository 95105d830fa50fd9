import { useFastPrimitives } from '@assay/adapters/fast-primitives';
import { memoryBus } from '@assay/adapters/memory/memory-bus';
import { memoryChain } from '@assay/adapters/memory/memory-chain';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { decodeMessage } from '@assay/protocol/decode';
import { exampleNetwork, exampleObservations, exampleTask, policyRequiring } from '@assay/protocol/example-network';
import { limits } from '@assay/protocol/limits';
import type { BusMessage } from '@assay/protocol/ports';
import { type Proposal, proposalSchema } from '@assay/protocol/proposal';
import { beforeAll, describe, expect, it } from 'vitest';
import { newAggregator, type Pace } from './aggregator.ts';
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
  for (let index = 0; index < tasks; index++) {
    const { task } = exampleTask({ reference: `task ${index}`, outputs, miners });
    const added = aggregator.taskBook.add({
      task,
      policy: example.policy,
      deadlineMs: example.policy.deadlineMs,
      headers: {},
    });
    if (!added.ok) throw new Error(added.refusal.detail);
    makeReady(added.value, index);
  }
  return aggregator;
}

/** Counts everybody's observations without the cost of checking them: the proposer checks them again. */
function makeReady(open: OpenTask, atMs: number): void {
  for (const observation of exampleObservations(example, open.known.task)) {
    const checked = { observation, weight: 1n, measurements: [] };
    open.observations.set(`${observation.role} ${observation.operator}`, { checked, timestampMs: atMs });
  }
  open.readySinceMs = atMs;
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
