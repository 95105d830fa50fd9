/** Fits what the embedding role decides by: the additive model for long answers, and the borders of long and short ones. */
import { agreementFeatureSides } from '../agreement/agreement-features.ts';
import { type AgreementHead, type LabelledAnswerGroup, standingsOf } from '../agreement/agreement-head.ts';
import { decisionName } from '../agreement/embedding-check.ts';
import { parametersOf } from '../decision/additive-model.ts';
import { conformalBorder, crossFitted, type DecisionSample, fitAdditive } from './additive-fit.ts';

/** Examples of each kind below which the model that is there is kept. */
const badMin = 50;
const honestMin = 300;
const folds = 4;

/** The shares of further honest answers, 0…1, that a fit may reject, and that it may reject or leave undecided. */
export interface Budget {
  readonly reject: number;
  readonly doubt: number;
}

/**
 * The parameters of the additive model and its two borders: the probabilities that at most the shares of a budget of further
 * honest answers exceed. They are taken from examples that the model judged unseen. Nothing where there are too few examples.
 */
export function fitAgreementDecision(samples: readonly DecisionSample[], budget: Budget): Record<string, number> {
  const bad = samples.filter(({ isBad }) => isBad).length;
  if (bad < badMin || samples.length - bad < honestMin) return {};
  const unseen = crossFitted(samples, agreementFeatureSides, folds);
  const honest = unseen.filter((_, at) => samples[at]?.isBad === false);
  return {
    ...parametersOf(fitAdditive(samples, agreementFeatureSides), decisionName),
    acceptProbabilityMax: conformalBorder(honest, budget.doubt) - 1,
    rejectProbabilityAbove: conformalBorder(honest, budget.reject) - 1,
  };
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
