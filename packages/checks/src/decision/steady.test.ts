import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amongDrawn, middleOf } from './steady.ts';

const values = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 4, maxLength: 12 });

describe('middleOf', () => {
  it('is the mean of the middle half', () => {
    expect(middleOf([])).toBe(0);
    expect(middleOf([3, 1])).toBe(2);
    expect(middleOf([0, 10, 20, 1_000])).toBe(15);
    expect(middleOf([9, 0, 3, 1_000, 4, 5, 6, 2])).toBe(4.5);
  });

  it('moves by less than half of the range when one value comes or goes, where a median may jump over all of it', () => {
    fc.assert(
      fc.property(values, (all) => {
        const range = Math.max(...all) - Math.min(...all);
        expect(Math.abs(middleOf(all) - middleOf(all.slice(1)))).toBeLessThanOrEqual(range / 2 + 1e-6);
      }),
    );
    expect(Math.abs(middleOf([0, 0, 0, 1_000, 1_000]) - middleOf([0, 0, 1_000, 1_000]))).toBeLessThan(400);
  });

  it('is not moved at all by what a quarter of the values say', () => {
    expect(middleOf([1, 2, 3, 4, 5, 6, 7, 1_000_000])).toBe(middleOf([1, 2, 3, 4, 5, 6, 7, 8]));
  });
});

describe('amongDrawn', () => {
  it('is the value of the rank of three, and its mean over all choices of three', () => {
    expect(amongDrawn([9, 5, 1], 2)).toBe(5);
    expect(amongDrawn([9, 5], 2)).toBe(5);
    expect(amongDrawn([9], 2)).toBe(0);
    // Of 9, 5, 3, 1: the second of (9 5 3), (9 5 1), (9 3 1), (5 3 1).
    expect(amongDrawn([9, 5, 3, 1], 2)).toBe((5 + 5 + 3 + 3) / 4);
  });

  it('rises by no single value', () => {
    expect(amongDrawn([10_000, 0, 0, 0, 0, 0], 2)).toBe(0);
  });
});
