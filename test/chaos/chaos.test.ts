/** A short chaos run; the whole one is `npm run test:chaos`. */
import { expect, it } from 'vitest';
import { runChaos } from './chaos-run.ts';

const faults = process.env.TEST_SCOPE === 'whole' ? 30 : 15;
const plan = { seed: 'short', faults, everyMs: 200, patienceMs: 120_000, epochSeconds: 60 };

it(`seed ${plan.seed}, ${plan.faults} faults: 0 stuck, 0 lost, 0 doubled reports`, async () => {
  const { tasks, stuck, lost, doubled } = await runChaos(plan);
  expect(tasks).toBeGreaterThan(0);
  expect({ stuck, lost, doubled }).toEqual({ stuck: [], lost: [], doubled: [] });
});
