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

/** How many reports each epoch has, and the verdicts of all and of the second. */
async function outcomeOf(run: SimRun) {
  const { reports } = await gather(run);
  const [first = [], second = []] = run.network.networks.map(({ epoch }) =>
    reports.filter((one) => one.epoch === epoch),
  );
  const verdictsIn = (some: typeof reports) => [
    ...new Set(some.map(({ results }) => results.map(({ verdict }) => verdict).join(' '))),
  ];
  return {
    first: first.length,
    second: second.length,
    verdicts: verdictsIn(reports),
    verdictsOfSecond: verdictsIn(second),
  };
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

/** Four operators that leave with the first epoch, and four that come with the second. */
const disjoint: Plan = {
  ...plan,
  seed: 'left over',
  operators: Array.from({ length: 8 }, (_, index) => ({
    weight: index < 4 ? 100n : 0n,
    conduct: 'honest',
    replicas: 1,
  })),
  tasks: Array.from({ length: 8 }, () => ['good', 'wrong']),
  tasksWithinMs: handoverMs,
  nextEpoch: { atMs: startsMs, graceMs, weights: [0n, 0n, 0n, 0n, 100n, 100n, 100n, 100n] },
};
/** When the second epoch takes over what the first has left: half of the grace period after that is over. */
const takenOverMs = startsMs + (3 * graceMs) / 2;
const patience = { timeout: 180_000 };

/** Two operators of the first epoch stop, so that nothing is certified in it any more. */
const stopTwo: Intruder = async ({ clock, processes }) => {
  await clock.sleep(15_000);
  for (const process of processes) if (/ [23]\.0$/.test(process.name)) await process.stop();
};

/** Somebody asks the second epoch for every task as if it were left over, again and again. */
const askForAll: Intruder = async (network, tasks) => {
  const [, second] = network.networks;
  const leftOver = tasks.map(({ task }) => task.taskId);
  await network.clock.sleep(takenOverMs + 1_000);
  for (let times = 0; times < 5; times++) {
    const question = encodeMessage({ epoch: second?.epoch ?? 0, leftOver });
    await network.clearBus.publish(subjects.leftOver, question);
    await network.clock.sleep(20_000);
  }
};

/** What honest operators observed in an epoch that another one has certified. */
async function observedElsewhere(run: SimRun): Promise<string[]> {
  const { reports, network } = await gather(run);
  const epochOf = new Map(reports.map(({ task, epoch }) => [task.taskId, epoch]));
  const [first] = network.networks;
  return network.witness.observations
    .filter(({ epoch, taskId }) => epochOf.get(taskId) === first?.epoch && epoch !== first?.epoch)
    .map(({ operator, taskId }) => `${operator} observed ${taskId}`);
}

describe('tasks that an epoch has left over', () => {
  it('are certified in the next one, with the verdicts of an unchanged epoch', patience, async () => {
    const run = await simulate(disjoint, stopTwo);
    expect(await violationsOf(run)).toEqual([]);
    const { first, second, verdicts } = await outcomeOf(run);
    expect(verdicts).toEqual(['accept reject']);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(0);
    expect((await gather(run)).letters).toEqual([]);
  });

  it('are told from certified ones by sets that share no operator, whoever asks for them', patience, async () => {
    const attack: Intruder = async (...network) => {
      await Promise.all([stopTwo(...network), askForAll(...network), resendAll(...network)]);
    };
    const run = await simulate(disjoint, attack);
    expect(await violationsOf(run)).toEqual([]);
    expect((await outcomeOf(run)).second).toBeGreaterThan(0);
    expect(await observedElsewhere(run)).toEqual([]);
    expect((await gather(run)).letters.some(({ code }) => code === 'not-left-over')).toBe(true);
  });

  it.each([
    ['within the time that they have', 30_000, 'accept reject'],
    ['for longer, which leaves them undecided', 180_000, 'abstain abstain'],
  ])('wait while the bus hides the old proposals %s, and operators say why', patience, async (_, forMs, expected) => {
    const hidesLogUntilMs = takenOverMs + forMs;
    const adversaries = { broker: 0, cache: 0, content: 0, hidesLogUntilMs };
    const seeNobodyObserve: Intruder = async ({ clock, networks: [first], witness }) => {
      await clock.sleep(hidesLogUntilMs - 1_000);
      expect(witness.observations.filter(({ epoch }) => epoch !== first?.epoch)).toEqual([]);
    };
    const run = await simulate({ ...disjoint, deadlineMs: 120_000, adversaries }, async (...network) => {
      await Promise.all([stopTwo(...network), askForAll(...network), seeNobodyObserve(...network)]);
    });
    expect(await violationsOf(run)).toEqual([]);
    expect(await observedElsewhere(run)).toEqual([]);
    const { second, verdictsOfSecond } = await outcomeOf(run);
    expect(second).toBeGreaterThan(0);
    expect(verdictsOfSecond).toEqual([expected]);
    expect((await gather(run)).letters.some(({ code }) => code === 'batch-unexplained')).toBe(true);
  });

  it('are taken over by aggregators that start after the old epoch is over', patience, async () => {
    const run = await simulate(disjoint, async (network, tasks) => {
      await stopTwo(network, tasks);
      const aggregators = network.processes.filter(({ name }) => name.startsWith('aggregator'));
      await network.clock.sleep(handoverMs - network.clock.elapsedMs);
      for (const one of aggregators) one.crash();
      for (const cache of network.caches) cache.flush();
      await network.clock.sleep(startsMs + graceMs + 1_000 - network.clock.elapsedMs);
      for (const one of aggregators) one.start();
    });
    expect(await violationsOf(run)).toEqual([]);
    expect((await outcomeOf(run)).second).toBeGreaterThan(0);
  });

  it.each(seeds)('are certified once, whatever the bus hides and repeats: seed %s', patience, async (seed) => {
    const drawn = drawPlan(seed);
    const random = new SeededRandom(`${seed}/left over`);
    const run = await simulate(
      {
        ...disjoint,
        seed,
        aggregators: drawn.aggregators,
        batchReportsMax: drawn.batchReportsMax,
        operators: disjoint.operators.map((one, index) => ({
          ...one,
          // One liar in each set.
          conduct: index % 4 === 0 ? random.pick(['silent', 'lying', 'equivocating'] as const) : 'honest',
        })),
        weather: { ...drawn.weather, chainDownMs: [0, 0], calmAfterMs: takenOverMs + 60_000 },
        adversaries: { broker: random.pick([0.1, 0.4]), cache: 0.3, content: 0 },
      },
      async (network, tasks) => {
        await network.clock.sleep(random.integer(0, handoverMs));
        for (const process of network.processes) if (/ [12]\.\d$/.test(process.name)) process.crash();
        await askForAll(network, tasks);
      },
    );
    expect(await violationsOf(run), `SIM_SEED=${seed} repeats this run`).toEqual([]);
    expect(await observedElsewhere(run)).toEqual([]);
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
