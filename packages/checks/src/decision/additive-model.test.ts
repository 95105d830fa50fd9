import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AdditiveModel, addedBy, modelIn, parametersOf, rejectProbability, sharesOf } from './additive-model.ts';

const model: AdditiveModel = {
  base: -3_000,
  terms: [
    { feature: 'generic', side: 'above', edge: 2_000, adds: 1_500 },
    { feature: 'support', side: 'below', edge: 6_000, adds: 4_000 },
    { feature: 'support', side: 'below', edge: 8_000, adds: 900 },
  ],
};
const points = fc.integer({ min: 0, max: 10_000 });

describe('rejectProbability', () => {
  it('is the base without evidence, and rises with each term', () => {
    const good = { generic: 0, support: 10_000 };
    expect(rejectProbability(model, good)).toBe(474);
    expect(rejectProbability(model, { ...good, generic: 3_000 })).toBe(953);
    expect(rejectProbability(model, { generic: 9_000, support: 0 })).toBe(9_675);
    expect(rejectProbability(model, {})).toBe(474);
  });

  it('never falls when a feature says more against the answer, and is a whole number from 0 to 10,000', () => {
    fc.assert(
      fc.property(points, points, points, points, (generic, support, more, less) => {
        const before = rejectProbability(model, { generic, support });
        const after = rejectProbability(model, { generic: Math.max(generic, more), support: Math.min(support, less) });
        expect(after).toBeGreaterThanOrEqual(before);
        expect(Number.isInteger(before) && before >= 0 && before <= 10_000).toBe(true);
      }),
    );
  });

  it('moves little when a feature moves by a point, so that rounding decides nothing', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999 }), (support) => {
        const [here, next] = [support, support + 1].map((value) =>
          rejectProbability(model, { generic: 0, support: value }),
        );
        expect(Math.abs((here ?? 0) - (next ?? 0))).toBeLessThanOrEqual(60);
      }),
    );
  });

  it('is symmetric and never ends below or above its range, however large the log-odds', () => {
    for (const base of [-1_000_000, -10_000, -137, 0, 137, 10_000, 1_000_000]) {
      const [low, high] = [base, -base].map((one) => rejectProbability({ base: one, terms: [] }, {}));
      expect((low ?? 0) + (high ?? 0)).toBe(10_000);
    }
  });
});

describe('sharesOf', () => {
  it('gives what each feature adds, the largest first', () => {
    expect(sharesOf(model, { generic: 9_000, support: 0 })).toEqual([
      ['support', 4_900],
      ['generic', 1_500],
    ]);
    expect(sharesOf(model, { generic: 0, support: 10_000 })).toEqual([]);
  });

  it('is nothing of a term at its edge, and rises in proportion up to the whole of it', () => {
    const values = [0, 500, 501, 1_500, 2_500, 10_000];
    const above = values.map((a) => addedBy({ feature: 'a', side: 'above', edge: 500, adds: 1_000 }, { a }));
    expect(above).toEqual([0, 0, 0, 500, 1_000, 1_000]);
    expect(addedBy({ feature: 'a', side: 'below', edge: 2_500, adds: 1_000 }, { a: 500 })).toBe(1_000);
    expect(addedBy({ feature: 'a', side: 'below', edge: 2_500, adds: 1_000 }, { a: 2_500 })).toBe(0);
  });
});

describe('parameters', () => {
  it('give the model back', () => {
    const parameters = parametersOf(model, 'decision');
    expect(parameters['decision.support.below.6000']).toBe(4_000);
    const found = modelIn({ ...parameters, agreementMin: 1, 'pair.cosine': 2 }, 'decision');
    fc.assert(
      fc.property(points, points, (generic, support) => {
        expect(rejectProbability(found ?? { base: 0, terms: [] }, { generic, support })).toBe(
          rejectProbability(model, { generic, support }),
        );
      }),
    );
    expect(modelIn({ 'pair.cosine': 2 }, 'decision')).toBeUndefined();
  });
});
