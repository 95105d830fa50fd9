/** The features of the agreement head's first stage: what two short answers to one question share. */
import type { AnswerWords } from './answer-words.ts';

/** Names of the features, in order. Shares are 0…1; `lengthShort` and `lengthLong` are ln(1 + tokens). */
export const pairFeatureNames = [
  'contained',
  'covered',
  'coveredBoth',
  'heaviest',
  'first',
  'trigramContained',
  'trigramShared',
  'name',
  'nameMissing',
  'nameConflict',
  'number',
  'numberMissing',
  'numberConflict',
  'yearConflict',
  'negationGap',
  'hedge',
  'cosine',
  'lengthShort',
  'lengthLong',
  'empty',
  'shared',
  'askedNumber',
  'askedNumberConflict',
  'askedNumberContained',
  'askedName',
  'askedNameContained',
] as const;

/** The kind of answer that a question asks for, by its words (English; other questions count as neither). */
export interface Asked {
  readonly number: boolean;
  readonly name: boolean;
}

/** The kind of answer that a question asks for. */
export function askedBy(question: string): Asked {
  const text = question.slice(0, 2_000);
  return {
    number: /\b(?:when|how (?:many|much|old|long|often|tall|far|big|high|large)|year|date|number)\b/i.test(text),
    name: /\b(?:who|whose|whom|name)\b/i.test(text),
  };
}

/** The features of one pair; symmetric. `cosine` is -1…1. */
export function pairFeatures(a: AnswerWords, b: AnswerWords, cosine: number, asked: Asked): number[] {
  const weightA = sumOf(a.words.values());
  const weightB = sumOf(b.words.values());
  let shared = 0;
  for (const [key, weight] of a.words) shared += Math.min(weight, b.words.get(key) ?? 0);
  const share = (whole: number): number => (whole === 0 ? 0 : Math.min(1, shared / whole));
  const contained = share(Math.min(weightA, weightB));
  const names = bothHave(a.names, b.names) ? nameOverlap(a, b) : undefined;
  const numbers = bothHave(a.numbers, b.numbers) ? overlap(a.numbers, b.numbers) : undefined;
  const years = [yearsOf(a), yearsOf(b)] as const;
  const conflict = (value: number | undefined): number => (value === 0 ? 1 : 0);
  return [
    contained,
    share(Math.max(weightA, weightB)),
    Math.sqrt(share(weightA) * share(weightB)),
    (contains(b, heaviestOf(a)) + contains(a, heaviestOf(b))) / 2,
    (contains(b, firstOf(a)) + contains(a, firstOf(b))) / 2,
    overlap(a.trigrams, b.trigrams),
    sharedOfAll(a.trigrams, b.trigrams),
    names ?? 0.5,
    names === undefined ? 1 : 0,
    conflict(names),
    numbers ?? 0.5,
    numbers === undefined ? 1 : 0,
    conflict(numbers),
    bothHave(...years) ? conflict(overlap(...years)) : 0,
    Math.min(2, Math.abs(a.negations - b.negations)),
    Math.min(2, Math.max(a.hedges, b.hedges)),
    cosine,
    Math.log1p(Math.min(a.length, b.length)),
    Math.log1p(Math.max(a.length, b.length)),
    a.words.size === 0 || b.words.size === 0 ? 1 : 0,
    shared > 0 ? 1 : 0,
    asked.number ? (numbers ?? 0.5) : 0,
    asked.number ? conflict(numbers) : 0,
    asked.number ? contained : 0,
    asked.name ? (names ?? 0.5) : 0,
    asked.name ? contained : 0,
  ];
}

function bothHave(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size > 0 && b.size > 0;
}

function contains(answer: AnswerWords, key: string | undefined): number {
  return key !== undefined && answer.words.has(key) ? 1 : 0;
}

function heaviestOf(answer: AnswerWords): string | undefined {
  let best: string | undefined;
  let most = 0;
  for (const [key, weight] of answer.words) {
    if (weight <= most) continue;
    best = key;
    most = weight;
  }
  return best;
}

/** The first name or number, otherwise the first word. */
function firstOf(answer: AnswerWords): string | undefined {
  return answer.order.find((key) => answer.names.has(key) || answer.numbers.has(key)) ?? answer.order[0];
}

function yearsOf(answer: AnswerWords): Set<string> {
  return new Set([...answer.numbers].filter((number) => /^(?:1\d|20)\d\d$/.test(number)));
}

/** Share of the smaller set of names that the other text has, as a name or in lower case. */
function nameOverlap(a: AnswerWords, b: AnswerWords): number {
  const [few, other] = a.names.size < b.names.size ? [a, b] : [b, a];
  let shared = 0;
  for (const key of few.names) if (other.words.has(key)) shared++;
  return shared / Math.max(1, few.names.size);
}

/** Share of the smaller set that is in the other; 0 if it is empty. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  return sharedCount(a, b) / Math.max(1, Math.min(a.size, b.size));
}

/** Jaccard similarity of two sets. */
function sharedOfAll(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const shared = sharedCount(a, b);
  return shared / Math.max(1, a.size + b.size - shared);
}

function sharedCount(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const key of small) if (large.has(key)) shared++;
  return shared;
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
