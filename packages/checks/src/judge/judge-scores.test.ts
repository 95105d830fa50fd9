import { expect, it } from 'vitest';
import { judgeScores } from './judge-scores.ts';

const answers = (sum: number, honest: number, bad: number) => [
  ...Array.from({ length: honest }, () => ({ sum, isHonest: true })),
  ...Array.from({ length: bad }, () => ({ sum, isHonest: false })),
];

it('gives each sum the share of honest answers, never less than a lower sum', () => {
  const scores = judgeScores([...answers(2, 0, 5), ...answers(10, 4, 2), ...answers(12, 2, 3), ...answers(20, 4, 0)]);
  expect(scores).toHaveLength(21);
  expect(scores.toSorted((a, b) => a - b)).toEqual(scores);
  expect([scores[0], scores[2], scores[9], scores[10], scores[12], scores[20]]).toEqual([
    0, 0, 0, 5_455, 5_455, 10_000,
  ]);
});

it('has one score for all where nothing is known, and where the judge grades the wrong way round', () => {
  expect(new Set(judgeScores([]))).toEqual(new Set([0]));
  expect(new Set(judgeScores([...answers(0, 3, 0), ...answers(20, 0, 3)]))).toEqual(new Set([5_000]));
});
