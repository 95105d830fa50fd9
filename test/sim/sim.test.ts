/** Whole networks of honest and lying operators in seeded bad weather, held against one list of invariants. */
import { describe, expect, it } from 'vitest';
import { gather, violationsOf } from './invariants.ts';
import { drawPlan, type OperatorPlan, type Plan } from './plan.ts';
import { simulate } from './simulation.ts';
import { fairWeather } from './weather.ts';

const runs = 60;
const seeds = process.env['SIM_SEED'] === undefined ? Array.from({ length: runs }, (_, index) => `sim-${index + 1}`) : [process.env['SIM_SEED']];

describe('networks of random seeds', () => {
  it.each(seeds)('seed %s', async (seed) => {
    const plan = drawPlan(seed);
    const violations = await violationsOf(await simulate(plan));
    expect(violations, `SIM_SEED=${seed} repeats this run of ${describePlan(plan)}`).toEqual([]);
  });
});

function describePlan(plan: Plan): string {
  return JSON.stringify(plan, (_, value) => (typeof value === 'bigint' ? Number(value) : value));
}
