/** Fits an additive model by boosting: at each step the one term that lowers the logistic loss most. Deterministic. */
import type { AdditiveModel, Features, Term } from '../decision/additive-model.ts';
import { partOf, rejectProbability } from '../decision/additive-model.ts';

/** One example. */
export interface DecisionSample {
  readonly features: Features;
  /** True for an answer that should be rejected. */
  readonly isBad: boolean;
  /** Examples of one group (a task) are never divided between fitting and measuring. */
  readonly group: string;
  /** What it is, for those who read a curve. */
  readonly label?: string;
}

/** Which way a feature speaks: `above` or `below` an edge. */
export type FeatureSides = Readonly<Record<string, Term['side']>>;

const rounds = 160;
const rate = 0.25;
const ridge = 1;
/** Examples that a term must count for, taken together. */
const examplesMin = 8;
const edgesMax = 28;
/** An honest answer weighs as much as so many bad ones: what counts is where few honest ones are. */
const honestWeight = 3;
const baseStart = -4;

/** One edge of a feature that a term may have. */
interface Column {
  readonly feature: string;
  readonly side: Term['side'];
  readonly edge: number;
  /** For each example the part of such a term that counts, 0 … 1. */
  readonly parts: Float64Array;
}

/** Fits a model. Throws a RangeError when there are no examples of one kind. */
export function fitAdditive(samples: readonly DecisionSample[], sides: FeatureSides): AdditiveModel {
  const bad = samples.filter(({ isBad }) => isBad).length;
  if (bad === 0 || bad === samples.length) throw new RangeError('There must be examples of both kinds.');
  const columns = Object.entries(sides).flatMap(([feature, side]) => columnsOf(samples, feature, side));
  const odds = new Float64Array(samples.length).fill(baseStart);
  const slopes = new Float64Array(samples.length);
  const bends = new Float64Array(samples.length);
  const terms = new Map<string, Term>();
  let base = baseStart;
  for (let round = 0; round < rounds; round++) {
    differentiate(samples, odds, slopes, bends);
    base += shiftBase(odds, slopes, bends);
    differentiate(samples, odds, slopes, bends);
    const best = bestTerm(columns, slopes, bends);
    if (best === undefined) break;
    const { column, value } = best;
    const { feature, side, edge, parts } = column;
    for (let at = 0; at < odds.length; at++) odds[at] = (odds[at] ?? 0) + value * (parts[at] ?? 0);
    const key = `${feature} ${edge}`;
    terms.set(key, { feature, side, edge, adds: (terms.get(key)?.adds ?? 0) + value });
  }
  return {
    base: Math.round(1_000 * base),
    terms: [...terms.values()]
      .map((term) => ({ ...term, adds: Math.round(1_000 * term.adds) }))
      .filter(({ adds }) => adds > 0),
  };
}

/**
 * The probabilities that models give to examples which they were not fitted to, in order: each of `folds` parts of the
 * groups is judged by the model of the others.
 */
export function crossFitted(samples: readonly DecisionSample[], sides: FeatureSides, folds: number): number[] {
  const groups = [...new Set(samples.map(({ group }) => group))].sort();
  const foldOf = new Map(groups.map((group, index) => [group, index % folds]));
  const found = samples.map(() => 0);
  for (let fold = 0; fold < folds; fold++) {
    const model = fitAdditive(
      samples.filter(({ group }) => foldOf.get(group) !== fold),
      sides,
    );
    samples.forEach(({ group, features }, at) => {
      if (foldOf.get(group) === fold) found[at] = rejectProbability(model, features);
    });
  }
  return found;
}

/**
 * Conformal border: the least probability that at most `share` of further honest answers reach, if they are like these
 * (exchangeable with them). 10,001 where there are too few to say so.
 */
export function conformalBorder(honest: readonly number[], share: number): number {
  const rank = Math.ceil((1 - share) * (honest.length + 1));
  const ascending = [...honest].sort((a, b) => a - b);
  const highest = ascending[rank - 1];
  return highest === undefined ? 10_001 : highest + 1;
}

/** The edges are quantiles of either kind, so that there are more of them where examples are. */
function columnsOf(samples: readonly DecisionSample[], feature: string, side: Term['side']): Column[] {
  const values = samples.map(({ features }) => features[feature] ?? 0);
  const lowest = values.reduce((least, value) => Math.min(least, value), values[0] ?? 0);
  const ofKind = (isBad: boolean): number[] =>
    values.filter((_, at) => samples[at]?.isBad === isBad).sort((a, b) => a - b);
  const at = (sorted: readonly number[], share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const shares = Array.from({ length: edgesMax / 2 }, (_, index) => (index + 0.5) / (edgesMax / 2));
  const candidates = [ofKind(true), ofKind(false)].flatMap((sorted) => {
    const told = sorted.filter((value) => value !== lowest || side === 'below');
    return told.length === 0 ? [] : [lowest, ...shares.map((share) => at(told, share))];
  });
  const edges = [...new Set(candidates)].sort((a, b) => a - b);
  return edges
    .map((edge) => ({
      feature,
      side,
      edge,
      parts: Float64Array.from(values, (value) => partOf({ side, edge }, value)),
    }))
    .filter(({ parts }) => parts.reduce((sum, part) => sum + part, 0) >= examplesMin);
}

/** Slope and bend of the loss for each example. */
function differentiate(
  samples: readonly DecisionSample[],
  odds: Float64Array,
  slopes: Float64Array,
  bends: Float64Array,
): void {
  samples.forEach(({ isBad }, at) => {
    const chance = 1 / (1 + Math.exp(-(odds[at] ?? 0)));
    const weight = isBad ? 1 : honestWeight;
    slopes[at] = weight * (chance - (isBad ? 1 : 0));
    bends[at] = weight * Math.max(1e-4, chance * (1 - chance));
  });
}

/** Moves the log-odds of all examples towards the least loss, upwards slowly: what nothing speaks against stays unlikely. */
function shiftBase(odds: Float64Array, slopes: Float64Array, bends: Float64Array): number {
  const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
  const change = Math.max(-0.3, Math.min(0.03, (-rate * sum(slopes)) / (sum(bends) + ridge)));
  for (let at = 0; at < odds.length; at++) odds[at] = (odds[at] ?? 0) + change;
  return change;
}

interface BestTerm {
  readonly column: Column;
  readonly value: number;
}

function bestTerm(columns: readonly Column[], slopes: Float64Array, bends: Float64Array): BestTerm | undefined {
  let best: BestTerm | undefined;
  let most = 0;
  for (const column of columns) {
    let [slope, bend] = [0, 0];
    const { parts } = column;
    for (let at = 0; at < parts.length; at++) {
      const part = parts[at] as number;
      slope += part * (slopes[at] as number);
      bend += part * part * (bends[at] as number);
    }
    const gain = slope ** 2 / (bend + ridge);
    if (slope >= 0 || gain <= most) continue;
    most = gain;
    best = { column, value: rate * Math.min(4, -slope / (bend + ridge)) };
  }
  return best;
}
