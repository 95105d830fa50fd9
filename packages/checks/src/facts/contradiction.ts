/**
 * What one answer contradicts although (nearly) all others agree on it: the features of the contradiction head. What
 * counts is not that a fact is left out, but that this answer alone has something else in its stead, or denies it.
 */

import type { TextProfile } from '../text/text-profile.ts';
import { type AnswerKeys, answerKeysOf, areEnglish, kinOf } from './answer-keys.ts';
import type { FactConflicts } from './fact-conflict.ts';
import { keyConflictNames, keyConflictOf } from './key-conflict.ts';
import { type Polarity, polarityOf, sideConflict, spokenShare } from './polarity.ts';
import { type Stance, stanceConflict, stanceNames, stanceOf } from './stance.ts';
import type { Facts } from './stated-facts.ts';
import {
  type Whether,
  type WhetherStance,
  whetherConflict,
  whetherNames,
  whetherOf,
  whetherStanceOf,
} from './whether.ts';

/** Names of the features, in order; the policy's parameters are `contradiction.<name>`. All 0…1. */
export const contradictionFeatureNames = [
  ...keyConflictNames,
  'side',
  'denial',
  'numberConflict',
  'nameConflict',
  ...stanceNames,
  ...whetherNames,
] as const;

/** What the texts of one task have in common. */
export interface Wording {
  readonly isEnglish: boolean;
  /** Stem → the shortest stem that it begins with. */
  readonly kin: ReadonlyMap<string, string>;
  /** The yes-or-no part of the prompt, if it has one. */
  readonly whether: Whether | undefined;
}

/** What a text states, ready to be compared. */
export interface Statement {
  readonly keys: AnswerKeys;
  /** Stems of its words, without function words. */
  readonly stems: ReadonlySet<string>;
  readonly polarity: Polarity;
  readonly stance: Stance;
  readonly whether: WhetherStance;
  readonly facts: Facts;
}

/** What an answer contradicts, and the words behind it. */
export interface Contradiction {
  readonly features: readonly number[];
  /** The number and the word that most others have and the answer lacks, beside what it has alone: "1986 against 1989". */
  readonly number: string | undefined;
  readonly word: string | undefined;
}

/** Finds what texts of one task have in common. */
export function wordingOf(prompt: TextProfile, texts: readonly TextProfile[]): Wording {
  const all = [prompt, ...texts];
  return { isEnglish: areEnglish(all), kin: kinOf(all), whether: whetherOf(prompt) };
}

/** Takes a text's statements out. Linear. */
export function statementOf(text: TextProfile, facts: Facts, { isEnglish, kin, whether }: Wording): Statement {
  const stance = stanceOf(text);
  return {
    keys: answerKeysOf(text, isEnglish, kin),
    stems: text.stems,
    polarity: polarityOf(text),
    stance,
    whether: whetherStanceOf(text, whether, stance),
    facts,
  };
}

/** The features of one statement against the others (their order does not matter). */
export function contradictionOf(
  own: Statement,
  prompt: Statement,
  others: readonly Statement[],
  conflicts: FactConflicts,
): Contradiction {
  const keys = keyConflictOf(
    own.keys,
    prompt.keys,
    others.map((other) => other.keys),
  );
  const polarities = others.map((other) => other.polarity);
  const standsOnWhether = whetherConflict(
    own.whether,
    others.map((other) => other.whether),
  );
  const features = [
    ...keys.features,
    sideConflict(own.polarity, polarities),
    spokenShare(polarities) * 3 < 1 ? conflicts.negation / 10_000 : 0,
    conflicts.number / 10_000,
    conflicts.name / 10_000,
    ...stanceConflict(own, others, prompt.stems),
    ...standsOnWhether,
  ];
  return {
    // Sums of shares may end a last digit above 1.
    features: features.map((value) => Math.max(0, Math.min(1, value))),
    number: keys.number,
    word: keys.word,
  };
}
