/**
 * What one answer lacks or denies although (nearly) all others agree on it: the features of the contradiction head. What
 * counts is not that a fact is left out, but that this answer alone has something else in its stead.
 */

import { type AnswerKeys, answerKeysOf, areEnglish, kinOf } from './answer-keys.ts';
import type { FactConflicts } from './fact-conflict.ts';
import { functionWords } from './function-words.ts';
import { keyConflictNames, keyConflictOf } from './key-conflict.ts';
import { answerConflict, isAnswerWord, type Polarity, polarityOf, sideConflict, spokenShare } from './polarity.ts';
import { isRounded } from './rounding.ts';
import { isSpokenNumber, spokenNumbers } from './spoken-number.ts';
import { type Stance, stanceConflict, stanceNames, stanceOf } from './stance.ts';
import type { Facts } from './stated-facts.ts';
import type { TextProfile } from './text-profile.ts';
import {
  type Whether,
  type WhetherStance,
  whetherConflict,
  whetherNames,
  whetherOf,
  whetherStanceOf,
} from './whether.ts';

/** Names of the features, in order; the policy's parameters are `contradiction.<name>`. All 0…1 but the lengths. */
export const contradictionFeatureNames = [
  'numberMissing',
  'numberReplaced',
  'promptNumberReplaced',
  'wordMissing',
  'wordMissingEverywhereElse',
  'secondWordMissing',
  'promptWordMissing',
  'nameReplaced',
  'wordAlone',
  'editNumber',
  'editWord',
  'promptNameReplaced',
  'answer',
  'answerImplied',
  'side',
  'denial',
  'numberConflict',
  'nameConflict',
  'agreedKnown',
  'lengthGap',
  'length',
  ...keyConflictNames,
  ...stanceNames,
  ...whetherNames,
] as const;

/** What the texts of one task have in common. */
export interface Wording {
  readonly isEnglish: boolean;
  /** See {@link kinOf}. */
  readonly kin: ReadonlyMap<string, string>;
  /** The yes-or-no part of the prompt, if it has one. */
  readonly whether: Whether | undefined;
}

/** Finds what texts of one task have in common. */
export function wordingOf(prompt: TextProfile, texts: readonly TextProfile[]): Wording {
  const all = [prompt, ...texts];
  return { isEnglish: areEnglish(all), kin: kinOf(all), whether: whetherOf(prompt) };
}

/** What a text states, ready to be compared. */
export interface Statement {
  readonly numbers: ReadonlySet<string>;
  /** Stems of words (no function words, no yes or no, no number words). */
  readonly words: ReadonlySet<string>;
  /** Stems of words that begin with a capital. */
  readonly names: ReadonlySet<string>;
  readonly polarity: Polarity;
  readonly keys: AnswerKeys;
  readonly stance: Stance;
  readonly whether: WhetherStance;
  readonly facts: Facts;
  /** Tokens. */
  readonly length: number;
}

/** What an answer contradicts, and the words behind it. */
export interface Contradiction {
  readonly features: readonly number[];
  /** The number and the word that most others have and the answer lacks, beside what it has alone: "1986 against 1989". */
  readonly number: string | undefined;
  readonly word: string | undefined;
}

/** A number or word, and the share of the others that have it. */
type Agreed = readonly [key: string, share: number];

/** Takes a text's statements out. Linear. */
export function statementOf(text: TextProfile, facts: Facts, { isEnglish, kin, whether }: Wording): Statement {
  const stance = stanceOf(text);
  const words = new Set<string>();
  const names = new Set<string>();
  for (const token of text.tokens) {
    if (token.isNumber || functionWords.has(token.lower) || isAnswerWord(token.lower) || isSpokenNumber(token.lower))
      continue;
    words.add(token.stem);
    if (/^\p{Lu}/u.test(token.written)) names.add(token.stem);
  }
  const numbers = new Set([...facts.numbers.keys(), ...spokenNumbers(text.tokens)]);
  return {
    numbers,
    words,
    names,
    polarity: polarityOf(text),
    keys: answerKeysOf(text, isEnglish, kin),
    stance,
    whether: whetherStanceOf(text, whether, stance),
    facts,
    length: text.tokens.length,
  };
}

