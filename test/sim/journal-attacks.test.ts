/** Attacks on what an operator remembers: without its own journal each succeeds, with it none. */
import { describe, expect, it } from 'vitest';
import { noAdversaries } from './hostile-ports.ts';
import { violationsOf } from './invariants.ts';
import type { Plan } from './plan.ts';
import { propose, whileDown } from './proposals.ts';
import { type Intruder, type SimRun, simulate } from './simulation.ts';
import { fairWeather } from './weather.ts';

const plan: Plan = {
  seed: 'journal',
  operators: Array.from({ length: 4 }, () => ({ weight: 100n, conduct: 'honest', replicas: 2 })),
  aggregators: 1,
  hasLyingAggregator: false,
  tasks: Array.from({ length: 6 }, () => ['good', 'wrong']),
  tasksWithinMs: 10_000,
  deadlineMs: 20_000,
  batchReportsMax: 256,
  confirmations: 1,
  weather: { ...fairWeather, calmAfterMs: 30_000 },
};

/** A proposal of the first task with all observations, and another one with those of three operators. */
const secondBatch: Intruder = whileDown(async (network, tasks) => {
  await network.clock.sleep(15_000);
  await propose(network, tasks.slice(0, 1), 4);
  await network.clock.sleep(1_000);
  await propose(network, tasks.slice(0, 1), 3);
});

/** Who signed different measurements of one task as one role. */
function signedTwice({ network }: SimRun): string[] {
  const first = new Map<string, string>();
  return network.witness.observations.flatMap(({ taskId, role, operator, measurements }) => {
    const key = `${operator} as ${role} on ${taskId}`;
    const earlier = first.get(key) ?? measurements;
    first.set(key, earlier);
    return earlier === measurements ? [] : [key];
  });
}

async function kindsOf(attack: Plan, intruder?: Intruder): Promise<string[]> {
  const violations = await violationsOf(await simulate(attack, intruder));
  return [...new Set(violations.map((violation) => violation.split(':', 1)[0] ?? ''))];
}

describe('an operator whose broker and content store attack it', () => {
  const attack: Plan = { ...plan, adversaries: { broker: 0.4, cache: 0.9, content: 0.4 } };

  it('own observation hidden and one blob withheld: signs one observation', async () => {
    const run = await simulate(attack);
    expect(await violationsOf(run)).toEqual([]);
    expect(signedTwice(run)).toEqual([]);
  });

  it('signs two without its journal, which proves the attack; not even these are slashable', async () => {
    const run = await simulate({ ...attack, keepsJournals: false });
    expect(signedTwice(run)).not.toEqual([]);
    expect(await violationsOf(run)).toEqual([]);
  });
});

describe('operators whose claims nobody shows them', () => {
  it('claims hidden: second batch gets no certificate', async () => {
    expect(await kindsOf(plan, secondBatch)).toEqual([]);
  });

  it('cosign the second batch without their journals, which proves the attack', async () => {
    expect(await kindsOf({ ...plan, keepsJournals: false }, secondBatch)).toContain(
      'no honest operator cosigns a task in two batches of an epoch',
    );
  });
});

describe('a Redis that answers anything', () => {
  it('changes no verdict', async () => {
    const attack: Plan = { ...plan, adversaries: { ...noAdversaries, cache: 0.9 } };
    expect(await kindsOf(attack)).toEqual([]);
  });
});
