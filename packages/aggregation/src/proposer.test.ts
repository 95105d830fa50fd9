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
import { absenceOf } from '@assay/protocol/observation/absence';
import { tuning } from '@assay/protocol/tuning';
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
  const tasks = new Map([[task.taskId, { task, policy: example.policy, deadlineMs: 0 }]]);
  const checked = checkProposal(example.network, { tasks, timestampMs: 0 }, proposal);
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
    expect(data.length).toBeLessThanOrEqual(tuning.proposalBytesMax);
    expect(data.length).toBeGreaterThan(tuning.proposalBytesMax * 0.9);
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
    ['waits for the chain, within a bound, while as many certified batches queue for it', 3, 1, tuning.batchHoldMsMax],
    ['does not wait while fewer certified batches queue for the chain', 3, 2, 1],
    ['waits for operators, within a bound, while as many proposals have no certificate', 0, 1, tuning.cosignHoldMsMax],
  ])('%s', (_, cosignatures, batchesAheadMax, waitMs) => {
    const aggregator = aggregatorWith(1, { batchesAheadMax });
    const waiting = cosignatures === 0 ? tuning.proposalsAheadMax : 1;
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
    expect(aggregator.nowMs).toBeGreaterThanOrEqual(tuning.retryDelayMs * (2 ** 5 - 1));
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

  it('asks for an overdue task, ever later, and proposes it when a quorum has answered', () => {
    const aggregator = aggregatorWith(0);
    const { task } = exampleTask();
    const deadlineMs = -tuning.deadlineGraceMs;
    openTask(aggregator.books.tasks, { task, policy: example.policy, deadlineMs, headers: {} });
    aggregator.start();
    expect(aggregator.all('ask-operators')).toEqual([
      { kind: 'ask-operators', epoch: example.network.epoch, taskIds: [task.taskId] },
    ]);
    aggregator.until(tuning.retryDelayMs * 4);
    expect(aggregator.all('ask-operators').length).toBeGreaterThan(1);
    expect(aggregator.all('ask-operators').length).toBeLessThan(5);
    expect(aggregator.all('propose')).toEqual([]);
    for (const answer of exampleObservations(example, task, (operator, role) =>
      operator === 0 ? undefined : absenceOf(role, task),
    ))
      aggregator.observation(answer, 0);
    aggregator.until(aggregator.nowMs + 1_000);
    expect(aggregator.all('propose').map(({ taskIds }) => taskIds)).toEqual([[task.taskId]]);
  });

  it('does not ask for what another aggregator has just asked', () => {
    const aggregator = aggregatorWith(0);
    const { task } = exampleTask();
    aggregator.start();
    aggregator.task(task);
    const dueMs = example.policy.deadlineMs + tuning.deadlineGraceMs;
    aggregator.until(dueMs - 1);
    const question = { epoch: example.network.epoch, overdue: [task.taskId] };
    aggregator.message('PROPOSALS', subjects.overdue, question);
    aggregator.until(dueMs);
    expect(aggregator.all('ask-operators')).toEqual([]);
    aggregator.until(dueMs + 2 * tuning.retryDelayMs);
    expect(aggregator.all('ask-operators')).toHaveLength(1);
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
