/**
 * Compares one answer's keys with those of the others: keys that (nearly) all others have and it lacks, keys that it
 * alone has instead, and changes in an answer that it copies. Leaving something out alone has little weight.
 */

import { copyConflict } from '../agreement/copy-conflict.ts';
import { type AnswerKeys, hasKey, hasKin } from './answer-keys.ts';
import { alternativeConflict, rivalry, slotConflict, weakestOf } from './key-rival.ts';
import { certain, evidence, keySupport, type SupportedKey, voiced } from './key-support.ts';

/** Names of the features, in order; all 0…1. Features with `Asked` are about keys that the question also has. */
export const keyConflictNames = [
  'numberMissing',
  'numberReplaced',
  'numberAsked',
  'wordMissing',
  'wordSecond',
  'wordAsked',
  'wordShort',
  'topMissing',
  'numberInPlace',
  'numberCopied',
  'wordCopied',
  'sureWord',
  'sureReplaced',
  'weakTerse',
  'alternative',
  'rival',
  'rivalAsked',
  'terseOthers',
] as const;

/** The features, and the strongest pairs for people: the answer's own key against the agreed one. */
export interface KeyConflict {
  readonly features: readonly number[];
  readonly number: string | undefined;
  readonly word: string | undefined;
}

/** Number of keys up to which each key of an answer belongs to what was asked for. */
const terseKeys = 5;
/** Number of keys up to which the others' answers count as short. */
const shortKeys = 12;
/** Number of tokens up to which an answer counts as short. */
const shortTokens = 40;
const topKeys = 4;

/** Compares one answer with the others (in any order). Linear in the number of keys. */
export function keyConflictOf(own: AnswerKeys, prompt: AnswerKeys, others: readonly AnswerKeys[]): KeyConflict {
  const support = keySupport(others, prompt);
  const { heard } = support;
  const isAsked = ({ key }: SupportedKey): boolean => prompt.places.has(key);
  const missing = support.agreed.filter(
    ({ key, isNumber }) => !hasKey(own, key, isNumber) && (isNumber || !hasKin(own, key)),
  );
  const numbers = missing.filter((one) => one.isNumber);
  const words = missing.filter((one) => !one.isNumber);
  const [newNumbers, newWords] = [numbers, words].map((list) => list.filter((one) => !isAsked(one)));
  const [askedNumbers, askedWords] = [numbers, words].map((list) => list.filter(isAsked));
  const alone = aloneKeys(own, heard);
  const top = support.agreed.filter((one) => !isAsked(one)).slice(0, topKeys);
  const copies = copyConflict(own, heard);
  const isTerse = own.places.size <= terseKeys;
  const features = [
    most(newNumbers, voiced),
    alone.numbers.length > 0 ? most(newNumbers, evidence) : 0,
    most(askedNumbers, evidence),
    most(newWords, voiced),
    (newWords ?? []).map(evidence).sort((a, b) => b - a)[1] ?? 0,
    most(askedWords, evidence),
    own.length <= shortTokens && alone.words.length > 0 ? most(words, headed) : 0,
    shareOf(
      top.filter((one) => missing.includes(one)),
      top,
    ),
    slotConflict(own, alone.numbers, numbers, heard),
    copies.number,
    copies.word,
    most(newWords, certain),
    alone.numbers.length + alone.words.length > 0 ? most([...(newNumbers ?? []), ...(newWords ?? [])], certain) : 0,
    isTerse ? weakestOf(own, prompt, support) * most(missing, certain) : 0,
    alternativeConflict(own, prompt, heard),
    rivalry({ own, support, isTerse }, newWords ?? []),
    rivalry({ own, support, isTerse }, missing.filter(isAsked)),
    heard.filter((other) => other.places.size <= shortKeys).length / Math.max(1, heard.length),
  ];
  const name = alone.words.find((key) => own.capitals.has(key)) ?? alone.words[0];
  return { features, number: against(alone.numbers[0], numbers[0]), word: against(name, newWords?.[0] ?? words[0]) };
}

function headed(one: SupportedKey): number {
  return Math.max(0, 2 * one.share - 1);
}

function most(list: readonly SupportedKey[] | undefined, of: (one: SupportedKey) => number): number {
  return (list ?? []).reduce((best, one) => Math.max(best, of(one)), 0);
}

function shareOf(part: readonly SupportedKey[], whole: readonly SupportedKey[]): number {
  const sum = (list: readonly SupportedKey[]): number => list.reduce((all, one) => all + evidence(one), 0);
  return sum(whole) === 0 ? 0 : sum(part) / sum(whole);
}

function against(own: string | undefined, agreed: SupportedKey | undefined): string | undefined {
  return agreed === undefined ? undefined : `${own ?? 'nothing'} against ${agreed.key}`;
}

/** Keys that no other has, or one of at least five. A half or a quarter is too often a figure of speech. */
function aloneKeys(
  own: AnswerKeys,
  others: readonly AnswerKeys[],
): { readonly numbers: readonly string[]; readonly words: readonly string[] } {
  const tolerated = others.length >= 5 ? 1 : 0;
  const isAlone = (key: string, isNumber: boolean): boolean => {
    let having = 0;
    for (const other of others) if (hasKey(other, key, isNumber) && ++having > tolerated) return false;
    return true;
  };
  return {
    numbers: [...own.numbers].filter((key) => !key.includes('/') && isAlone(key, true)),
    words: [...own.words].filter((key) => isAlone(key, false)),
  };
}
