/**
 * Detects copies with a changed fact: an answer that equals another one except for a few keys, which the rest does not
 * support.
 */
import { type AnswerKeys, hasKey } from '../facts/answer-keys.ts';

/** How much better the rest supports the copied answer's keys, 0…1, for numbers and for words. */
export interface CopyConflict {
  readonly number: number;
  readonly word: number;
}

/** Minimum number of shared keys for two answers to count as versions of one. */
const likenessMin = 0.45;
const changedMax = 16;

/** The strongest difference between an answer and one that it resembles. */
export function copyConflict(own: AnswerKeys, others: readonly AnswerKeys[]): CopyConflict {
  const worst = { number: 0, word: 0 };
  for (const other of others) {
    if (likeness(own, other) < likenessMin) continue;
    const rest = others.filter((one) => one !== other);
    worst.number = Math.max(worst.number, changed(own.numbers, other.numbers, own, other, rest, true));
    worst.word = Math.max(worst.word, changed(own.words, other.words, own, other, rest, false));
  }
  return worst;
}

function changed(
  ownKeys: ReadonlySet<string>,
  otherKeys: ReadonlySet<string>,
  own: AnswerKeys,
  other: AnswerKeys,
  rest: readonly AnswerKeys[],
  isNumber: boolean,
): number {
  const mine = [...ownKeys].filter((key) => !hasKey(other, key, isNumber));
  const theirs = [...otherKeys].filter((key) => !hasKey(own, key, isNumber));
  if (mine.length === 0 || theirs.length === 0 || mine.length + theirs.length > changedMax) return 0;
  const support = (keys: readonly string[]): number =>
    Math.max(...keys.map((key) => rest.filter((one) => hasKey(one, key, isNumber)).length)) / Math.max(1, rest.length);
  return Math.max(0, support(theirs) - support(mine));
}

/** Share of the keys of either that both have. */
function likeness(a: AnswerKeys, b: AnswerKeys): number {
  const [small, large] = a.places.size < b.places.size ? [a, b] : [b, a];
  if (small.places.size * 3 < large.places.size) return 0;
  let shared = 0;
  for (const key of small.places.keys()) if (large.places.has(key)) shared++;
  return shared / Math.max(1, small.places.size + large.places.size - shared);
}
