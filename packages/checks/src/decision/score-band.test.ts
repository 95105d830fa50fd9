import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptScore, bandScore, undecidedScore } from './score-band.ts';

const band = { acceptMax: 1_000, rejectAbove: 4_000 };

describe('bandScore', () => {
  it('is at each border what the policy states there', () => {
    expect([0, 1_000, 4_000, 10_000].map((doubt) => bandScore(doubt, band))).toEqual([
      10_000,
      acceptScore,
      undecidedScore,
      0,
    ]);
    expect(bandScore(1_001, band)).toBeLessThan(acceptScore);
    expect(Math.round(bandScore(4_001, band))).toBeLessThan(undecidedScore);
  });

  it('leaves nothing undecided where both borders are the same', () => {
    const one = { acceptMax: 3_000, rejectAbove: 3_000 };
    expect(bandScore(3_000, one)).toBe(acceptScore);
    expect(bandScore(3_001, one)).toBeLessThan(undecidedScore);
  });

  it('never rises with the doubt, and stays in its range, for any borders', () => {
    const points = fc.integer({ min: 0, max: 10_001 });
    fc.assert(
      fc.property(points, points, points, points, (acceptMax, rejectAbove, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)].map((doubt) =>
          bandScore(Math.min(10_000, doubt), { acceptMax, rejectAbove }),
        );
        expect(low).toBeGreaterThanOrEqual(high ?? 0);
        expect(low).toBeLessThanOrEqual(10_000);
        expect(high).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
