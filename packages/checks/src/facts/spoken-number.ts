/** Numbers that English texts spell out, up to the millions: "sixty-eight", "nineteen ninety-four", "two hundred and five". */
import type { Token } from '../text/text-profile.ts';

const listed = (text: string, first: number, step: number): [string, number][] =>
  text.split(' ').map((word, index) => [word, first + index * step]);

const small = new Map<string, number>([
  ...listed('one two three four five six seven eight nine ten eleven twelve', 1, 1),
  ...listed('thirteen fourteen fifteen sixteen seventeen eighteen nineteen', 13, 1),
  ...listed('twenty thirty forty fifty sixty seventy eighty ninety', 20, 10),
]);
const ordinals = new Map<string, number>([
  ...listed('fourth fifth sixth seventh eighth ninth tenth eleventh twelfth', 4, 1),
  ...listed('thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth', 13, 1),
  ['once', 1],
  ['twice', 2],
]);
const scales = new Map([
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
  ['billion', 1_000_000_000],
]);

/**
 * The numbers that a text spells out, in plain digits. "one" alone does not count, because it is too often a pronoun.
 * Linear.
 */
export function spokenNumbers(tokens: readonly Token[]): string[] {
  const found: string[] = [];
  for (let at = 0; at < tokens.length; ) {
    const word = tokens[at]?.lower ?? '';
    const ordinal = ordinals.get(word);
    if (ordinal !== undefined) found.push(String(ordinal));
    const { value, end } = spokenAt(tokens, at);
    if (value !== undefined && !(end === at + 1 && word === 'one')) found.push(String(value));
    at = Math.max(end, at + 1);
  }
  return found;
}

/** The value of an ordinal from "fourth" on, of "once" and "twice". */
export function ordinalOf(lower: string): number | undefined {
  return ordinals.get(lower);
}

/** The longest spelt number that begins at a token (no ordinals), and the token after it. */
export function spokenAt(tokens: readonly Token[], start: number): { value: number | undefined; end: number } {
  let total = 0;
  let group: number | undefined;
  let at = start;
  for (; at < tokens.length && at < start + 12; at++) {
    const word = tokens[at]?.lower ?? '';
    const value = small.get(word);
    const scale = scales.get(word);
    if (value !== undefined) {
      if (group === undefined || group % 100 === 0) group = (group ?? 0) + value;
      else if (group >= 20 && group % 10 === 0 && value < 10) group += value;
      else if (group >= 10 && group <= 20 && value >= 10) group = group * 100 + value;
      else if (group >= 1_000 && group % 10 === 0 && value < 10) group += value;
      else break;
    } else if (scale !== undefined) {
      group = (group ?? 1) * scale;
      if (scale >= 1_000) {
        total += group;
        group = 0;
      }
    } else if (word !== 'and' || group === undefined || !small.has(tokens[at + 1]?.lower ?? '') || group < 100) break;
  }
  return { value: group === undefined ? undefined : total + group, end: at };
}
