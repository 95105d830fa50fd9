/**
 * The agreement head: the likelihood that each short answer is right, from the agreement between the answers to one
 * question. Two logistic stages: whether two answers say the same (`answer-pair.ts`), and what these likelihoods imply
 * for one answer among the others. The coefficients are parameters of the policy, in micro-units; without them there is
 * no head.
 */
import type { Policy } from '@assay/protocol/policy/policy';
import { fitLogistic, type LogisticModel, type LogisticSample, logisticOf } from '../calibration/logistic-fit.ts';
import { askedBy, pairFeatureNames, pairFeatures } from '../facts/answer-pair.ts';
import type { AnswerWords } from '../facts/answer-words.ts';

/** Names of the second stage's features, in order. */
const groupFeatureNames = [
  'logitMean',
  'briefMean',
  'topWord',
  'secondWord',
  'agreeing',
  'besideLogit',
  'meanByBeside',
  'mean',
  'highest',
  'second',
  'third',
  'lowest',
  'beside',
  'besideHighest',
  'trustedMean',
  'empty',
  'hedge',
  'lengthGap',
  'length',
] as const;

/** Both stages. */
export interface AgreementHead {
  readonly pair: LogisticModel;
  readonly group: LogisticModel;
}

/** The answers to one question, each with the others that count as evidence. */
export interface AnswerGroup {
  readonly question: string;
  readonly answers: readonly AnswerWords[];
  /** Positions of the others of each answer. */
  readonly others: readonly (readonly number[])[];
  /** Similarity of two answers by index, -1…1; symmetric. */
  readonly cosineOf: (a: number, b: number) => number;
}

/** The head's result for one answer. */
export interface AnswerStanding {
  /** Likelihood 0…1 that the answer is right. */
  readonly likelihood: number;
  /**
   * Words that most others have and this answer lacks, or that it shares with them, as the first of them writes each; the
   * most significant first, at most four.
   */
  readonly missing: readonly string[];
  readonly shared: readonly string[];
}

const wordsShown = 4;

/** The head of a policy's embedding role; undefined if the policy has none, or only a part. */
export function headOf(policy: Policy): AgreementHead | undefined {
  const { parameters } = policy.roles.embedding;
  const modelOf = (prefix: string, names: readonly string[]): LogisticModel | undefined => {
    const [intercept, ...weights] = ['intercept', ...names].map((name) => parameters[`${prefix}.${name}`]);
    if (intercept === undefined || weights.includes(undefined)) return undefined;
    return { intercept, weights: weights.flatMap((weight) => weight ?? []) };
  };
  const pair = modelOf('pair', pairFeatureNames);
  const group = modelOf('group', groupFeatureNames);
  return pair === undefined || group === undefined ? undefined : { pair, group };
}

/** The policy parameters that carry a head, for {@link headOf}. */
export function headParameters(head: AgreementHead): Record<string, number> {
  const entriesOf = (prefix: string, names: readonly string[], model: LogisticModel): [string, number][] => [
    [`${prefix}.intercept`, model.intercept],
    ...names.map((name, at): [string, number] => [`${prefix}.${name}`, model.weights[at] ?? 0]),
  ];
  return Object.fromEntries([
    ...entriesOf('pair', pairFeatureNames, head.pair),
    ...entriesOf('group', groupFeatureNames, head.group),
  ]);
}

/** The head's result for each answer of a group. */
export function standingsOf(head: AgreementHead, group: AnswerGroup): AnswerStanding[] {
  const likelihoods = pairLikelihoods(head.pair, group);
  return group.answers.map((own, index) => {
    const words = wordsOfOthers(group, index);
    const shown = (some: readonly SharedWord[]): string[] =>
      some.slice(0, wordsShown).map(({ key }) => writtenByOther(group, index, key));
    return {
      likelihood: logisticOf(head.group, groupFeatures(group, likelihoods, index)),
      missing: shown(words.filter((word) => !own.words.has(word.key))),
      shared: shown(words.filter((word) => own.words.has(word.key))),
    };
  });
}

/** A group whose answers are known to be right or wrong. */
export interface LabelledAnswerGroup extends AnswerGroup {
  readonly right: readonly boolean[];
}

/**
 * Fits both stages. Two right answers are an example of agreement, a right and a wrong one of disagreement; two wrong
 * ones are not used. Throws a RangeError if there are no examples of one kind.
 */
export function fitAgreementHead(groups: readonly LabelledAnswerGroup[]): AgreementHead {
  const pair = fitLogistic(groups.flatMap(pairSamples));
  const group = fitLogistic(
    groups.flatMap((one) => {
      const likelihoods = pairLikelihoods(pair, one);
      return one.right.map((positive, index) => ({ positive, features: groupFeatures(one, likelihoods, index) }));
    }),
  );
  return { pair, group };
}

