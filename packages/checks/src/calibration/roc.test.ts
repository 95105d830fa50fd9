import { describe, expect, it } from 'vitest';
import { aucInterval, aucOf, rocOf, wilsonInterval } from './roc.ts';

describe('aucOf', () => {
  it('is 1 for a perfect score, 0 for its opposite, half for equal scores', () => {
    expect(aucOf([1, 2, 3, 4], [false, false, true, true])).toBe(1);
    expect(aucOf([4, 3, 2, 1], [false, false, true, true])).toBe(0);
    expect(aucOf([5, 5, 5, 5], [false, true, false, true])).toBe(0.5);
  });

  it('counts ties half', () => {
    expect(aucOf([1, 2, 2, 3], [false, false, true, true])).toBe(0.875);
  });

  it('is 0.5 if one side is missing, and refuses lists of different lengths', () => {
    expect(aucOf([1, 2], [true, true])).toBe(0.5);
    expect(() => aucOf([1], [])).toThrow(RangeError);
  });
});

describe('rocOf', () => {
  it('goes from accepting all to accepting none', () => {
    expect(rocOf([1, 2, 2, 3], [false, false, true, true])).toEqual([
      { scoreMin: 1, falseAcceptShare: 1, falseRejectShare: 0 },
      { scoreMin: 2, falseAcceptShare: 0.5, falseRejectShare: 0 },
      { scoreMin: 3, falseAcceptShare: 0, falseRejectShare: 0.5 },
      { scoreMin: 4, falseAcceptShare: 0, falseRejectShare: 1 },
    ]);
  });
});

describe('wilsonInterval', () => {
  it('gives the known interval of 1 in 100', () => {
    const { low, high } = wilsonInterval(1, 100);
    expect([low.toFixed(4), high.toFixed(4)]).toEqual(['0.0018', '0.0545']);
  });

  it('is 0 to 1 without trials, and stays within 0 and 1', () => {
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 });
    expect(wilsonInterval(0, 9).low).toBe(0);
    expect(wilsonInterval(9, 9).high).toBe(1);
  });
});

describe('aucInterval', () => {
  it('gives the interval of 0.893 over 58 and 51', () => {
    const { low, high } = aucInterval(0.893, 58, 51);
    expect([low.toFixed(3), high.toFixed(3)]).toEqual(['0.832', '0.954']);
  });

  it('is 0 to 1 if one side is missing', () => {
    expect(aucInterval(0.5, 10, 0)).toEqual({ low: 0, high: 1 });
  });
});
