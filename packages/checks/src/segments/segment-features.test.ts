import { describe, expect, it } from 'vitest';
import { type ClosestSegment, segmentFeaturesOf } from './segment-features.ts';

/** Segments of four texts by their closest in each other text: text 3 ends with something of its own. */
const closest = (a: number, b: number): ClosestSegment[] => {
  if (a === 3) return inOrder([0.8, 0.7, b === 0 ? 0.9 : 0.1]);
  return inOrder([0.8, 0.6, 0.7]);
};

/** Segments that are closest to those in the same place of the other text. */
function inOrder(cosines: readonly number[]): ClosestSegment[] {
  return cosines.map((cosine, at) => ({ cosine, place: at / (cosines.length - 1) }));
}

/** Texts 1 to 3 have four segments each; text 0 is the first half of one. */
const withHalf = (a: number, b: number): ClosestSegment[] => {
  if (a === 0) return inOrder([0.8, 0.8]).map(({ cosine }, at) => ({ cosine, place: at / 3 }));
  return inOrder(b === 0 ? [0.8, 0.8, 0.3, 0.2] : [0.8, 0.8, 0.8, 0.8]);
};

describe('segmentFeaturesOf', () => {
  it('sees the segment that only one other text supports', () => {
    const alike = segmentFeaturesOf(0, [1, 2, 3], closest);
    const odd = segmentFeaturesOf(3, [0, 1, 2], closest);
    expect(alike.secondLast).toBe(6_500);
    expect(odd).toMatchObject({ secondLast: 4_000, coverLast: 6_500 });
  });

  it('sees that an answer lacks the end of the others', () => {
    const half = segmentFeaturesOf(0, [1, 2, 3], withHalf);
    const whole = segmentFeaturesOf(1, [0, 2, 3], withHalf);
    expect(half).toMatchObject({ furthestPlace: 3_333, coverLast: 2_500 });
    expect(half.missedTail).toBeGreaterThan(10_000 - 1);
    expect(whole).toMatchObject({ furthestPlace: 10_000 });
    expect(whole.missedTail).toBeLessThanOrEqual(5_000);
  });

  it('does not depend on the order of the others', () => {
    expect(segmentFeaturesOf(3, [2, 0, 1], closest)).toEqual(segmentFeaturesOf(3, [0, 1, 2], closest));
  });

  it('is 0, and as much missing at the end as before, without others or segments', () => {
    for (const none of [segmentFeaturesOf(0, [], closest), segmentFeaturesOf(0, [1], () => [])]) {
      const { missedTail, ...rest } = none;
      expect(missedTail).toBe(5_000);
      expect(Object.values(rest).every((value) => value === 0)).toBe(true);
    }
  });
});
