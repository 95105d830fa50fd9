/**
 * The contradiction head: the likelihood that one answer contradicts the others, by a logistic model on the features of
 * `contradiction.ts`. The coefficients are parameters of the policy's semantic role, in micro-units; without them there
 * is no head.
 */
import type { Policy } from '@assay/protocol/policy/policy';
import { fitLogistic, type LogisticModel, type LogisticSample, logisticOf } from '../calibration/logistic-fit.ts';
import { type Contradiction, contradictionFeatureNames, contradictionOf, type Statement } from './contradiction.ts';
import type { FactConflicts } from './fact-conflict.ts';

/** The head's result for one answer: evidence 0…10,000, at most one kind above 0, and the decisive words. */
export type HeadConflicts = FactConflicts & { readonly features: readonly number[] };

const prefix = 'contradiction';

/** The head of a policy's semantic role; undefined if the policy has none, or only a part. */
export function contradictionHeadOf(policy: Policy): LogisticModel | undefined {
  const { parameters } = policy.roles.semantic;
  const [intercept, ...weights] = ['intercept', ...contradictionFeatureNames].map(
    (name) => parameters[`${prefix}.${name}`],
  );
  if (intercept === undefined || weights.includes(undefined)) return undefined;
  return { intercept, weights: weights.flatMap((weight) => weight ?? []) };
}

/** The policy parameters that carry a head, for {@link contradictionHeadOf}. */
export function contradictionParameters(head: LogisticModel): Record<string, number> {
  const weights = contradictionFeatureNames.map((name, at): [string, number] => [
    `${prefix}.${name}`,
    head.weights[at] ?? 0,
  ]);
  return Object.fromEntries([[`${prefix}.intercept`, head.intercept], ...weights]);
}

/** Fits the head: a sample is positive if the answer contradicts. Throws a RangeError without both classes. */
export function fitContradictionHead(samples: readonly LogisticSample[]): LogisticModel {
  return fitLogistic(samples);
}

/** Minimum number of others for a contradiction: one against one is undecided. */
export const othersComparedMin = 3;

/** Compares one answer with the others (in any order); without a head, the plain conflicts count. */
export function weighConflicts(
  head: LogisticModel | undefined,
  own: Statement,
  prompt: Statement,
  others: readonly Statement[],
  plain: FactConflicts,
): HeadConflicts {
  if (others.length < othersComparedMin) return { ...plain, features: [] };
  const found = contradictionOf(own, prompt, others, plain);
  if (head === undefined) return { ...plain, features: found.features };
  const evidence = Math.round(10_000 * logisticOf(head, found.features));
  const kind = kindOf(head, found);
  const words = kind === 'number' ? found.number : kind === 'name' ? found.word : plain.decisive.at(-1);
  return {
    number: kind === 'number' ? evidence : 0,
    name: kind === 'name' ? evidence : 0,
    negation: kind === 'negation' ? evidence : 0,
    decisive: words === undefined ? (kind === 'negation' ? ['yes against no'] : []) : [words],
    features: found.features,
  };
}

const kindOfFeature = (name: string): 'number' | 'name' | 'negation' =>
  /^(?:side|denial|denies|states|stance|whether)/.test(name) ? 'negation' : /number/i.test(name) ? 'number' : 'name';

/** The kind whose features have the most weight. */
function kindOf(head: LogisticModel, { features }: Contradiction): 'number' | 'name' | 'negation' {
  const sums = { number: 0, name: 0, negation: 0 };
  contradictionFeatureNames.forEach((name, at) => {
    if (name !== 'terseOthers') sums[kindOfFeature(name)] += (head.weights[at] ?? 0) * (features[at] ?? 0);
  });
  if (sums.negation >= sums.number && sums.negation >= sums.name && sums.negation > 0) return 'negation';
  return sums.number > sums.name ? 'number' : 'name';
}
