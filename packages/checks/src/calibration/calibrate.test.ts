import { describe, expect, it } from 'vitest';
import { contradictionFeatureNames } from '../facts/contradiction.ts';
import { contradictionHeadOf } from '../facts/contradiction-head.ts';
import { testPolicy } from '../text/test-task.ts';
import { fitHeads, withParameters } from './calibrate.ts';

describe('fitHeads', () => {
  it('fits the contradiction head from features and leaves out what has no examples', () => {
    const features = (value: number) =>
      contradictionFeatureNames.map((name) => (name === 'numberReplaced' ? value : 0.5));
    const contradictions = [0, 0.1, 0.2, 0.8, 0.9, 1].map((value) => ({
      features: features(value),
      positive: value > 0.5,
    }));
    const fitted = fitHeads({ answers: [], contradictions, decisions: [] }, 0.01);
    expect(fitted.embedding).toEqual({});
    const head = contradictionHeadOf(withParameters(testPolicy(), fitted));
    expect(head?.weights[contradictionFeatureNames.indexOf('numberReplaced')]).toBeGreaterThan(0);
    expect(fitHeads({ answers: [], contradictions: [], decisions: [] }, 0.01).semantic).toEqual({});
  });
});

describe('withParameters', () => {
  it('replaces the whole of a head, so that no coefficient of an old one is left', () => {
    const old = withParameters(testPolicy(), { embedding: { 'pair.gone': 1, agreementMin: 3_000 }, semantic: {} });
    const { parameters } = withParameters(old, { embedding: { 'pair.cosine': 2 }, semantic: {} }).roles.embedding;
    expect(parameters).toEqual({ agreementMin: 3_000, 'pair.cosine': 2 });
  });
});
