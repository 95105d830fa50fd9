/** What a copycat earns: accepted observations are those in certified reports. */
import { limits } from '@assay/protocol/limits';
import { unpackMeasurements } from '@assay/protocol/observation/measurement';
import { describe, expect, it } from 'vitest';
import { gather, violationsOf } from './invariants.ts';
import type { Plan } from './plan.ts';
import { type SimRun, simulate } from './simulation.ts';
import { fairWeather, type Weather } from './weather.ts';

const tasks = 8;
const plan: Plan = {
  seed: 'copy-cat',
  operators: (['honest', 'copying', 'honest', 'honest'] as const).map((conduct) => ({
    weight: 100n,
    conduct,
    replicas: 1,
  })),
  aggregators: 1,
  hasLyingAggregator: false,
  tasks: Array.from({ length: tasks }, (_, index) => [index % 3 === 0 ? 'wrong' : 'good', 'good']),
  tasksWithinMs: 30_000,
  deadlineMs: 20_000,
  batchReportsMax: 256,
  confirmations: 1,
  weather: fairWeather,
};
const few = plan.tasks.slice(0, 3);
const slow: Weather = { ...fairWeather, calmAfterMs: 600_000, delayMsMax: 60 };
const copyCat = 1;

/** Accepted observations of each operator, in the order of the plan. */
async function earned(run: SimRun): Promise<number[]> {
  const { reports } = await gather(run);
  const signers = reports.flatMap(({ observations }) => observations.map(({ operator }) => operator));
  return run.network.example.operators.map(({ address }) => signers.filter((one) => one === address).length);
}

describe('a copycat', () => {
  it('earns most of what an honest operator earns when observations are published at once', async () => {
    const run = await simulate(plan);
    expect(await violationsOf(run)).toEqual([]);
    const [honest = 0, copied = 0] = await earned(run);
    expect(copied).toBeGreaterThan(honest / 2);
  });

  it.each([
    ['in fair weather', fairWeather],
    ['where messages take a while', slow],
  ])('earns less than a tenth where operators pledge first, %s', async (_, weather) => {
    const run = await simulate({ ...plan, weather, commitMs: 2_000 });
    expect(await violationsOf(run)).toEqual([]);
    const all = await earned(run);
    const honest = all.filter((_, index) => index !== copyCat);
    expect(Math.min(...honest)).toBeGreaterThan(tasks);
    expect(all[copyCat]).toBeLessThan(Math.min(...honest) / 10);
  });
});

describe('operators that pledge first', () => {
  it('do not wait for the end of the phase once all have pledged', async () => {
    const operators = plan.operators.map((one) => ({ ...one, conduct: 'honest' as const }));
    const run = await simulate({ ...plan, operators, tasks: few, tasksWithinMs: 0, commitMs: 15_000 });
    expect(await violationsOf(run)).toEqual([]);
    expect(run.tookMs).toBeLessThan(10_000);
    expect(new Set(await earned(run)).size).toBe(1);
  });

  it('show what they pledged to, whichever replica does, through crashes and an empty cache', async () => {
    const weather: Weather = {
      ...slow,
      calmAfterMs: 40_000,
      crashEveryMs: 700,
      lostAnswer: 0.1,
      failure: 0.05,
      twice: 0.2,
    };
    const operators = plan.operators.map((one) => ({ ...one, conduct: 'honest' as const, replicas: 2 }));
    // The phase outlasts the storm, and the wait until what a crashed replica held comes again: an operator that cannot
    // read the content in time signs its absence, without a salt.
    const commitMs = weather.calmAfterMs + limits.ackWaitMs + 10_000;
    const run = await simulate({ ...plan, operators, weather, tasks: few, commitMs, deadlineMs: commitMs + 40_000 });
    expect(await violationsOf(run)).toEqual([]);
    const { reports } = await gather(run);
    expect(reports).toHaveLength(few.length);
    for (const { observations, results } of reports)
      for (const { measurements, salt } of observations) {
        expect(salt).toBeDefined();
        expect(unpackMeasurements(measurements, results.length).ok).toBe(true);
      }
  });
});
