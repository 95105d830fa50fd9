import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rejectProbability } from '../decision/additive-model.ts';
import { conformalBorder, crossFitted, type DecisionSample, fitAdditive } from './additive-fit.ts';

/** Numbers that look random and are the same each time. */
const noise = (index: number): number => (index * 7_919) % 1_000;
const samples: DecisionSample[] = Array.from({ length: 400 }, (_, index) => {
  const isBad = index % 4 === 0;
  return {
    isBad,
    group: `task-${index % 80}`,
    features: { support: (isBad ? 3_000 : 7_000) + 3 * noise(index), noise: 10 * noise(index + 13) },
  };
});
const sides = { support: 'below', noise: 'above' } as const;

describe('fitAdditive', () => {
  it('finds the feature that tells, and adds only where it speaks against the answer', () => {
    const model = fitAdditive(samples, sides);
    const at = (support: number): number => rejectProbability(model, { support, noise: 0 });
    expect(at(3_500)).toBeGreaterThan(8_000);
    expect(at(9_500)).toBeLessThan(500);
    expect(model.terms.every(({ adds, edge }) => adds > 0 && Number.isInteger(adds) && Number.isInteger(edge))).toBe(
      true,
    );
    const weightOf = (feature: string): number =>
      model.terms.filter((term) => term.feature === feature).reduce((sum, { adds }) => sum + adds, 0);
    expect(weightOf('support')).toBeGreaterThan(3 * weightOf('noise'));
  });

  it('gives the same for the same', () => {
    expect(fitAdditive(samples, sides)).toEqual(fitAdditive(samples, sides));
  });

  it('does not learn a feature that speaks the other way', () => {
    const model = fitAdditive(samples, { support: 'above' });
    const [bad, good] = [3_500, 8_000].map((support) => rejectProbability(model, { support }));
    expect((good ?? 0) - (bad ?? 0)).toBeLessThan(500);
  });

  it('refuses examples of one kind', () => {
    expect(() =>
      fitAdditive(
        samples.filter(({ isBad }) => isBad),
        sides,
      ),
    ).toThrow(RangeError);
  });
});

describe('crossFitted', () => {
  it('judges each example by a model that has not seen its task', () => {
    // A label that only the task's name tells cannot be learned across tasks.
    const byTask = samples.map((one, index) => ({ ...one, features: { support: 10 * noise(index), noise: 0 } }));
    const found = crossFitted(byTask, sides, 5);
    const mean = (isBad: boolean): number => {
      const own = found.filter((_, at) => byTask[at]?.isBad === isBad);
      return own.reduce((sum, value) => sum + value, 0) / own.length;
    };
    expect(Math.abs(mean(true) - mean(false))).toBeLessThan(1_000);
    const told = crossFitted(samples, sides, 5);
    expect(told.filter((value, at) => value > 5_000 === samples[at]?.isBad).length).toBeGreaterThan(380);
  });
});

describe('conformalBorder', () => {
  it('lets no larger share of the same values reach it than is wanted', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1, maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        (values, percent) => {
          const border = conformalBorder(values, percent / 100);
          const reached = values.filter((value) => value >= border).length;
          expect(reached).toBeLessThanOrEqual((percent / 100) * (values.length + 1));
        },
      ),
    );
  });

  it('rejects nothing where there are too few values to promise anything', () => {
    expect(conformalBorder([1, 2, 3], 0.01)).toBe(10_001);
    expect(
      conformalBorder(
        Array.from({ length: 99 }, (_, index) => index),
        0.01,
      ),
    ).toBe(99);
  });
});