/** The features of one statement against the others (their order does not matter). */
export function contradictionOf(
  own: Statement,
  prompt: Statement,
  others: readonly Statement[],
  conflicts: FactConflicts,
): Contradiction {
  const numbers = agreedOf(others.map((other) => other.numbers));
  const words = agreedOf(others.map((other) => other.words));
  const missingNumbers = numbers.filter(([key]) => !hasNumber(own, key));
  const missingWords = words.filter(([key]) => !own.words.has(key));
  const tolerated = others.length >= 5 ? 1 : 0;
  const aloneNumbers = [...own.numbers].filter(
    (key) => others.filter((other) => hasNumber(other, key)).length <= tolerated,
  );
  const aloneWords = [...own.words].filter((key) => others.filter((other) => other.words.has(key)).length <= tolerated);
  const aloneName = aloneWords.find((key) => own.names.has(key));
  const beyond = (list: readonly Agreed[], known: ReadonlySet<string>): Agreed[] =>
    list.filter(([key]) => !known.has(key));
  const newNumbers = beyond(missingNumbers, prompt.numbers);
  const newWords = beyond(missingWords, prompt.words);
  const agreed = [...beyond(numbers, prompt.numbers), ...beyond(words, prompt.words)];
  const keys = keyConflictOf(
    own.keys,
    prompt.keys,
    others.map((other) => other.keys),
  );
  const polarities = others.map((other) => other.polarity);
  const lengths = others.reduce((sum, other) => sum + Math.log1p(other.length), 0) / Math.max(1, others.length);
  return {
    features: [
      evidenceOf(newNumbers[0]),
      aloneNumbers.length > 0 ? evidenceOf(newNumbers[0]) : 0,
      aloneNumbers.length > 0 ? evidenceOf(missingNumbers[0]) : 0,
      evidenceOf(newWords[0]),
      newWords[0]?.[1] === 1 ? 1 : 0,
      evidenceOf(newWords[1]),
      aloneWords.length > 0 && own.length <= 40 ? evidenceOf(missingWords[0]) : 0,
      aloneName === undefined ? 0 : evidenceOf(newWords[0]),
      aloneWords.length / Math.max(1, own.words.size),
      editConflict(own, others, (one) => one.numbers),
      editConflict(own, others, (one) => one.words),
      aloneWords.some((key) => prompt.words.has(key)) ? evidenceOf(missingWords[0]) : 0,
      answerConflict(own.polarity, polarities, 'spoken'),
      answerConflict(own.polarity, polarities, 'implied'),
      sideConflict(own.polarity, polarities),
      spokenShare(polarities) * 3 < 1 ? conflicts.negation / 10_000 : 0,
      conflicts.number / 10_000,
      conflicts.name / 10_000,
      agreed.length === 0 ? 0 : 1 - (newNumbers.length + newWords.length) / agreed.length,
      Math.log1p(own.length) - lengths,
      Math.log1p(own.length),
      ...keys.features,
      ...stanceConflict(own, others, prompt.words),
      ...whetherConflict(
        own.whether,
        others.map((other) => other.whether),
      ),
    ],
    number: keys.number ?? against(aloneNumbers[0], missingNumbers[0]),
    word: keys.word ?? against(aloneName ?? aloneWords[0], newWords[0] ?? missingWords[0]),
  };
}

/**
 * A text that is another one but for few words: how much better the rest supports the other's, 0…1. This is what a
 * copy with a changed fact looks like, whatever the fact.
 */
function editConflict(
  own: Statement,
  others: readonly Statement[],
  of: (one: Statement) => ReadonlySet<string>,
): number {
  let worst = 0;
  for (const other of others) {
    if (overlapOf(own, other) < 0.5) continue;
    const mine = [...of(own)].filter((key) => !of(other).has(key));
    const theirs = [...of(other)].filter((key) => !of(own).has(key));
    if (mine.length === 0 || theirs.length === 0 || mine.length + theirs.length > 12) continue;
    const rest = others.filter((one) => one !== other);
    const support = (keys: readonly string[]): number =>
      Math.max(0, ...keys.map((key) => rest.filter((one) => of(one).has(key)).length)) / Math.max(1, rest.length);
    worst = Math.max(worst, support(theirs) - support(mine));
  }
  return worst;
}

/** Share of the words and numbers of either that both have. */
function overlapOf(a: Statement, b: Statement): number {
  const size = (one: Statement): number => one.words.size + one.numbers.size;
  if (Math.min(size(a), size(b)) * 3 < Math.max(size(a), size(b))) return 0;
  let shared = 0;
  for (const key of a.words) if (b.words.has(key)) shared++;
  for (const key of a.numbers) if (b.numbers.has(key)) shared++;
  return shared / Math.max(1, size(a) + size(b) - shared);
}

/** 0 where half of the others have it, 1 where all have. */
function evidenceOf(agreed: Agreed | undefined): number {
  return agreed === undefined ? 0 : Math.max(0, 2 * agreed[1] - 1);
}

function hasNumber(one: Statement, key: string): boolean {
  return one.numbers.has(key) || [...one.numbers].some((number) => isRounded(number, key));
}

function against(own: string | undefined, agreed: Agreed | undefined): string | undefined {
  if (agreed === undefined) return undefined;
  return own === undefined ? `nothing against ${agreed[0]}` : `${own} against ${agreed[0]}`;
}

/** What more than half of the sets have, most shared first. */
function agreedOf(sets: readonly ReadonlySet<string>[]): Agreed[] {
  const counts = new Map<string, number>();
  for (const set of sets) for (const key of set) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count * 2 > sets.length)
    .map(([key, count]): Agreed => [key, count / sets.length])
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}
