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

describe('fitBorders', () => {
  it('keeps the allowed share of rejected honest submissions in each data file, and uses it', () => {
    const borders = fitBorders({ samples, policy, falseReject: 0.01 });
    for (const data of ['even', 'odd']) {
      const rates = ratesAt(
        samples.filter((one) => one.data === data),
        borders,
      );
      expect(rates.falseReject.wrong).toBeLessThanOrEqual(2);
    }
    const { falseAccept, falseReject } = ratesAt(samples, borders);
    expect(falseReject.wrong).toBeGreaterThan(0);
    expect(falseAccept.share).toBeLessThan(0.15);
  });

  it('accepts no more attacks when it may reject more honest submissions', () => {
    const accepted = [0, 0.02, 0.2].map(
      (falseReject) => ratesAt(samples, fitBorders({ samples, policy, falseReject })).falseAccept.wrong,
    );
    expect([...accepted].sort((a, b) => b - a)).toEqual(accepted);
    expect(accepted[0]).toBeGreaterThan(accepted[2] ?? 0);
  });

  it('does not depend on the order of the samples', () => {
    const forth = fitBorders({ samples, policy, falseReject: 0.01 });
    expect(fitBorders({ samples: [...samples].reverse(), policy, falseReject: 0.01 })).toEqual(forth);
  });

  it('places a threshold in the middle of a gap', () => {
    const few = [sample(0, 'honest', 8_000, { number: 1_000 }), sample(0, 'swapped', 6_000, {})];
    const { embeddingMin } = fitBorders({ samples: few, policy, falseReject: 0 });
    expect(embeddingMin).toBe(7_000);
    const usual = [sample(0, 'honest', 8_000, {}), sample(0, 'swapped', 4_000, {})];
    expect(fitBorders({ samples: usual, policy, falseReject: 0 }).embeddingMin).toBe(5_000);
  });

  it('moves no threshold for honest submissions that flags reject anyway', () => {
    const echoed = Array.from({ length: 20 }, (_, index) => sample(2 * index, 'honest', 9_000, { echo: 10_000 }));
    const borders = fitBorders({ samples: [...samples, ...echoed], policy, falseReject: 0.01 });
    expect(ratesAt(echoed, borders).falseReject.wrong).toBe(20);
    expect(ratesAt(honest, borders).falseReject.wrong).toBeLessThanOrEqual(4);
  });

  it('refuses data without an honest submission', () => {
    expect(() => fitBorders({ samples: far, policy, falseReject: 0.01 })).toThrow(RangeError);
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
    const open = withBorders(policy, { embeddingMin: 0, semanticMin: 0, conflictMin: 10_001 });
    expect(verdictAt(one, policy, policy)).toBe('reject');
    expect(verdictAt(one, policy, open)).toBe('accept');
    expect(verdictAt({ ...one, measurements }, policy, open)).toBe('abstain');
  });
});
