import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

const backoff = { firstMs: 100, maxMs: 1_500 };

describe('backoffMs', () => {
  it('doubles up to the bound, and is the same every time', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 10_000].map((failures) => backoffMs(backoff, failures))).toEqual([
      100, 100, 200, 400, 800, 1_500, 1_500, 1_500,
    ]);
  });

  it('grows by another factor where it is told to', () => {
    expect(backoffMs({ ...backoff, growth: 1.25 }, 3)).toBe(156.25);
  });

  it('jitters over the whole pause, and never beyond it', () => {
    expect([0, 0.5, 1].map((drawn) => backoffMs(backoff, 3, () => drawn))).toEqual([0, 200, 400]);
    fc.assert(
      fc.property(fc.nat(), fc.double({ min: 0, max: 1, noNaN: true }), (failures, drawn) => {
        const pauseMs = backoffMs(backoff, failures, () => drawn);
        expect(pauseMs).toBeGreaterThanOrEqual(0);
        expect(pauseMs).toBeLessThanOrEqual(backoffMs(backoff, failures));
      }),
    );
  });
});
