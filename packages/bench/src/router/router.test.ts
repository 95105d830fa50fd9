/** The bench of the Router at its smallest, on a network of processes: in the nightly run. */
import { expect, it } from 'vitest';
import { measureRouter } from './router.ts';

it.runIf(process.env.TEST_SCOPE === 'whole')(
  'measures the gateway beside a bare handler, and the Router beside a miner',
  async () => {
    const signal = AbortSignal.timeout(120_000);
    const figures = await measureRouter({ rounds: 1, requests: 50, clients: 4, questions: 3, signal });
    const { bare, gateway, share, answers } = figures;
    for (const { perSecond, p50Ms, p99Ms, refused } of [bare, gateway]) {
      expect(perSecond.median).toBeGreaterThan(0);
      expect(p99Ms.median).toBeGreaterThanOrEqual(p50Ms.median);
      expect(refused).toBe(0);
    }
    expect(share).toBeCloseTo(gateway.perSecond.median / bare.perSecond.median, 1);
    for (const { least } of Object.values(answers)) expect(least).toBeGreaterThanOrEqual(200);
  },
);
