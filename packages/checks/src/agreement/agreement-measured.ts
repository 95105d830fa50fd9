/** The embedding role's measurements with what is behind them: probabilities, the features that raised them, missing words. */
import type { EvidenceItem, Measured } from '@assay/protocol/observation/evidence';
import { flagNames } from '@assay/protocol/observation/flag';
import { scoreMax } from '@assay/protocol/observation/measurement';
import { modelIn, sharesOf } from '../decision/additive-model.ts';
import {
  type AgreementFinding,
  cutName,
  decisionName,
  type EmbeddingCheckInput,
  type EmbeddingThresholds,
  embeddingFindings,
  embeddingThresholds,
} from './embedding-check.ts';

/** One for each submission, in order. */
export function agreementMeasured(input: EmbeddingCheckInput): Measured[] {
  const thresholds = embeddingThresholds(input.policy);
  return embeddingFindings(input).map((finding) => {
    const raised = flagNames('embedding', finding.measurement.flags).map((kind) => ({ kind }));
    return {
      ...finding.measurement,
      evidence: [...raised, ...ofLong(finding, thresholds, input), ...ofShort(finding, thresholds)],
    };
  });
}

/** Each probability above its border, and each feature's share of what raised it. */
function ofLong(
  { features, rejectProbability = 0, cutProbability = 0 }: AgreementFinding,
  { acceptProbabilityMax, cutProbabilityMax }: EmbeddingThresholds,
  { policy }: EmbeddingCheckInput,
): EvidenceItem[] {
  if (features === undefined) return [];
  const { parameters } = policy.roles.embedding;
  const decisions = [
    [decisionName, 'rejectProbability', rejectProbability, acceptProbabilityMax],
    [cutName, 'cutProbability', cutProbability, cutProbabilityMax],
  ] as const;
  return decisions.flatMap(([name, kind, strength, acceptMax]) => {
    const model = modelIn(parameters, name);
    if (model === undefined || strength <= acceptMax) return [];
    const shares = sharesOf(model, features);
    const sum = shares.reduce((all, [, adds]) => all + adds, 0);
    const parts = shares.map(([feature, adds]) => ({ kind: feature, strength: Math.round((scoreMax * adds) / sum) }));
    return [{ kind, strength, threshold: Math.min(scoreMax, acceptMax + 1) }, ...parts];
  });
}

/** How unlikely a short answer is to be right, and the words of others that it lacks. */
function ofShort(
  { likelihood, missing }: AgreementFinding,
  { acceptLikelihoodMin }: EmbeddingThresholds,
): EvidenceItem[] {
  if (likelihood === undefined || likelihood >= acceptLikelihoodMin) return [];
  return [
    { kind: 'unlikely', strength: scoreMax - likelihood, threshold: scoreMax - acceptLikelihoodMin + 1 },
    ...(missing.length === 0 ? [] : [{ kind: 'missing', against: missing.join(', ') }]),
  ];
}
