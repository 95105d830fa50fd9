/** Scripted attacks by a lying aggregator, while the honest one is down: each task is still certified once. */
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleCertifiedReport, exampleObservations } from '@assay/protocol/network/example-network';
import { describe, expect, it } from 'vitest';
import { violationsOf } from './invariants.ts';
import type { Plan } from './plan.ts';
import { observationsOf, propose, whileDown } from './proposals.ts';
import { type Intruder, simulate } from './simulation.ts';
import { fairWeather } from './weather.ts';

const plan: Plan = {
  seed: 'gap',
  operators: Array.from({ length: 4 }, () => ({ weight: 100n, conduct: 'honest', replicas: 1 })),
  aggregators: 1,
  hasLyingAggregator: false,
  tasks: [['good'], ['wrong']],
  tasksWithinMs: 0,
  deadlineMs: 5_000,
  batchReportsMax: 256,
  confirmations: 1,
  weather: fairWeather,
};

/** Publishes an invalid report, and then a forged one, on the subject of a task's report. */
const forgeReport: Intruder = async ({ clearBus, example, witness }, [first]) => {
  if (first === undefined) return;
  const { task } = first;
  const subject = subjects.report(task.taskId);
  const forged = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
  for (const message of [{ version: 1 }, forged]) {
    const published = await clearBus.publish(subject, encodeMessage(message));
    if (published.status === 'stored') witness.forgedReports.add(published.sequence);
  }
};

/** A proposal of the first task, then one of both: the second must claim nothing beyond the first. */
const overlapping = whileDown(async (network, tasks) => {
  await propose(network, tasks.slice(0, 1), 4);
  await propose(network, tasks, 4);
});

/**
 * A proposal of a task whose report is published and of one that is waiting: the waiting task must not wait for this
 * proposal.
 */
const afterwards: Intruder = async (network, tasks) => {
  const { clearBus, clock } = network;
  while ((await clearBus.lastSequence('REPORTS')) === 0) await clock.sleep(100);
  const isOut = await Promise.all(
    tasks.map(async ({ task }) => (await clearBus.last('REPORTS', subjects.report(task.taskId))) !== undefined),
  );
  const inOrder = [...tasks].sort((a, b) => Number(isOut[tasks.indexOf(b)]) - Number(isOut[tasks.indexOf(a)]));
  await whileDown(async () => {
    const [, open] = inOrder;
    while (open !== undefined && (await observationsOf(network, open.task, 4)).length < 12) await clock.sleep(100);
    await propose(network, inOrder, 4);
  })(network, tasks);
};

/** A proposal of the first task after the deadline, with the observations of the first operators only. */
const afterTheDeadline = (operators: number): Intruder =>
  whileDown(async (network, tasks) => {
    await network.clock.sleep(30_000 + plan.deadlineMs);
    await propose(network, tasks.slice(0, 1), operators);
  });

describe('a lying aggregator', () => {
  it('pauses the honest one, which prevents no report', async () => {
    expect(
      await violationsOf(
        await simulate(
          plan,
          whileDown(async () => undefined),
        ),
      ),
    ).toEqual([]);
  });

  it.each([
    ['proposes a task again with others: a refused proposal keeps no task of its own', overlapping],
    ['proposes what no operator cosigns: aggregators do not wait for it', afterwards],
    ['publishes what is no report: it does not take the place of the true one', forgeReport],
    ['publishes what is no report before an aggregator starts', whileDown(forgeReport)],
    ['leaves half of the operators out after the deadline: none cosigns it', afterTheDeadline(2)],
    ['leaves one operator out after the deadline: that one cosigns it too', afterTheDeadline(3)],
  ])('%s', async (_, intruder) => {
    expect(await violationsOf(await simulate({ ...plan, tasksWithinMs: 30_000 }, intruder))).toEqual([]);
  });
});
