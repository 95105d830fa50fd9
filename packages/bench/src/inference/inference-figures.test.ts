import { expect, it } from 'vitest';
import { inferenceRows } from './inference-figures.ts';
import { honestKind } from './inference-plan.ts';
import type { BenchText } from './inference-texts.ts';

/** A text of 140 tokens of which so many are not the most likely ones. */
const text = (kind: string, index: number, misses: number): BenchText => ({
  kind,
  claimedAt: 0,
  index,
  text: '',
  tokens: Array.from({ length: 140 }, (_, at) => ({ logprob: at < misses ? -2_000 : -100, likeliest: [-100, -2_000] })),
});

it('compares each kind with the texts of the claimed model, by length and number of answers', () => {
  const texts = Array.from({ length: 12 }, (_, index) => [
    text(honestKind, index, index % 2),
    text('other', index, 30),
  ]);
  const rows = inferenceRows(texts.flat(), 16);
  const row = (kind: string, tokens: number, answers: number) =>
    rows.find((one) => one.kind === kind && one.tokens === tokens && one.answers === answers);
  expect(row('other', 140, 1)).toMatchObject({ honest: 12, others: 12, auc: 1, aucPlain: 1 });
  expect(row('other', 140, 1)?.rejected).toMatchObject({ count: 12, of: 12 });
  expect(row('other', 140, 1)?.answersUntilAlarm).toBe(1);
  expect(row(honestKind, 140, 1)).toMatchObject({
    auc: 0.5,
    rejected: { count: 0, of: 12 },
    answersUntilAlarm: undefined,
  });
  expect(row('other', 140, 8)?.auc).toBe(1);
  expect(rows.filter(({ kind }) => kind === 'other').map(({ tokens, answers }) => `${tokens}/${answers}`)).toEqual([
    '35/1',
    '70/1',
    '140/1',
    '140/2',
    '140/4',
    '140/8',
  ]);
});
