/** A release with another check replaces the running one, replica by replica, with the epoch that its policy is for. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { methodDigest } from '@assay/protocol/policy/policy';
import { describe, expect, it } from 'vitest';
import { gather, violationsOf } from './invariants.ts';
import type { SimNetwork } from './network.ts';
import { drawPlan, type OperatorPlan, type Plan } from './plan.ts';
import { type Intruder, type SimRun, simulate } from './simulation.ts';
import { fairWeather } from './weather.ts';

const runs = process.env.TEST_SCOPE === 'whole' ? 30 : 2;
const wanted = process.env.SIM_SEED;
const seeds = wanted === undefined ? Array.from({ length: runs }, (_, index) => `upgrade-${index + 1}`) : [wanted];

const newChecks: Hex = `0x${'a2'.repeat(32)}`;
const startsMs = 5_000;
const graceMs = 60_000;
const stormGraceMs = 240_000;

const operators: readonly OperatorPlan[] = Array.from({ length: 4 }, () => ({
  weight: 100n,
  conduct: 'honest',
  replicas: 2,
}));

const plan: Plan = {
  seed: 'upgrade',
  operators,
  aggregators: 2,
  hasLyingAggregator: false,
  tasks: Array.from({ length: 16 }, () => ['good', 'wrong']),
  tasksWithinMs: startsMs + graceMs + 20_000,
  deadlineMs: 20_000,
  batchReportsMax: 256,
  confirmations: 1,
  weather: fairWeather,
  nextEpoch: { atMs: startsMs, graceMs, weights: operators.map(({ weight }) => weight), checksDigest: newChecks },
};

/** Validators of a place among the replicas of each operator and role. */
const validators = ({ processes }: SimNetwork, replica: number, operator = '\\d') =>
  processes.filter(({ name }) => new RegExp(`^\\w+ ${operator}\\.${replica}$`).test(name));

/** Replaces processes by those of the new release, one after another. */
async function roll(network: SimNetwork, processes: SimNetwork['processes'], pauseMs = 500): Promise<void> {
  for (const process of processes) {
    if (process.isUp) await process.stop();
    network.releases.set(process.name, newChecks);
    process.start();
    await network.clock.sleep(pauseMs);
  }
}

/** As docs/operate.md says: half of the replicas once the epoch has started, the others when the grace period is over. */
const asDocumented: Intruder = async (network) => {
  const { clock } = network;
  const overMs = startsMs + (network.plan.nextEpoch?.graceMs ?? 0);
  await clock.sleep(startsMs + 2_000);
  await roll(network, validators(network, 0));
  await clock.sleep(overMs + 1_000 - clock.elapsedMs);
  await roll(network, validators(network, 1));
};

async function outcomeOf(run: SimRun) {
  const { reports } = await gather(run);
  const [first, second] = run.network.networks.map(({ epoch }) => reports.filter((one) => one.epoch === epoch));
  const abstained = reports.filter(({ results }) => results.some(({ verdict }) => verdict === 'abstain'));
  return { first: first ?? [], second: second ?? [], abstained };
}

/** Observations that are not by the method of their epoch. */
function mixed({ network }: SimRun): unknown[] {
  return network.witness.observations.filter(({ epoch, role, methodDigest: stated }) => {
    const members = network.networks.find((one) => one.epoch === epoch);
    return members === undefined || methodDigest(role, network.policyOf(members)) !== stated;
  });
}

describe('an upgrade that changes a check', () => {
  it('loses nothing, doubles nothing, and abstains on nothing, as documented', async () => {
    const run = await simulate(plan, asDocumented);
    expect(await violationsOf(run)).toEqual([]);
    expect(mixed(run)).toEqual([]);
    const { first, second, abstained } = await outcomeOf(run);
    expect(abstained).toEqual([]);
    expect(first.length).toBeGreaterThan(4);
    expect(second.length).toBeGreaterThan(4);
    expect((await gather(run)).letters).toEqual([]);
  });

  it('abstains on what only the old release could judge, and mixes nothing, if half of the operators are too early', async () => {
    const tooEarly: Intruder = async (network) => {
      const early = [0, 1].flatMap((replica) => validators(network, replica, '[01]'));
      await Promise.all([roll(network, early, 0), asDocumented(network, [])]);
    };
    const run = await simulate({ ...plan, deadlineMs: 5_000 }, tooEarly);
    expect(await violationsOf(run)).toEqual([]);
    expect(mixed(run)).toEqual([]);
    const { first, second, abstained } = await outcomeOf(run);
    expect(abstained.length).toBe(first.length);
    expect(second.flatMap(({ results }) => results.map(({ verdict }) => verdict))).not.toContain('abstain');
  });

  it.each(seeds)('holds every invariant in bad weather: seed %s', async (seed) => {
    const { weather } = drawPlan(seed);
    const stormy: Plan = {
      ...plan,
      seed,
      tasks: plan.tasks.slice(0, 8),
      tasksWithinMs: startsMs + stormGraceMs,
      weather: { ...weather, calmAfterMs: 150_000 },
      nextEpoch: { atMs: startsMs, graceMs: stormGraceMs, weights: [100n, 100n, 100n, 100n], checksDigest: newChecks },
    };
    const run = await simulate(stormy, asDocumented);
    expect(await violationsOf(run), `SIM_SEED=${seed} repeats this run`).toEqual([]);
    expect(mixed(run)).toEqual([]);
  });
});
