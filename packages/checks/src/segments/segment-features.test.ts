import { describe, expect, it } from 'vitest';
import { segmentFeaturesOf } from './segment-features.ts';

/** Segments of four texts by their closest in each other text: text 3 ends with something of its own. */
const closest = (a: number, b: number): number[] => {
  if (a === 3) return [0.8, 0.7, b === 0 ? 0.9 : 0.1];
  return [0.8, 0.6, 0.7];
};

describe('segmentFeaturesOf', () => {
  it('sees the segment that only one other text supports', () => {
    const alike = segmentFeaturesOf(0, [1, 2, 3], closest);
    const odd = segmentFeaturesOf(3, [0, 1, 2], closest);
    expect(alike).toMatchObject({ secondMean: 7_000, secondMin: 6_000, secondLast: 6_500, medianMean: 7_000 });
    expect(odd).toMatchObject({ secondMin: 1_000, medianMin: 1_000, secondLast: 4_000, secondFirst: 7_500 });
    expect(odd.coverMean).toBe(7_000);
  });

  it('does not depend on the order of the others', () => {
    expect(segmentFeaturesOf(3, [2, 0, 1], closest)).toEqual(segmentFeaturesOf(3, [0, 1, 2], closest));
  });

  it('is 0 without others or segments', () => {
    expect(Object.values(segmentFeaturesOf(0, [], closest)).every((value) => value === 0)).toBe(true);
    expect(Object.values(segmentFeaturesOf(0, [1], () => [])).every((value) => value === 0)).toBe(true);
  });
});
