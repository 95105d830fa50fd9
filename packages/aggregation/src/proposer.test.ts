import { checkProposal, type Proposal, proposalSchema } from '@assay/protocol/batch/proposal';
import { subjects } from '@assay/protocol/bus/subjects';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import {
  exampleCosignature,
  exampleMeasurements,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
  policyRequiring,
} from '@assay/protocol/network/example-network';
import { describe, expect, it } from 'vitest';
import { TestAggregator } from './aggregator.fixture.ts';
import { cosign, openBatch } from './batches.ts';
import type { OpenTask, Pace } from './books.ts';
import { openTask } from './tasks.ts';

const example = exampleNetwork([1n, 1n, 1n, 1n], policyRequiring('checksum'));
const outputs = Array.from({ length: limits.submissionsMax }, (_, index) => `output ${index}`);
const miners = outputs.map((_, index) => `miner-${index}`);
const idleMs = 120_000;

/** An aggregator with some ready tasks. */
function aggregatorWith(tasks: number, more: Partial<Pace> = {}): TestAggregator {
  const aggregator = new TestAggregator(example, more);
  for (let index = 0; index < tasks; index++)
    makeReady(open(aggregator, { reference: `task ${index}`, outputs, miners }), index);
  return aggregator;
}

/** Opens a task whose deadline is far away. */
function open({ books }: TestAggregator, of: Parameters<typeof exampleTask>[0]): OpenTask {
  const { task } = exampleTask(of);
  const opened = openTask(books.tasks, { task, policy: example.policy, deadlineMs: 1e12, headers: {} });
  if (opened === undefined) throw new Error('There is no room.');
  return opened;
}

/** Counts everybody's observations, without the cost of looking at their signatures. */
function makeReady(task: OpenTask, atMs: number): void {
  for (const observation of exampleObservations(example, task.known.task)) {
    const measurements = task.known.task.submissions.map(() => exampleMeasurements.accept);
    const key = `${observation.role} ${observation.operator}`;
    task.observations.set(key, { checked: { observation, weight: 1n, measurements }, timestampMs: atMs });
  }
  task.readySinceMs = atMs;
}

/** A batch of another task with some cosignatures that is not on the chain. */
function queue({ books }: TestAggregator, sequence: number, cosignatures: number): void {
  const { task } = exampleTask({ reference: 'in the queue' });
  const proposal = exampleProposal(example, [{ task, observations: exampleObservations(example, task) }], sequence);
  const checked = checkProposal(example.network, new Map([[task.taskId, { task, policy: example.policy }]]), proposal);
  if (!checked.ok) throw new Error(checked.refusal.detail);
  const batch = openBatch(books.batches, checked.value, {}, 1);
  for (let operator = 0; operator < cosignatures; operator++)
    cosign(books.setting, books.batches, batch, exampleCosignature(example, proposal, operator));
}

interface First {
  readonly proposal: Proposal;
  readonly data: Uint8Array;
  readonly atMs: number;
}

/** The first proposal that comes of it. */
function firstProposal(aggregator: TestAggregator): First {
  aggregator.start();
  while (aggregator.all('propose').length === 0 && aggregator.nowMs < idleMs) aggregator.until(aggregator.nowMs + 1);
  const [effect] = aggregator.all('propose');
  if (effect === undefined) throw new Error('Nothing was proposed.');
  return { proposal: proposalOf(effect.data), data: effect.data, atMs: aggregator.nowMs };
}

function proposalOf(data: Uint8Array): Proposal {
  const decoded = decodeMessage(proposalSchema, data);
  if (!decoded.ok) throw new Error(decoded.refusal.detail);
  return decoded.value;
}

