/** Fits the additive models of both roles for long answers with their borders, and the borders of short ones. */
import { agreementFeatureSides, cutFeatureSides } from '../agreement/agreement-features.ts';
import { type AgreementHead, type LabelledAnswerGroup, standingsOf } from '../agreement/agreement-head.ts';
import { cutName, decisionName } from '../agreement/embedding-check.ts';
import { parametersOf } from '../decision/additive-model.ts';
import { alignedFactSides } from '../facts/aligned-facts.ts';
import { factsName } from '../semantic/long-facts.ts';
import { conformalBorder, crossFitted, type DecisionSample, type FeatureSides, fitAdditive } from './additive-fit.ts';

/** Examples of each kind below which the model that is there is kept. */
const badMin = 50;
const honestMin = 300;
const folds = 4;

/** The shares of further honest answers, 0…1, that a fit may reject, and that it may reject or leave undecided. */
export interface Budget {
  readonly reject: number;
  readonly doubt: number;
}

/** A model to fit: its name among a policy's parameters, its features, and the names of its two borders. */
interface Decision {
  readonly name: string;
  readonly sides: FeatureSides;
  readonly acceptMax: string;
  readonly rejectAbove: string;
}

const agreementDecision: Decision = {
  name: decisionName,
  sides: agreementFeatureSides,
  acceptMax: 'acceptProbabilityMax',
  rejectAbove: 'rejectProbabilityAbove',
};
const cutDecision: Decision = {
  name: cutName,
  sides: cutFeatureSides,
  acceptMax: 'cutProbabilityMax',
  rejectAbove: 'cutProbabilityAbove',
};
const factDecision: Decision = {
  name: factsName,
  sides: alignedFactSides,
  acceptMax: 'factProbabilityMax',
  rejectAbove: 'factProbabilityAbove',
};

/** The embedding role's decision on long answers: see {@link fitDecision}. */
export function fitAgreementDecision(samples: readonly DecisionSample[], budget: Budget): Record<string, number> {
  return fitDecision(agreementDecision, samples, budget);
}

/** The embedding role's decision on parts of long answers: see {@link fitDecision}. */
export function fitCutDecision(samples: readonly DecisionSample[], budget: Budget): Record<string, number> {
  return fitDecision(cutDecision, samples, budget);
}

/** The semantic role's decision on the facts of long answers: see {@link fitDecision}. */
export function fitFactDecision(samples: readonly DecisionSample[], budget: Budget): Record<string, number> {
  return fitDecision(factDecision, samples, budget);
}

/**
 * The parameters of an additive model and its two borders: the probabilities that at most the shares of a budget of further
 * honest answers exceed. They are taken from examples that the model judged unseen. Nothing where there are too few examples.
 */
function fitDecision(
  { name, sides, acceptMax, rejectAbove }: Decision,
  samples: readonly DecisionSample[],
  budget: Budget,
): Record<string, number> {
  const bad = samples.filter(({ isBad }) => isBad).length;
  if (bad < badMin || samples.length - bad < honestMin) return {};
  const unseen = crossFitted(samples, sides, folds);
  const honest = unseen.filter((_, at) => samples[at]?.isBad === false);
  return {
    ...parametersOf(fitAdditive(samples, sides), name),
    [acceptMax]: conformalBorder(honest, budget.doubt) - 1,
    [rejectAbove]: conformalBorder(honest, budget.reject) - 1,
  };
}

/** Shares of honest answers beyond a border for which {@link undecidedCurve} is drawn. */
export const curveShares = [0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.1] as const;

/** Bad answers of a label that a decision would accept, for each of {@link curveShares}. */
export interface UndecidedCurve {
  readonly decision: string;
  readonly label: string;
  readonly of: number;
  readonly accepted: readonly number[];
}

/** What more undecided honest answers would buy: each decision's probabilities of examples that its model judged unseen. */
export function undecidedCurves(
  examples: {
    readonly [name in 'decisions' | 'cuts' | 'facts']: readonly DecisionSample[];
  },
): UndecidedCurve[] {
  const kinds = [
    [agreementDecision, examples.decisions],
    [cutDecision, examples.cuts],
    [factDecision, examples.facts],
  ] as const;
  return kinds.flatMap(([{ name, sides }, samples]) => {
    const bad = samples.filter(({ isBad }) => isBad);
    if (bad.length < badMin || samples.length - bad.length < honestMin) return [];
    const unseen = crossFitted(samples, sides, folds);
    const honest = unseen.filter((_, at) => samples[at]?.isBad === false);
    const borders = curveShares.map((share) => conformalBorder(honest, share));
    return [...new Set(bad.map(({ label }) => label ?? 'bad'))].sort().map((label) => {
      const own = unseen.filter((_, at) => samples[at]?.isBad === true && (samples[at]?.label ?? 'bad') === label);
      const accepted = borders.map((border) => own.filter((chance) => chance < border).length);
      return { decision: name, label, of: own.length, accepted };
    });
  });
}

/** The two borders of the likelihood of short answers, such that right ones keep a budget. */
export function likelihoodBorders(
  head: AgreementHead,
  groups: readonly LabelledAnswerGroup[],
  budget: Budget,
): Record<string, number> {
  const doubts = groups.flatMap((group) =>
    standingsOf(head, group).flatMap(({ likelihood }, at) =>
      group.right[at] === true ? [10_000 - Math.round(10_000 * likelihood)] : [],
    ),
  );
  const border = (share: number): number => Math.max(1, 10_001 - conformalBorder(doubts, share));
  return { acceptLikelihoodMin: border(budget.doubt), rejectLikelihoodBelow: border(budget.reject) };
}
