/**
 * Which keys do the answers to one prompt agree on? Each answer's voice is the stronger the less it says beside them (a
 * terse answer is nothing but the answer) and the more it says what the others say; what shares nothing has no voice.
 */
import { type AnswerKeys, hasKey } from './answer-keys.ts';

/** A key and the share (0…1) of the answers that have it: by head, and by voice. */
export interface SupportedKey {
  readonly key: string;
  readonly isNumber: boolean;
  readonly share: number;
  readonly voiced: number;
  /** Answers that were asked. */
  readonly of: number;
}

/** Content keys that a voice is divided by at the least. */
const terseKeys = 3;
/** Weight of a word of the question beside one of the answers, in what makes an answer trusted. */
const askedWeight = 0.5;
/** Added to both what it has and what there is; and what there must be for an answer that has nothing of it to count as outside. */
const trustFloor = 0.5;
const outsideMin = 1.5;

const fullVoices = 5;

/** Support by voice: 0 where half say it, 1 where all do. */
export function voiced(one: SupportedKey): number {
  return Math.max(0, 2 * one.voiced - 1);
}

/** Support by head and by voice, 0 where half say it, 1 where all do. */
export function evidence(one: SupportedKey): number {
  return Math.sqrt(Math.max(0, 2 * one.share - 1) * voiced(one));
}

/**
 * 0 where six in ten say it, 1 where all of six do, steep in between: a single one that does not makes a difference. Fewer
 * answers make less sure.
 */
export function certain(one: SupportedKey): number {
  const steep = (share: number): number => Math.max(0, (share - 0.6) / 0.4) ** 2;
  return steep(one.share) * steep(one.voiced) * Math.min(1, (one.of - 1) / fullVoices);
}

/** How far some answers support a key, and the keys that more than half have, by head or by voice, best supported first. */
export interface KeySupport {
  readonly agreed: readonly SupportedKey[];
  readonly of: (key: string) => SupportedKey;
}

/** Weighs the keys of some answers (their order does not matter). */
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
  return { agreed, of };
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
  return { key, isNumber, share, voiced, of: others.length };
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
