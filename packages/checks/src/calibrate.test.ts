import { describe, expect, it } from 'vitest';
import { type CalibrationSample, calibrate, fitHeads, withParameters } from './calibrate.ts';
import { contradictionFeatureNames } from './contradiction.ts';
import { contradictionHeadOf } from './contradiction-head.ts';
import { testPolicy } from './test-task.ts';

const sample = (index: number, label: string, embedding: number, semantic: number): CalibrationSample => ({
  task: `task-${index % 50}`,
  label,
  measurements: {
    checksum: { score: 10_000, flags: 0 },
    embedding: { score: embedding, flags: 0 },
    semantic: { score: semantic, flags: 0 },
  },
});
const honest = Array.from({ length: 500 }, (_, index) =>
  sample(index, 'honest', 6_000 + index * 8, 7_000 + ((index * 37) % 500) * 6),
);
const attacks = Array.from({ length: 100 }, (_, index) => sample(index, 'swapped', 3_000 + index * 31, 9_000));
const samples = [...honest, ...attacks];

describe('calibrate', () => {
  it('keeps to the share of honest submissions that may be rejected, and uses it', () => {
    const found = calibrate({ samples, policy: testPolicy(), falseReject: 0.01 });
    expect(found.inSample.falseReject.share).toBeLessThanOrEqual(0.01);
    expect(found.embeddingScoreMin).toBeGreaterThanOrEqual(6_000);
    expect(found.inSample.falseAccept.share).toBeLessThan(0.05);
    expect(found.expected.falseReject.count).toBe(500);
    expect(found.policy.roles.embedding.acceptScoreMin).toBe(found.embeddingScoreMin);
    expect(found.policy.version).toBe(2);
  });

  it('accepts fewer attacks the more honest ones it may reject', () => {
    const shares = [0, 0.02, 0.2].map(
      (falseReject) => calibrate({ samples, policy: testPolicy(), falseReject }).inSample.falseAccept.share,
    );
    expect([...shares].sort((a, b) => b - a)).toEqual(shares);
  });

  it('does not depend on the order of the samples', () => {
    const forth = calibrate({ samples, policy: testPolicy(), falseReject: 0.01 });
    expect(calibrate({ samples: [...samples].reverse(), policy: testPolicy(), falseReject: 0.01 })).toEqual(forth);
  });

  it('refuses data without an honest submission', () => {
    expect(() => calibrate({ samples: attacks, policy: testPolicy(), falseReject: 0.01 })).toThrow(RangeError);
  });
});

describe('fitHeads', () => {
  it('fits the contradiction head from features and leaves out what has no examples', () => {
    const features = (value: number) =>
      contradictionFeatureNames.map((name) => (name === 'numberReplaced' ? value : 0.5));
    const fitted = fitHeads(
      [],
      [0, 0.1, 0.2, 0.8, 0.9, 1].map((value) => ({ features: features(value), positive: value > 0.5 })),
    );
    expect(fitted.embedding).toEqual({});
    const head = contradictionHeadOf(withParameters(testPolicy(), fitted));
    expect(head?.weights[contradictionFeatureNames.indexOf('numberReplaced')]).toBeGreaterThan(0);
    expect(fitHeads([], []).semantic).toEqual({});
  });
});