function pairSamples(group: LabelledAnswerGroup): LogisticSample[] {
  const asked = askedBy(group.question);
  return group.answers.flatMap((own, a) =>
    group.answers.slice(a + 1).flatMap((other, offset) => {
      const b = a + 1 + offset;
      const [left, right] = [group.right[a] === true, group.right[b] === true];
      if (!left && !right) return [];
      return [{ positive: left && right, features: pairFeatures(own, other, group.cosineOf(a, b), asked) }];
    }),
  );
}

type Matrix = readonly (readonly number[])[];

function pairLikelihoods(model: LogisticModel, group: AnswerGroup): Matrix {
  const asked = askedBy(group.question);
  const rows = group.answers.map(() => Array.from({ length: group.answers.length }, () => 0));
  group.answers.forEach((own, a) => {
    for (let b = a + 1; b < group.answers.length; b++) {
      const other = group.answers[b];
      if (other === undefined) break;
      const likelihood = logisticOf(model, pairFeatures(own, other, group.cosineOf(a, b), asked));
      (rows[a] ?? [])[b] = likelihood;
      (rows[b] ?? [])[a] = likelihood;
    }
  });
  return rows;
}

function groupFeatures(group: AnswerGroup, likelihoods: Matrix, index: number): number[] {
  const own = group.answers[index];
  const others = group.others[index] ?? [];
  if (own === undefined) return [];
  const at = (a: number, b: number): number => likelihoods[a]?.[b] ?? 0;
  const mine = others.map((other) => at(index, other));
  const ranked = [...mine].sort((a, b) => b - a);
  const rows = others.map((a) => others.filter((b) => b !== a).map((b) => at(a, b)));
  const beside = rows.flat();
  const trust = rows.map(meanOf);
  const brevity = others.map((other) => 1 / (1 + (group.answers[other]?.words.size ?? 0)));
  const top = wordsOfOthers(group, index);
  const lengths = others.map((other) => Math.log1p(group.answers[other]?.length ?? 0));
  return [
    meanOf(mine.map(logit)),
    weightedMean(mine, brevity),
    signedShare(own, top[0]),
    signedShare(own, top[1]),
    mine.filter((likelihood) => likelihood > 0.5).length / Math.max(1, mine.length),
    meanOf(beside.map(logit)),
    meanOf(mine) * meanOf(beside),
    meanOf(mine),
    ranked[0] ?? 0,
    ranked[1] ?? ranked[0] ?? 0,
    ranked[2] ?? ranked.at(-1) ?? 0,
    ranked.at(-1) ?? 0,
    meanOf(beside),
    meanOf(rows.map((row) => Math.max(0, ...row))),
    weightedMean(mine, trust),
    own.words.size === 0 ? 1 : 0,
    Math.min(2, own.hedges),
    Math.log1p(own.length) - meanOf(lengths),
    Math.log1p(own.length),
  ];
}

interface SharedWord {
  readonly key: string;
  readonly share: number;
  readonly weight: number;
}

/** The words that at least two of the others have, the most significant first. */
function wordsOfOthers(group: AnswerGroup, index: number): SharedWord[] {
  const others = group.others[index] ?? [];
  const counts = new Map<string, { count: number; weight: number }>();
  for (const other of others) {
    for (const [key, weight] of group.answers[other]?.words ?? []) {
      const known = counts.get(key) ?? { count: 0, weight: 0 };
      counts.set(key, { count: known.count + 1, weight: known.weight + weight });
    }
  }
  return [...counts]
    .filter(([, { count }]) => count >= 2)
    .map(([key, { count, weight }]) => ({ key, share: count / others.length, weight: weight * count }))
    .sort((a, b) => b.weight - a.weight || (a.key < b.key ? -1 : 1));
}

/** The first other that has a word decides how it is shown. */
function writtenByOther({ answers, others }: AnswerGroup, index: number, key: string): string {
  for (const other of others[index] ?? []) {
    const written = answers[other]?.written.get(key);
    if (written !== undefined) return written;
  }
  return key;
}

/** The share of the others that have a word: negative if the answer lacks it. */
function signedShare(own: AnswerWords, word: SharedWord | undefined): number {
  if (word === undefined) return 0;
  return own.words.has(word.key) ? word.share : -word.share;
}

function logit(likelihood: number): number {
  return Math.log(Math.max(1e-3, likelihood) / Math.max(1e-3, 1 - likelihood));
}

function weightedMean(values: readonly number[], weights: readonly number[]): number {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  return whole === 0 ? 0 : values.reduce((sum, value, at) => sum + value * (weights[at] ?? 0), 0) / whole;
}

function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
