import { memoryBus } from '@assay/adapters/memory/memory-bus';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleNetwork } from '@assay/protocol/network/example-network';
import { expect, it } from 'vitest';
import { spreadOf } from '../spread.ts';
import { loadsOf } from './bare-jetstream.ts';
import { benchRoles } from './bench-roles.ts';
import { barsOf } from './consensus-figures.ts';
import { readStreams, streamPositions } from './phases.ts';

const { network } = exampleNetwork([1n, 1n, 1n, 1n]);
const operators = network.members.map(({ operator }) => operator);
const taskId = `0x${'ab'.repeat(32)}` as const;
const text = (value: string) => new TextEncoder().encode(value);

/** A bus on which each publish is one millisecond after the previous one. */
function tickingBus() {
  let nowMs = 0;
  return memoryBus({ clock: { nowMs: () => ++nowMs, sleep: () => Promise.resolve() } });
}

it('phases end with the message that makes a quorum, of observations in every role', async () => {
  const bus = tickingBus();
  await bus.publish(subjects.task(`0x${'cd'.repeat(32)}`), text('of a run before'));
  const positions = await streamPositions(bus);
  await bus.publish(subjects.task(taskId), text('task'));
  for (const operator of operators)
    for (const role of benchRoles) await bus.publish(subjects.observation(taskId, role, operator), text('observation'));
  await bus.publish(subjects.proposal(batchIdOf(1, 1)), encodeMessage({ entries: [{ taskId }] }));
  for (const operator of operators) await bus.publish(subjects.cosignature(batchIdOf(1, 1), operator), text('c'));
  const { phases, traffic } = await readStreams(bus, network, positions);
  const times = phases.get(taskId);
  // The ninth of twelve observations is the third of the last role; the proposal comes after the twelfth.
  expect(times?.observed).toBe(9);
  expect(times?.proposed).toBe(4);
  expect(times?.cosigned).toBe(3);
  expect(traffic.find(({ stream }) => stream === 'TASKS')).toEqual({ stream: 'TASKS', messages: 1, bytes: 4 });
  expect(traffic.find(({ stream }) => stream === 'OBSERVATIONS')?.messages).toBe(12);
});

it('a task without a proposal has no phases', async () => {
  const bus = tickingBus();
  const positions = await streamPositions(bus);
  await bus.publish(subjects.task(taskId), text('task'));
  expect((await readStreams(bus, network, positions)).phases.size).toBe(0);
});

it('bare JetStream gets the messages that were counted, and as many readers', () => {
  const pace = { operators: 4, aggregators: 2, batchWaitMs: 10, concurrency: 64, profileDir: undefined };
  const traffic = [
    { stream: 'TASKS', messages: 1, bytes: 3_000 },
    { stream: 'PROPOSALS', messages: 0.5, bytes: 6_000 },
    { stream: 'REPORTS', messages: 0, bytes: 0 },
  ] as const;
  expect(loadsOf(traffic, pace, 7)).toEqual([
    { stream: 'TASKS', perUnit: 1, bytes: 3_000, workers: 12, followers: 2 },
    { stream: 'PROPOSALS', perUnit: 0.5, bytes: 12_000, workers: 4, followers: 3 },
    expect.objectContaining({ stream: 'CONTENT', perUnit: 8 }),
  ]);
});

it('a bar holds at its figure, and is missed beyond it', () => {
  const spread = (value: number) => spreadOf([value, value, value]);
  const figures = (p50: number, verdicts: number) => ({
    mode: 'well',
    latency: [
      {
        tasksPerSecond: 20,
        tasks: 1,
        p50Ms: spread(p50),
        p99Ms: spread(1_000),
        phasesMs: { observed: 0, proposed: 0, cosigned: 0 },
      },
    ],
    sustained: {
      reportsPerSecond: spread(1),
      verdictsPerSecond: spread(verdicts),
      reportsPerBatch: 1,
      processorMsPerReport: undefined,
      traffic: [],
    },
  });
  expect(barsOf([figures(150, 500)]).map(({ held }) => held)).toEqual([true, true, true]);
  expect(barsOf([figures(150.01, 499.99)]).map(({ held }) => held)).toEqual([false, true, false]);
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 });
});
