/** How far short answers agree on what was asked: the features of the agreement head, all 0…1 or small counts. */
import type { AnswerWords } from './answer-words.ts';

/** Names of the features in their order; the policy's parameters are `agreement.<name>`. */
export const agreementFeatureNames = [
  'containedMean',
  'containedMax',
  'coveredMean',
  'coveringMean',
  'consensusCovered',
  'nameMean',
  'nameConflict',
  'numberMean',
  'numberConflict',
  'trigramMean',
  'trigramMax',
  'firstSupported',
  'negationGap',
  'hedge',
  'hedgeGap',
  'othersAgree',
  'lengthLog',
  'lengthGap',
  'isEmpty',
  'cosineMean',
  'cosineMax',
  'cosineGap',
] as const;

/** What two answers share. */
interface Pair {
  /** Share of the lighter one's weight that both have. */
  readonly contained: number;
  readonly covered: number;
  readonly covering: number;
  readonly trigram: number;
  /** Share of names that both have, of the fewer; undefined where one has none. */
  readonly name: number | undefined;
  readonly number: number | undefined;
  readonly cosine: number;
}

/** Features of each answer against the others. `cosineOf` takes positions. The order of the others does not matter. */
export function agreementFeatures(answers: readonly AnswerWords[], cosineOf: (a: number, b: number) => number): number[][] {
  const pairs = answers.map((own, a) => answers.map((other, b) => (a === b ? undefined : pairOf(own, other, cosineOf(a, b)))));
  return answers.map((own, index) => {
    const mine = (pairs[index] ?? []).filter((pair) => pair !== undefined);
    const others = answers.filter((_, at) => at !== index);
    const beside = pairs.flatMap((row, a) => row.filter((_, b) => a !== index && b !== index && a < b)).flatMap((pair) => pair ?? []);
    return featuresOf(own, others, mine, beside);
  });
}

function featuresOf(own: AnswerWords, others: readonly AnswerWords[], mine: readonly Pair[], beside: readonly Pair[]): number[] {
  const mean = (of: (pair: Pair) => number): number => meanOf(mine.map(of));
  const known = (of: (pair: Pair) => number | undefined): number[] => mine.flatMap((pair) => of(pair) ?? []);
  const max = (of: (pair: Pair) => number): number => Math.max(0, ...mine.map(of));
  const names = known((pair) => pair.name);
  const numbers = known((pair) => pair.number);
  const conflict = (shares: readonly number[]): number => shares.filter((share) => share === 0).length / Math.max(1, mine.length);
  const lengths = others.map((other) => Math.log1p(other.length));
  const cosine = mean((pair) => pair.cosine);
  return [
    mean((pair) => pair.contained),
    max((pair) => pair.contained),
    mean((pair) => pair.covered),
    mean((pair) => pair.covering),
    consensusCovered(own, others),
    names.length === 0 ? 0.5 : meanOf(names),
    conflict(names),
    numbers.length === 0 ? 0.5 : meanOf(numbers),
    conflict(numbers),
    mean((pair) => pair.trigram),
    max((pair) => pair.trigram),
    firstSupported(own, others),
    Math.max(-2, Math.min(2, own.negations - meanOf(others.map((other) => other.negations)))),
    Math.min(2, own.hedges),
    Math.max(-2, Math.min(2, own.hedges - meanOf(others.map((other) => other.hedges)))),
    meanOf(beside.map((pair) => pair.contained)),
    Math.log1p(own.length),
    Math.log1p(own.length) - meanOf(lengths),
    own.words.size === 0 ? 1 : 0,
    cosine,
    max((pair) => pair.cosine),
    cosine - meanOf(beside.map((pair) => pair.cosine)),
  ];
}

function pairOf(own: AnswerWords, other: AnswerWords, cosine: number): Pair {
  const ownWeight = sumOf(own.words.values());
  const otherWeight = sumOf(other.words.values());
  let shared = 0;
  for (const [key, weight] of own.words) if (other.words.has(key)) shared += Math.min(weight, other.words.get(key) ?? 0);
  const of = (whole: number): number => (whole === 0 ? 0 : Math.min(1, shared / whole));
  return {
    contained: of(Math.min(ownWeight, otherWeight)),
    covered: of(ownWeight),
    covering: of(otherWeight),
    trigram: overlap(own.trigrams, other.trigrams),
    name: own.names.size === 0 || other.names.size === 0 ? undefined : overlapWith(own.names, other.names, own.words, other.words),
    number: own.numbers.size === 0 || other.numbers.size === 0 ? undefined : overlap(own.numbers, other.numbers),
    cosine,
  };
}

/** Share of what at least half of the others (and two) say that the answer says too, by weight. */
function consensusCovered(own: AnswerWords, others: readonly AnswerWords[]): number {
  const counts = new Map<string, number>();
  for (const other of others) for (const [key, weight] of other.words) counts.set(key, (counts.get(key) ?? 0) + weight);
  let covered = 0;
  let whole = 0;
  for (const [key, weight] of counts) {
    const having = others.filter((other) => other.words.has(key)).length;
    if (having < 2 || having * 2 < others.length) continue;
    whole += weight;
    if (own.words.has(key)) covered += weight;
  }
  return whole === 0 ? 0.5 : covered / whole;
}

/** Share of the others that have the answer's first own word; the first name or number counts if there is one. */
function firstSupported(own: AnswerWords, others: readonly AnswerWords[]): number {
  const first = own.order.find((key) => own.names.has(key) || own.numbers.has(key)) ?? own.order[0];
  if (first === undefined) return 0;
  return others.filter((other) => other.words.has(first)).length / Math.max(1, others.length);
}

/** As {@link overlap}, of names that either text may write small. */
function overlapWith(
  own: ReadonlySet<string>,
  other: ReadonlySet<string>,
  ownWords: ReadonlyMap<string, number>,
  otherWords: ReadonlyMap<string, number>,
): number {
  const [small, words] = own.size < other.size ? [own, otherWords] : [other, ownWords];
  let shared = 0;
  for (const key of small) if (words.has(key)) shared++;
  return shared / Math.max(1, small.size);
}

/** Share of the smaller set that is in the other. */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const key of small) if (large.has(key)) shared++;
  return small.size === 0 ? 0 : shared / small.size;
}

function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length;
}
