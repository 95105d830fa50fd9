/**
 * Fits the heads' coefficients of a policy to labelled tasks. With them in the policy the tasks are measured again, and
 * `fit-borders.ts` finds from which scores to accept. Pure and deterministic: same data, same policy.
 */
import { type Policy, policySchema } from '@assay/protocol/policy/policy';
import { fitAgreementHead, headParameters, type LabelledAnswerGroup } from '../agreement/agreement-head.ts';
import { cutName, decisionName } from '../agreement/embedding-check.ts';
import { contradictionParameters, fitContradictionHead } from '../facts/contradiction-head.ts';
import { faultFlags } from '../inference/fault-flag.ts';
import type { DecisionSample } from './additive-fit.ts';
import {
  type Budget,
  fitAgreementDecision,
  fitCutDecision,
  fitFactDecision,
  likelihoodBorders,
} from './fit-decision.ts';
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
  /** Parts of long answers, and whole ones. */
  readonly cuts: readonly DecisionSample[];
  /** Facts of long answers, changed or not. */
  readonly facts: readonly DecisionSample[];
}

/** What an operator allows a policy: shares of honest answers, 0…1. */
export interface Allowed {
  readonly falseReject: number;
  /** Left undecided, by the borders of long answers together and by those of short ones. */
  readonly undecided: number;
}

/**
 * The part of the allowed false rejects and of the allowed undecided answers that each border may cause. What is left of the false
 * rejects is for the flags, which no border moves. What is left of the undecided answers buys little: more of them would hardly
 * lower the accepted bad ones, and a border among many honest scores is one that they cross as another answer comes or goes. For
 * the same reason few long answers are rejected rather than left undecided, and parts and changed facts never: honest answers
 * look like both.
 */
const parts = {
  longAnswers: { reject: 0.1, undecided: 1 / 6 },
  cutAnswers: { reject: 0, undecided: 1 / 4 },
  longFacts: { reject: 0, undecided: 1 / 3 },
  shortAnswers: { reject: 0.25, undecided: 2 / 3 },
  contradictions: { reject: 0.25, undecided: 0.3 },
} as const;

/** The budget of a border. */
export function budgetOf({ falseReject, undecided }: Allowed, border: keyof typeof parts): Budget {
  const part = parts[border];
  const reject = part.reject * falseReject;
  return { reject, doubt: Math.max(reject, Math.min(0.5, part.undecided * undecided)) };
}

/**
 * Fits the heads and the embedding role's models with their borders. What has no examples of
 * both kinds is left out, so that the policy keeps its own.
 */
export function fitHeads(
  { answers, contradictions, decisions, cuts, facts }: Examples,
  allowed: Allowed,
): FittedParameters {
  const isMixed = (kinds: readonly boolean[]): boolean => kinds.includes(true) && kinds.includes(false);
  const hasPairs = isMixed(answers.flatMap((group) => group.right)) && answers.some((group) => isMixed(group.right));
  const hasAgreement = answers.some((group) => group.right.filter(Boolean).length >= 2);
  return {
    embedding: {
      ...(hasPairs && hasAgreement ? agreementParameters(answers, budgetOf(allowed, 'shortAnswers')) : {}),
      ...fitAgreementDecision(decisions, budgetOf(allowed, 'longAnswers')),
      ...fitCutDecision(cuts, budgetOf(allowed, 'cutAnswers')),
    },
    semantic: {
      ...(isMixed(contradictions.map((sample) => sample.positive))
        ? contradictionParameters(fitContradictionHead(contradictions))
        : {}),
      ...fitFactDecision(facts, budgetOf(allowed, 'longFacts')),
    },
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
  const ofModel = new Set([decisionName, cutName]);
  const kept = Object.entries(embedding.parameters).filter(([name]) => !ofModel.has(headNameOf(name)));
  const roles = { ...policy.roles, embedding: { ...embedding, parameters: Object.fromEntries(kept) } };
  return { ...policy, modelDigest, roles };
}

/** A policy whose embedding role abstains when a model elsewhere fails, as one for such a model must. */
export function forModelElsewhere(policy: Policy): Policy {
  const { embedding } = policy.roles;
  const abstainFlags = [...new Set([...embedding.abstainFlags, ...faultFlags])];
  return { ...policy, roles: { ...policy.roles, embedding: { ...embedding, abstainFlags } } };
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