describe('the proposer', () => {
  it('takes the oldest tasks first, as many as one batch may hold', () => {
    const aggregator = aggregatorWith(3, { batchReportsMax: 2 });
    const { proposal } = firstProposal(aggregator);
    const references = proposal.entries.map(
      ({ taskId }) => aggregator.books.tasks.open.get(taskId)?.known.task.reference,
    );
    expect(references).toEqual(['task 0', 'task 1']);
  });

  it('keeps a proposal below the limit of bytes and leaves the rest for the next', () => {
    const tasks = 90;
    const { proposal, data } = firstProposal(aggregatorWith(tasks));
    expect(data.length).toBeLessThanOrEqual(limits.proposalBytesMax);
    expect(data.length).toBeGreaterThan(limits.proposalBytesMax * 0.9);
    expect(proposal.entries.length).toBeLessThan(tasks);
  });

  it('waits for others to share the batch, and no longer', () => {
    const { proposal, atMs } = firstProposal(aggregatorWith(2, { batchReportsMax: 3, batchWaitMs: 700 }));
    expect(atMs).toBe(700);
    expect(proposal.entries).toHaveLength(2);
  });

  it.each([
    ['count', 3, { batchReportsMax: 3 }],
    ['bytes', 90, {}],
  ])('does not wait when the batch is full by %s', (_, tasks, more) => {
    const { atMs } = firstProposal(aggregatorWith(tasks, { ...more, batchWaitMs: 60_000 }));
    expect(atMs).toBeLessThan(1_000);
  });

  it.each([
    ['waits for the chain, within a bound, while as many certified batches queue for it', 3, 1, limits.batchHoldMsMax],
    ['does not wait while fewer certified batches queue for the chain', 3, 2, 1],
    ['waits for operators, within a bound, while as many proposals have no certificate', 0, 1, limits.cosignHoldMsMax],
  ])('%s', (_, cosignatures, batchesAheadMax, waitMs) => {
    const aggregator = aggregatorWith(1, { batchesAheadMax });
    const waiting = cosignatures === 0 ? limits.proposalsAheadMax : 1;
    for (let batch = 0; batch < waiting; batch++) queue(aggregator, 100 + batch, cosignatures);
    const { atMs } = firstProposal(aggregator);
    expect(atMs).toBeGreaterThanOrEqual(waitMs);
    expect(atMs).toBeLessThan(waitMs + 1_000);
  });

  it('brings out the others of a batch that is refused for one report, and tries that one again ever later', () => {
    const aggregator = aggregatorWith(0, { batchReportsMax: 8 });
    const tasks = Array.from({ length: 8 }, (_, index) => open(aggregator, { reference: `task ${index}` }));
    for (const [index, task] of tasks.entries()) makeReady(task, index);
    const bad = tasks[3];
    if (bad === undefined) throw new Error('There is no task.');
    // Of one operator only, it abstains: too early until its deadline, which does not come.
    for (const key of [...bad.observations.keys()].slice(1)) bad.observations.delete(key);
    aggregator.start();
    let withBad = 0;
    for (let proposals = 0; withBad < 6; proposals++) {
      while (aggregator.all('propose').length === proposals) aggregator.until(aggregator.nowMs + 1);
      const { data, batchId, taskIds, sequence } = aggregator.all('propose')[proposals] ?? fail();
      if (taskIds.includes(bad.known.task.taskId)) withBad++;
      aggregator.message('PROPOSALS', subjects.proposal(batchId), data);
      aggregator.take({ kind: 'proposed', sequence, outcome: { status: 'stored', sequence } });
    }
    expect(tasks.filter(({ takenBy }) => takenBy === undefined)).toEqual([bad]);
    // Half a second, doubling: after the sixth refusal.
    expect(aggregator.nowMs).toBeGreaterThanOrEqual(limits.retryDelayMs * (2 ** 5 - 1));
  });

  it('proposes no task with observations that do not pass', () => {
    const aggregator = aggregatorWith(1);
    aggregator.start();
    const { task } = exampleTask({ reference: 'forged' });
    aggregator.task(task);
    for (const observation of exampleObservations(example, task))
      aggregator.observation({ ...observation, signature: `0x${'11'.repeat(65)}` });
    expect(new Set(aggregator.decisions('OBSERVATIONS'))).toEqual(new Set(['forged']));
    aggregator.until(1_000);
    expect(aggregator.all('propose').map(({ taskIds }) => taskIds.length)).toEqual([1]);
  });

  it('does not recompute what it has built when it comes back, and takes its tasks', () => {
    const aggregator = aggregatorWith(2);
    const { data } = firstProposal(aggregator);
    const built = aggregator.books.proposer.own?.checked;
    aggregator.message('PROPOSALS', subjects.proposal('7-1'), data);
    expect(aggregator.books.batches.open.get(1)?.proposal).toBe(built);
    expect(aggregator.decisions('PROPOSALS')).toEqual(['taken']);
    expect(aggregator.books.tasks.free.size).toBe(0);
  });

  it('waits until PROPOSALS is read when another one was quicker', () => {
    const aggregator = aggregatorWith(1);
    firstProposal(aggregator);
    aggregator.take({ kind: 'proposed', sequence: 1, outcome: { status: 'conflict' } });
    aggregator.until(30_000);
    expect(aggregator.all('propose')).toHaveLength(1);
    aggregator.message('PROPOSALS', subjects.proposal('7-1'), new Uint8Array());
    aggregator.until(31_000);
    expect(aggregator.all('propose').map(({ sequence }) => sequence)).toEqual([1, 2]);
    expect([...aggregator.books.tasks.open.values()].map(({ refusals }) => refusals)).toEqual([0]);
  });

  it('proposes an overdue task only when all observations of that moment are read', () => {
    const aggregator = aggregatorWith(0);
    const { task } = exampleTask();
    const deadlineMs = -limits.deadlineGraceMs;
    openTask(aggregator.books.tasks, { task, policy: example.policy, deadlineMs, headers: {} });
    const asked = aggregator.start().find((effect) => effect.kind === 'ask' && effect.question.about === 'last');
    if (asked?.kind !== 'ask') throw new Error('Nothing was asked.');
    aggregator.take({ kind: 'answer', answer: { id: asked.question.id, about: 'last', sequence: 1 } });
    aggregator.until(10_000);
    expect(aggregator.all('propose')).toEqual([]);
    aggregator.message('OBSERVATIONS', 'assay.v1.observations.01.checksum.02', new Uint8Array());
    aggregator.until(11_000);
    expect(aggregator.all('propose')).toHaveLength(1);
  });

  it('proposes nothing before it has caught up with the streams', () => {
    const aggregator = aggregatorWith(1);
    aggregator.start({ PROPOSALS: 1 });
    aggregator.until(10_000);
    expect(aggregator.all('propose')).toEqual([]);
    aggregator.message('PROPOSALS', subjects.proposal('7-1'), new Uint8Array());
    aggregator.until(20_000);
    expect(aggregator.all('propose').map(({ sequence }) => sequence)).toEqual([2]);
  });
});

function fail(): never {
  throw new Error('There is no such proposal.');
}
