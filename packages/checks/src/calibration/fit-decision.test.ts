import { describe, expect, it } from 'vitest';
import type { DecisionSample } from './additive-fit.ts';
import { curveShares, fitCutDecision, undecidedCurves } from './fit-decision.ts';

/** Honest answers and halves: some honest ones look like a half, and some halves do not. */
const cuts: DecisionSample[] = Array.from({ length: 500 }, (_, at) => {
  const isBad = at % 5 === 0;
  const looksCut = isBad ? at % 25 !== 0 : at % 16 === 1;
  const features = { missedTail: looksCut ? 6_000 + (at % 7) * 40 : 4_900 + (at % 7) * 20 };
  return { features, isBad, group: `task ${at}`, ...(isBad ? { label: 'half' } : {}) };
});

describe('fitCutDecision', () => {
  it('gives a model and two borders, of which a budget moves the milder one', () => {
    const few = fitCutDecision(cuts, { reject: 0.002, doubt: 0.01 });
    const many = fitCutDecision(cuts, { reject: 0.002, doubt: 0.1 });
    expect(Object.keys(few).some((name) => name.startsWith('cut.missedTail.above.'))).toBe(true);
    expect(many.cutProbabilityMax).toBeLessThan(few.cutProbabilityMax ?? 0);
    expect(many.cutProbabilityAbove).toBe(few.cutProbabilityAbove);
    expect(few.cutProbabilityMax).toBeLessThanOrEqual(few.cutProbabilityAbove ?? 0);
  });

  it('gives nothing with too few examples', () => {
    expect(fitCutDecision(cuts.slice(0, 100), { reject: 0.01, doubt: 0.01 })).toEqual({});
  });
});

describe('undecidedCurves', () => {
  it('accepts fewer bad answers the more honest ones may be left undecided', () => {
    const [curve, ...more] = undecidedCurves({ decisions: [], cuts, facts: [] });
    expect(more).toEqual([]);
    expect(curve).toMatchObject({ decision: 'cut', label: 'half', of: 100 });
    const accepted = curve?.accepted ?? [];
    expect(accepted).toHaveLength(curveShares.length);
    expect(accepted).toEqual([...accepted].sort((a, b) => b - a));
    expect(accepted.at(-1)).toBe(20);
  });
});
