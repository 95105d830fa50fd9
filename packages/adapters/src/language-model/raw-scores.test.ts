import fc from 'fast-check';
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
  ['fewer tokens than its characters can be cut into', tokens('', '', ''), '終わり', undefined],
  ['mostly other than ASCII, cut characters without text', tokens('?', '', '', 'わ', '', '', ''), '終わり', 6],
  ['mostly other than ASCII, cut characters as U+FFFD', tokens(':', '\uFFFD', '\uFFFDわ\uFFFD', '\uFFFD'), '終わり', 3],
  ['cut characters before whole ones of their kind', tokens('>', '終', '', '', '終'), '終終終', 4],
  ['a first character that is cut in the context', tokens('>\uFFFD', '\uFFFDわ', 'り'), '終わり', 2],
  ['emoji of two characters in JavaScript', tokens('>', '\uFFFD', '\uFFFD', '\uFFFD', ' ok'), '😀 ok', 4],
  ['U+FFFD itself', tokens('>', '\uFFFD', '\uFFFD!'), '\uFFFD\uFFFD!', 2],
  ['other characters than its own', tokens('?', '', '', 'わ', '', '', ''), '終れり', undefined],
  ['ASCII that is missing', tokens('?', '終', '', 'り'), '終xり', undefined],
  ['two whole characters that are missing', tokens('?', '終', 'り'), '終わらり', undefined],
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

/** Tokens of a text's bytes, cut anywhere, as servers decode each for itself. */
function cut(text: string, lengths: readonly number[], cutAs: string): RawToken[] {
  const bytes = Buffer.from(text);
  const parts: string[] = [];
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const length = lengths[turn % lengths.length] ?? 1;
    parts.push(bytes.toString('utf8', at, at + length).replaceAll('\uFFFD', cutAs));
    at += length;
  }
  return tokens('<user>', ...parts);
}

it.each(['', '\uFFFD'])('finds the tokens of any text whose bytes are cut anywhere, with "%s" for parts', (cutAs) => {
  const character = fc.constantFrom('a', ' ', 'é', '終', 'わ', '😀');
  const lengths = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 9 });
  fc.assert(
    fc.property(fc.array(character, { minLength: 1, maxLength: 40 }), lengths, (characters, sizes) => {
      const all = cut(characters.join(''), sizes, cutAs);
      const found = tokensOfText(all, characters.join(''))?.length;
      expect(found).toBe(all.length - 1);
    }),
  );
});

it('gives up a run of cut characters that is too long to search', () => {
  const all = tokens('終', ...Array.from({ length: 4_500 }, () => ''));
  expect(tokensOfText(all, '終'.repeat(5_000))).toBeUndefined();
  expect(tokensOfText(all, '終'.repeat(4_000))).toHaveLength(4_501);
});
