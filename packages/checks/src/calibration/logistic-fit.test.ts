import { describe, expect, it } from 'vitest';
import { fitLogistic, logisticOf } from './logistic-fit.ts';

const samples = Array.from({ length: 200 }, (_, index) => {
  const x = (index % 20) / 10 - 1;
  const noise = ((index * 7) % 11) / 11 - 0.5;
  return { features: [x, noise, 3], positive: x + 0.2 * noise > 0.1 };
});

describe('fitLogistic', () => {
  it('finds the relevant feature, in integers', () => {
    const model = fitLogistic(samples);
    expect([model.intercept, ...model.weights].every(Number.isSafeInteger)).toBe(true);
    expect(model.weights[0]).toBeGreaterThan(3_000_000);
    expect(Math.abs(model.weights[1] ?? 0)).toBeLessThan(model.weights[0] ?? 0);
    expect(model.weights[2]).toBe(0);
    const right = samples.filter(({ features, positive }) => logisticOf(model, features) > 0.5 === positive).length;
    expect(right / samples.length).toBeGreaterThan(0.95);
  });

  it('gives the same model for the same samples', () => {
    expect(fitLogistic(samples)).toEqual(fitLogistic(samples));
  });

  it('pulls weights towards 0 by the ridge, also for separable classes', () => {
    const plain = [-2, -1, 1, 2].map((x) => ({ features: [x], positive: x > 0 }));
    const loose = fitLogistic(plain, { ridge: 0.1 }).weights[0] ?? 0;
    const tight = fitLogistic(plain, { ridge: 10 }).weights[0] ?? 0;
    expect(loose).toBeGreaterThan(tight);
    expect(tight).toBeGreaterThan(0);
  });

  it('refuses samples of one class, of different lengths, and with invalid numbers', () => {
    expect(() => fitLogistic([{ features: [1], positive: true }])).toThrow(RangeError);
    expect(() =>
      fitLogistic([
        { features: [1], positive: true },
        { features: [], positive: false },
      ]),
    ).toThrow(RangeError);
    expect(() =>
      fitLogistic([
        { features: [Number.NaN], positive: true },
        { features: [1], positive: false },
      ]),
    ).toThrow(RangeError);
  });
});
