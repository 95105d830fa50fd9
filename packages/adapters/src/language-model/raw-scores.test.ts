import { expect, it } from 'vitest';
import { type RawToken, scoresOfText, tokensOfText } from './raw-scores.ts';

const tokens = (...texts: string[]): RawToken[] => texts.map((text) => ({ text, logprob: -1, likeliest: [-0.5, -1] }));

it.each<[string, RawToken[], string, number | undefined]>([
  ['the whole text', tokens('user', '\n', 'The', ' end'), 'The end', 2],
  ['an empty text', tokens('a'), '', 0],
  ['a first token that begins in the context', tokens('x', ':The', ' end', '.'), 'The end.', 2],
  ['bytes of one character in tokens without text', tokens('?', 'caf', '', '', ' au lait'), 'café au lait', 4],
  ['another text', tokens('The', ' start'), 'The end', undefined],
  ['a token too few', tokens('end'), 'The very long end of it', undefined],
  ['a text of other than ASCII with tokens without text', tokens('', '', ''), '終わり', undefined],
])('finds the tokens of a text: %s', (_, all, text, count) => {
  expect(tokensOfText(all, text)?.length).toBe(count);
});

it('does not take a number that is not one', () => {
  for (const logprob of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, null, 0.1])
    expect(scoresOfText([{ text: 'a', logprob, likeliest: [] }], 'a', 2)).toEqual({
      ok: false,
      fault: 'impossible-numbers',
    });
});

it('does not take a token that is likelier than the likeliest, or chances of more than a whole', () => {
  const one = { text: 'a', logprob: -0.3, likeliest: [-0.5, -2] };
  expect(scoresOfText([one], 'a', 2)).toMatchObject({ fault: 'impossible-numbers' });
  expect(scoresOfText([{ ...one, logprob: -0.5, likeliest: [-0.5, -0.6] }], 'a', 2)).toMatchObject({ ok: false });
  expect(scoresOfText([{ ...one, logprob: -0.5 }], 'a', 1)).toEqual({
    ok: true,
    value: [{ logprob: -500, likeliest: [-500] }],
  });
});
