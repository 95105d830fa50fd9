/**
 * Finds the keys on which the answers to one prompt agree. An answer's voice is stronger the less it says beside these
 * keys (a terse answer contains only the answer) and the more it agrees with the others. An answer that shares nothing
 * has no voice.
 */
import { type AnswerKeys, hasKey } from './answer-keys.ts';

/** A key and the share (0…1) of the answers that have it: by count, and by voice. */
export interface SupportedKey {
  readonly key: string;
  readonly isNumber: boolean;
  readonly share: number;
  readonly voiced: number;
  /** Number of answers with a voice. */
  readonly of: number;
}

/** Minimum divisor of a voice, in content keys. */
const terseKeys = 3;
/** Weight of a word of the question relative to a word of the answers, in an answer's trust. */
const askedWeight = 0.5;
/**
 * Smoothing added to numerator and denominator; also the minimum total for an answer that shares nothing to count as
 * outside.
 */
const trustFloor = 0.5;
const outsideMin = 1.5;

const fullVoices = 5;

/** Support by voice: 0 if half say it, 1 if all do. */
export function voiced(one: SupportedKey): number {
  return Math.max(0, 2 * one.voiced - 1);
}

/** Support by count and by voice: 0 if half say it, 1 if all do. */
export function evidence(one: SupportedKey): number {
  return Math.sqrt(Math.max(0, 2 * one.share - 1) * voiced(one));
}

/**
 * 0 if six in ten say it, 1 if all of six do, steep in between, so that a single dissent matters. Fewer answers give
 * less certainty.
 */
export function certain(one: SupportedKey): number {
  const steep = (share: number): number => Math.max(0, (share - 0.6) / 0.4) ** 2;
  return steep(one.share) * steep(one.voiced) * Math.min(1, (one.of - 1) / fullVoices);
}

/** The support of keys by some answers, and the keys of more than half, by count or by voice, best supported first. */
export interface KeySupport {
  readonly agreed: readonly SupportedKey[];
  readonly of: (key: string) => SupportedKey;
  /** The answers with a voice. */
  readonly heard: readonly AnswerKeys[];
}

/** Computes the support of the keys of some answers (in any order). */
export function keySupport(others: readonly AnswerKeys[], prompt: AnswerKeys): KeySupport {
  const counts = countsOf(others);
  const plain = others.map(() => 1 / Math.max(1, others.length));
  const first = [...counts.keys()]
    .filter((key) => (counts.get(key) ?? 0) * 2 >= others.length)
    .map((key) => supportOf(key, others, plain, plain));
  const brevity = others.map((other) => 1 / (terseKeys + novelCount(other, prompt)));
  const trust = others.map((other) => {
    const sums = { has: 0, all: 0, hasNew: 0, allNew: 0 };
    for (const { key, isNumber, share } of first) {
      const isAsked = prompt.places.has(key);
      const weight = isAsked ? askedWeight * share : share;
      const part = hasKey(other, key, isNumber) ? weight : 0;
      sums.all += weight;
      sums.has += part;
      if (!isAsked) sums.allNew += weight;
      if (!isAsked) sums.hasNew += part;
    }
    return sums.hasNew === 0 && sums.allNew >= outsideMin ? 0 : (sums.has + trustFloor) / (sums.all + trustFloor);
  });
  const heads = trust.map((one) => (one > 0 ? 1 : 0));
  const voices = trust.map((one, at) => one * (brevity[at] ?? 0));
  const [byHead, byVoice] = [normal(heads), normal(voices)];
  const of = (key: string): SupportedKey => supportOf(key, others, byHead, byVoice);
  const agreed = [...counts]
    .filter(([, count]) => count >= 2)
    .map(([key]) => of(key))
    .filter((one) => one.share > 0.5 || one.voiced > 0.5)
    .sort((a, b) => b.voiced + b.share - a.voiced - a.share || (a.key < b.key ? -1 : 1));
  return { agreed, of, heard: others.filter((_, at) => (trust[at] ?? 0) > 0) };
}

function supportOf(
  key: string,
  others: readonly AnswerKeys[],
  heads: readonly number[],
  voices: readonly number[],
): SupportedKey {
  const isNumber = others.some((other) => other.numbers.has(key));
  let share = 0;
  let voiced = 0;
  others.forEach((other, at) => {
    if (!hasKey(other, key, isNumber)) return;
    share += heads[at] ?? 0;
    voiced += voices[at] ?? 0;
  });
  return { key, isNumber, share, voiced, of: heads.filter((one) => one > 0).length };
}

function normal(weights: readonly number[]): number[] {
  const sum = weights.reduce((all, one) => all + one, 0);
  return weights.map((one) => (sum === 0 ? 1 / weights.length : one / sum));
}

function novelCount(one: AnswerKeys, prompt: AnswerKeys): number {
  let count = 0;
  for (const key of one.places.keys()) if (!prompt.places.has(key)) count++;
  return count;
}

function countsOf(others: readonly AnswerKeys[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const other of others) for (const key of other.places.keys()) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
