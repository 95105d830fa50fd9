/**
 * The features of the contradiction head: what one answer contradicts although (nearly) all others agree on it. Leaving
 * out a fact does not count. What counts is that this answer alone has something else in its place, or denies it.
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

/** The shared context of the texts of one task. */
export interface Wording {
  readonly isEnglish: boolean;
  /** Stem → the shortest stem that it begins with. */
  readonly kin: ReadonlyMap<string, string>;
  /** The yes-or-no part of the prompt, if there is one. */
  readonly whether: Whether | undefined;
}

/** A text's statements, prepared for comparison. */
export interface Statement {
  readonly keys: AnswerKeys;
  /** Stems of its words, without function words. */
  readonly stems: ReadonlySet<string>;
  readonly polarity: Polarity;
  readonly stance: Stance;
  readonly whether: WhetherStance;
  readonly facts: Facts;
}

/** An answer's contradictions, and the decisive words. */
export interface Contradiction {
  readonly features: readonly number[];
  /**
   * The number and the word that most others have and the answer lacks, with what it has alone: "1986 against 1989".
   */
  readonly number: string | undefined;
  readonly word: string | undefined;
}

/** Computes the shared context of the texts of one task. */
export function wordingOf(prompt: TextProfile, texts: readonly TextProfile[]): Wording {
  const all = [prompt, ...texts];
  return { isEnglish: areEnglish(all), kin: kinOf(all), whether: whetherOf(prompt) };
}

/** Extracts a text's statements. Linear. */
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

/** The features of one answer's statements against the others (in any order). */
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
    // Sums of shares may exceed 1 by rounding.
    features: features.map((value) => Math.max(0, Math.min(1, value))),
    number: keys.number,
    word: keys.word,
  };
}
