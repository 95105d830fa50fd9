/** An epoch changes while tasks are under way: weights change, one operator leaves, another joins. */
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleMeasurements, exampleObservation } from '@assay/protocol/network/example-network';
import { rolesOf } from '@assay/protocol/policy/policy';
import { describe, expect, it } from 'vitest';
import { gather, violationsOf } from './invariants.ts';
import { drawPlan, type OperatorPlan, type Plan } from './plan.ts';
import { SeededRandom } from './seeded-random.ts';
import { type Intruder, type SimRun, simulate } from './simulation.ts';
import { fairWeather } from './weather.ts';

/** The nightly run has more than `npm test`. */
const runs = process.env.TEST_SCOPE === 'whole' ? 60 : 3;
const wanted = process.env.SIM_SEED;
const seeds = wanted === undefined ? Array.from({ length: runs }, (_, index) => `epoch-${index + 1}`) : [wanted];

const startsMs = 5_000;
const graceMs = 60_000;
const handoverMs = startsMs + graceMs / 2;

/** The fourth operator leaves with the new epoch, and the fifth joins. */
const operators: readonly OperatorPlan[] = [100n, 100n, 100n, 100n, 0n].map((weight) => ({
  weight,
  conduct: 'honest',
  replicas: 1,
}));

const plan: Plan = {
  seed: 'epochs',
  operators,
  aggregators: 2,
  hasLyingAggregator: false,
  tasks: Array.from({ length: 12 }, () => ['good', 'wrong']),
  tasksWithinMs: 2 * handoverMs,
  deadlineMs: 10_000,
  batchReportsMax: 256,
  confirmations: 1,
  weather: fairWeather,
  nextEpoch: { atMs: startsMs, graceMs, weights: [150n, 50n, 100n, 0n, 100n] },
};

/** How many reports each epoch has, and the verdicts of all. */
async function outcomeOf(run: SimRun) {
  const { reports } = await gather(run);
  const [first, second] = run.network.networks.map(({ epoch }) => reports.filter((one) => one.epoch === epoch).length);
  const verdicts = new Set(reports.map(({ results }) => results.map(({ verdict }) => verdict).join(' ')));
  return { first, second, verdicts: [...verdicts] };
}

/** Everything of the first epoch again, once the second takes the tasks; and lies about these in the name of the first. */
const resendAll: Intruder = async (network, tasks) => {
  const { clearBus, clock, example } = network;
  await clock.sleep(handoverMs + 5_000);
  for (const stream of ['OBSERVATIONS', 'COSIGNATURES', 'PROPOSALS'] as const) {
    const last = await clearBus.lastSequence(stream);
    for (let after = 0; ; ) {
      const message = await clearBus.next(stream, 'assay.v1.>', after);
      if (message === undefined || message.sequence > last) break;
      after = message.sequence;
      await clearBus.publish(message.subject, message.data);
    }
  }
  const left = 3;
  for (const { task } of tasks) {
    for (const role of rolesOf(example.policy)) {
      const measurements = task.submissions.map(() => exampleMeasurements.reject);
      const lie = exampleObservation(example, task, role, left, measurements);
      await clearBus.publish(subjects.observation(task.taskId, role, lie.operator), encodeMessage(lie));
    }
  }
};

describe('a new epoch while tasks are under way', () => {
  it('certifies each task once, in the epoch that takes it, with the verdicts of an unchanged epoch', async () => {
    const run = await simulate(plan);
    expect(await violationsOf(run)).toEqual([]);
    const { first, second, verdicts } = await outcomeOf(run);
    expect(verdicts).toEqual(['accept reject']);
    expect(first).toBeGreaterThan(2);
    expect(second).toBeGreaterThan(2);
    expect((await gather(run)).letters).toEqual([]);
  });

  it('does so though the operator that leaves stops at once', async () => {
    const run = await simulate(plan, async ({ clock, processes }) => {
      await clock.sleep(startsMs);
      for (const process of processes) if (process.name.endsWith(' 3.0')) await process.stop();
    });
    expect(await violationsOf(run)).toEqual([]);
    expect((await outcomeOf(run)).verdicts).toEqual(['accept reject']);
  });

  it('counts nothing of the old epoch that liars send again, nor what they say of new tasks in its name', async () => {
    const run = await simulate(plan, resendAll);
    expect(await violationsOf(run)).toEqual([]);
    expect((await outcomeOf(run)).verdicts).toEqual(['accept reject']);
  });
});

describe('a new epoch under random seeds', () => {
  it.each(seeds)('seed %s', async (seed) => {
    const drawn = drawPlan(seed);
    const random = new SeededRandom(`${seed}/epoch`);
    const graceMs = 240_000;
    const atMs = random.integer(0, 20_000);
    const weights = drawn.operators.map(({ weight, conduct }) => (conduct === 'honest' ? weight + 25n : weight));
    const changing: Plan = {
      ...drawn,
      tasks: Array.from({ length: 4 }, () => ['good', 'wrong']),
      tasksWithinMs: 160_000,
      weather: { ...drawn.weather, calmAfterMs: 160_000 },
      nextEpoch: { atMs, graceMs, weights },
    };
    expect(await violationsOf(await simulate(changing)), `SIM_SEED=${seed} repeats this run`).toEqual([]);
  });
});
