import { flagWord } from '@assay/protocol/observation/flag';
import { describe, expect, it } from 'vitest';
import { semanticMeasurement } from '../semantic/semantic-check.ts';
import type { SemanticEvidence } from '../semantic/semantic-evidence.ts';
import { semanticThresholds } from '../semantic/semantic-thresholds.ts';
import { testPolicy } from '../text/test-task.ts';
import { errorRatesOf } from './error-rate.ts';
import { type Borders, type CalibrationSample, fitBorders, verdictAt, withBorders } from './fit-borders.ts';

const base = testPolicy();
const policy = {
  ...base,
  roles: { ...base.roles, semantic: { ...base.roles.semantic, rejectFlags: ['number-conflict', 'echo'] } },
};
const clean: SemanticEvidence = {
  supported: 9_000,
  consensus: 9_000,
  prompt: 9_000,
  generic: 0,
  loose: 0,
  truncated: 0,
  repetition: 0,
  echo: 0,
  refusal: 0,
  salad: 0,
  injection: 0,
  judge: 0,
  exfiltration: 0,
  foreign: 0,
  number: 0,
  name: 0,
  negation: 0,
  statedNumber: 0,
  statedName: 0,
  longNumber: 0,
  longName: 0,
  longNegation: 0,
  schema: 0,
  statedNegation: 0,
  format: 0,
  language: 0,
};

function sample(
  index: number,
  label: string,
  embedding: number,
  changes: Partial<SemanticEvidence>,
): CalibrationSample {
  const evidence = { ...clean, ...changes };
  return {
    data: index % 2 === 0 ? 'even' : 'odd',
    task: `task-${index % 50}`,
    label,
    measurements: {
      checksum: { score: 10_000, flags: 0 },
      embedding: { score: embedding, flags: 0 },
      semantic: semanticMeasurement(evidence, semanticThresholds(policy)),
    },
    evidence,
  };
}

const honest = Array.from({ length: 400 }, (_, index) =>
  sample(index, 'honest', 5_500 + index * 10, { number: ((index * 37) % 400) * 20 }),
);
const far = Array.from({ length: 40 }, (_, index) => sample(index, 'swapped', 2_000 + index * 100, {}));
const wrong = Array.from({ length: 40 }, (_, index) =>
  sample(index, 'wrong_number', 9_000, { number: 7_700 + index * 50 }),
);
const samples = [...honest, ...far, ...wrong];

const ratesAt = (some: readonly CalibrationSample[], borders: Borders) =>
  errorRatesOf(
    some.map((one) => ({ label: one.label, verdict: verdictAt(one, policy, withBorders(policy, borders)) })),
  );

const budget = { reject: 0.01, doubt: 0.05 };

describe('fitBorders', () => {
  it('keeps both shares of the budget in each data file, and uses them', () => {
    const borders = fitBorders(samples, budget);
    for (const data of ['even', 'odd']) {
      const own = samples.filter((one) => one.data === data);
      expect(ratesAt(own, borders).falseReject.wrong).toBeLessThanOrEqual(2);
    }
    const beyond = honest.filter(({ evidence }) => (evidence?.number ?? 0) >= borders.conflictDoubtMin);
    expect(beyond.length).toBeGreaterThan(4);
    expect(beyond.length).toBeLessThanOrEqual(20);
    expect(ratesAt(samples, borders).falseReject.wrong).toBeGreaterThan(0);
    expect(ratesAt(wrong, borders).falseAccept.wrong).toBeLessThan(5);
  });

  it('accepts no more attacks when more honest submissions may be left undecided', () => {
    const accepted = [0.01, 0.05, 0.2].map(
      (doubt) => ratesAt(wrong, fitBorders(samples, { reject: 0.01, doubt })).falseAccept.wrong,
    );
    expect([...accepted].sort((a, b) => b - a)).toEqual(accepted);
    expect(accepted[0]).toBeGreaterThan(accepted[2] ?? 0);
  });

  it('does not depend on the order of the samples', () => {
    expect(fitBorders([...samples].reverse(), budget)).toEqual(fitBorders(samples, budget));
  });

  it('draws no border where the honest submissions are too few to promise anything', () => {
    expect(fitBorders(honest.slice(0, 10), { reject: 0.01, doubt: 0.05 })).toEqual({
      conflictMin: 10_001,
      conflictDoubtMin: 10_001,
    });
  });

  it('refuses data without an honest submission', () => {
    expect(() => fitBorders(far, budget)).toThrow(RangeError);
  });
});

describe('verdictAt', () => {
  it('keeps flags that do not come from the evidence', () => {
    const one = sample(0, 'honest', 9_000, { number: 9_000 });
    const thin = flagWord('semantic', ['too-few-submissions']);
    const measurements = {
      ...one.measurements,
      semantic: { ...one.measurements.semantic, flags: (one.measurements.semantic.flags | thin) >>> 0 },
    };
    const open = withBorders(policy, { conflictDoubtMin: 10_001, conflictMin: 10_001 });
    expect(verdictAt(one, policy, policy)).toBe('reject');
    expect(verdictAt(one, policy, open)).toBe('accept');
    expect(verdictAt({ ...one, measurements }, policy, open)).toBe('abstain');
    const doubted = withBorders(policy, { conflictDoubtMin: 8_000, conflictMin: 9_500 });
    expect(verdictAt(one, policy, doubted)).toBe('abstain');
  });
});
