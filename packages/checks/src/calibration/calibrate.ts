/**
 * Fits the heads' coefficients of a policy to labelled tasks. With them in the policy the tasks are measured again, and
 * `fit-borders.ts` finds from which scores to accept. Pure and deterministic: same data, same policy.
 */
import { type Policy, policySchema } from '@assay/protocol/policy/policy';
import { fitAgreementHead, headParameters, type LabelledAnswerGroup } from '../agreement/agreement-head.ts';
import { contradictionParameters, fitContradictionHead } from '../facts/contradiction-head.ts';
import type { LogisticSample } from './logistic-fit.ts';

/** Parameters to be merged into a policy, by role. */
export interface FittedParameters {
  readonly embedding: Readonly<Record<string, number>>;
  readonly semantic: Readonly<Record<string, number>>;
}

/** Fits both heads. A head without examples of both kinds is left out, so that the policy keeps its own. */
export function fitHeads(
  answers: readonly LabelledAnswerGroup[],
  contradictions: readonly LogisticSample[],
): FittedParameters {
  const isMixed = (kinds: readonly boolean[]): boolean => kinds.includes(true) && kinds.includes(false);
  const hasPairs = isMixed(answers.flatMap((group) => group.right)) && answers.some((group) => isMixed(group.right));
  const hasAgreement = answers.some((group) => group.right.filter(Boolean).length >= 2);
  return {
    embedding: hasPairs && hasAgreement ? headParameters(fitAgreementHead(answers)) : {},
    semantic: isMixed(contradictions.map((sample) => sample.positive))
      ? contradictionParameters(fitContradictionHead(contradictions))
      : {},
  };
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
