import { describe, expect, it } from 'vitest';
import { contradictionFeatureNames } from '../facts/contradiction.ts';
import { contradictionHeadOf } from '../facts/contradiction-head.ts';
import { testPolicy } from '../text/test-task.ts';
import { budgetOf, fitHeads, withParameters } from './calibrate.ts';

const allowed = { falseReject: 0.01, undecided: 0.06 };

describe('fitHeads', () => {
  it('fits the contradiction head from features and leaves out what has no examples', () => {
    const features = (value: number) =>
      contradictionFeatureNames.map((name) => (name === 'numberReplaced' ? value : 0.5));
    const contradictions = [0, 0.1, 0.2, 0.8, 0.9, 1].map((value) => ({
      features: features(value),
      positive: value > 0.5,
    }));
    const fitted = fitHeads({ answers: [], contradictions, decisions: [], cuts: [], facts: [] }, allowed);
    expect(fitted.embedding).toEqual({});
    const head = contradictionHeadOf(withParameters(testPolicy(), fitted));
    expect(head?.weights[contradictionFeatureNames.indexOf('numberReplaced')]).toBeGreaterThan(0);
    expect(fitHeads({ answers: [], contradictions: [], decisions: [], cuts: [], facts: [] }, allowed).semantic).toEqual(
      {},
    );
  });
});

describe('budgetOf', () => {
  it('divides what is allowed among the borders of short answers, and among those of long ones, and never gives more', () => {
    const doubts = (borders: readonly Parameters<typeof budgetOf>[1][]): number =>
      borders.reduce((sum, border) => sum + budgetOf(allowed, border).doubt, 0);
    expect(doubts(['longAnswers', 'cutAnswers', 'longFacts'])).toBeCloseTo(0.04);
    expect(doubts(['shortAnswers', 'contradictions'])).toBeCloseTo(0.058);
    expect(budgetOf({ falseReject: 0.01, undecided: 0 }, 'longAnswers')).toEqual({ reject: 0.001, doubt: 0.001 });
  });
});

describe('withParameters', () => {
  it('replaces the whole of a head, so that no coefficient of an old one is left', () => {
    const old = withParameters(testPolicy(), { embedding: { 'pair.gone': 1, agreementMin: 3_000 }, semantic: {} });
    const { parameters } = withParameters(old, { embedding: { 'pair.cosine': 2 }, semantic: {} }).roles.embedding;
    expect(parameters).toEqual({ agreementMin: 3_000, 'pair.cosine': 2 });
  });
});
