/**
 * Fits the heads' coefficients of a policy to labelled tasks. With them in the policy the tasks are measured again, and
 * `fit-borders.ts` finds from which scores to accept. Pure and deterministic: same data, same policy.
 */
import { type Policy, policySchema } from '@assay/protocol/policy/policy';
import { fitAgreementHead, headParameters, type LabelledAnswerGroup } from '../agreement/agreement-head.ts';
import { decisionName } from '../agreement/embedding-check.ts';
import { contradictionParameters, fitContradictionHead } from '../facts/contradiction-head.ts';
import type { DecisionSample } from './additive-fit.ts';
import { type Budget, fitAgreementDecision, likelihoodBorders } from './fit-decision.ts';
import type { LogisticSample } from './logistic-fit.ts';

/** Parameters to be merged into a policy, by role. */
export interface FittedParameters {
  readonly embedding: Readonly<Record<string, number>>;
  readonly semantic: Readonly<Record<string, number>>;
}

/** What the heads and the model are fitted to. */
export interface Examples {
  readonly answers: readonly LabelledAnswerGroup[];
  readonly contradictions: readonly LogisticSample[];
  readonly decisions: readonly DecisionSample[];
}

/**
 * Of the wanted false rejects, the part that each border may cause: of long answers, of short ones, of contradictions. The rest is
 * for the flags, which no border moves.
 */
const borderPart = 0.25;
/** So many times as many honest answers as may be rejected in all may be left undecided by each border. */
const doubtFactors = { longAnswers: 3, shortAnswers: 4, contradictions: 3 } as const;

/** The budget of a border, for a wanted share of false rejects (0…1). */
export function budgetOf(falseReject: number, border: keyof typeof doubtFactors): Budget {
  return { reject: borderPart * falseReject, doubt: Math.min(0.5, doubtFactors[border] * falseReject) };
}

/**
 * Fits the heads and the embedding role's model with its borders, for a share of false rejects (0…1). What has no examples of
 * both kinds is left out, so that the policy keeps its own.
 */
export function fitHeads({ answers, contradictions, decisions }: Examples, falseReject: number): FittedParameters {
  const isMixed = (kinds: readonly boolean[]): boolean => kinds.includes(true) && kinds.includes(false);
  const hasPairs = isMixed(answers.flatMap((group) => group.right)) && answers.some((group) => isMixed(group.right));
  const hasAgreement = answers.some((group) => group.right.filter(Boolean).length >= 2);
  return {
    embedding: {
      ...(hasPairs && hasAgreement ? agreementParameters(answers, budgetOf(falseReject, 'shortAnswers')) : {}),
      ...fitAgreementDecision(decisions, budgetOf(falseReject, 'longAnswers')),
    },
    semantic: isMixed(contradictions.map((sample) => sample.positive))
      ? contradictionParameters(fitContradictionHead(contradictions))
      : {},
  };
}

function agreementParameters(answers: readonly LabelledAnswerGroup[], budget: Budget): Record<string, number> {
  const head = fitAgreementHead(answers);
  return { ...headParameters(head), ...likelihoodBorders(head, answers, budget) };
}

/** A policy for a model: one that is made for another loses the decision on segments, whose cosines mean something else there. */
export function forModel(policy: Policy, modelDigest: Policy['modelDigest']): Policy {
  if (policy.modelDigest === modelDigest) return policy;
  const { embedding } = policy.roles;
  const kept = Object.entries(embedding.parameters).filter(([name]) => headNameOf(name) !== decisionName);
  const roles = { ...policy.roles, embedding: { ...embedding, parameters: Object.fromEntries(kept) } };
  return { ...policy, modelDigest, roles };
}

/** A policy with other parameters: a head that was fitted replaces the whole of the old one. Checked against the schema. */
export function withParameters(policy: Policy, { embedding, semantic }: FittedParameters): Policy {
  const of = (role: 'embedding' | 'semantic', parameters: Readonly<Record<string, number>>) => {
    const fitted = new Set(Object.keys(parameters).map(headNameOf));
    const rest = Object.entries(policy.roles[role].parameters).filter(
      ([name]) => !name.includes('.') || !fitted.has(headNameOf(name)),
    );
    return { ...policy.roles[role], parameters: { ...Object.fromEntries(rest), ...parameters } };
  };
  return policySchema.parse({
    ...policy,
    roles: { ...policy.roles, embedding: of('embedding', embedding), semantic: of('semantic', semantic) },
  });
}

/** `pair` of `pair.cosine`. */
function headNameOf(parameter: string): string {
  return parameter.split('.', 1)[0] ?? parameter;
}
