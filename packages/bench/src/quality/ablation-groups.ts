/** The groups of evidence that `assay bench quality --ablate` silences, one at a time. Pure. */
import { type EvaluatedSubmission, verdictUnder, votesOf } from '@assay/checks/calibration/evaluate-task';
import { semanticMeasurement } from '@assay/checks/semantic/semantic-check';
import type { SemanticEvidence } from '@assay/checks/semantic/semantic-evidence';
import { semanticThresholds } from '@assay/checks/semantic/semantic-thresholds';
import { type FlagName, flagNames } from '@assay/protocol/observation/flag';
import type { Policy, Vote } from '@assay/protocol/policy/policy';

/** Evidence of the semantic role that is set to what a faultless answer has. */
export interface EvidenceGroup {
  readonly name: string;
  readonly role: 'semantic';
  readonly silenced: Partial<SemanticEvidence>;
}

/** Features or models of the embedding role that a policy is left without. */
export interface ParameterGroup {
  readonly name: string;
  readonly role: 'embedding';
  /** The parameters of the role without the group. */
  readonly silence: (parameters: Readonly<Record<string, number>>) => Record<string, number>;
}

/** Nothing against an answer, whatever the role's terms add. */
const neverReject = -1_000_000;
/** Millionths: far more than all other coefficients of the head together take away. */
const alwaysRight = 1_000_000_000_000;

/** All groups of the semantic role. */
export const evidenceGroups: readonly EvidenceGroup[] = [
  ['relevance and filler', { supported: 10_000, consensus: 10_000, prompt: 10_000, generic: 0 }],
  ['cut inside a sentence', { truncated: 0 }],
  ['repetition', { repetition: 0 }],
  ['echo of the prompt', { echo: 0 }],
  ['refusal', { refusal: 0 }],
  ['word salad', { salad: 0 }],
  ['instructions to a judge or model', { injection: 0, judge: 0 }],
  ['exfiltration and foreign requests', { exfiltration: 0, foreign: 0 }],
  ['facts of short answers', { number: 0, name: 0, negation: 0 }],
  ['values under shared keys', { statedNumber: 0, statedName: 0, statedNegation: 0 }],
  ['facts of long answers', { longNumber: 0, longName: 0, longNegation: 0 }],
  ['form asked for', { format: 0 }],
  ['schema of the task', { schema: 0 }],
  ['language', { language: 0 }],
].map(([name, silenced]) => ({ name, role: 'semantic', silenced }) as EvidenceGroup);

/** All groups of the embedding role. */
export const parameterGroups: readonly ParameterGroup[] = [
  {
    name: 'segments',
    role: 'embedding',
    silence: withoutTerms(/^(secondLast|coverLast)Gap$|^missedTail$|^furthestPlace$/),
  },
  { name: 'topic words', role: 'embedding', silence: withoutTerms(/^(supported|consensus)$/) },
  { name: 'words of the second half', role: 'embedding', silence: withoutTerms(/^(strayTail|lateWords)$/) },
  {
    name: 'lists, code and closing words',
    role: 'embedding',
    silence: withoutTerms(/^(items|endsInList|codeMissing|closingMissing)$/),
  },
  { name: 'decision on another subject', role: 'embedding', silence: replaced('decision.base', neverReject) },
  { name: 'decision on parts', role: 'embedding', silence: replaced('cut.base', neverReject) },
  { name: 'likelihood of short answers', role: 'embedding', silence: replaced('group.intercept', alwaysRight) },
];

/** A policy without a group of the embedding role. */
export function policyWithout(policy: Policy, { silence }: ParameterGroup): Policy {
  const { embedding } = policy.roles;
  return {
    ...policy,
    roles: { ...policy.roles, embedding: { ...embedding, parameters: silence(embedding.parameters) } },
  };
}

/** The verdict on a submission that was judged with all evidence, without a group of the semantic role. */
export function verdictWithout(submission: EvaluatedSubmission, policy: Policy, { silenced }: EvidenceGroup): Vote {
  const { evidence } = submission.semantic;
  if (evidence === undefined) return submission.verdict;
  const thresholds = semanticThresholds(policy);
  const fromEvidence = semanticMeasurement(evidence, thresholds).flags;
  const others = flagNames(
    'semantic',
    submission.measurements.semantic.flags & ~fromEvidence,
  ) as FlagName<'semantic'>[];
  const semantic = semanticMeasurement({ ...evidence, ...silenced }, thresholds, others);
  return verdictUnder(policy, votesOf(policy, { ...submission.measurements, semantic }));
}

/** Leaves out the terms on some features from the models `decision` and `cut`. */
function withoutTerms(feature: RegExp): ParameterGroup['silence'] {
  return (parameters) =>
    Object.fromEntries(
      Object.entries(parameters).filter(([key]) => {
        const [model, name, side] = key.split('.');
        return side === undefined || !(model === 'decision' || model === 'cut') || !feature.test(name ?? '');
      }),
    );
}

/** Sets a parameter that the policy has. */
function replaced(name: string, value: number): ParameterGroup['silence'] {
  return (parameters) => (name in parameters ? { ...parameters, [name]: value } : { ...parameters });
}
