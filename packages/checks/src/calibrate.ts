/**
 * Fits what a policy needs for one model to labelled tasks, in two steps: first the heads' coefficients (`fitHeads`), then,
 * from evaluations under the policy that has them, the scores from which each role accepts (`calibrate`). Pure and
 * deterministic: same data, same policy.
 */
import type { Measurement } from '@assay/protocol/measurement';
import { type Policy, policySchema, voteOf } from '@assay/protocol/policy';
import { type Role, roles } from '@assay/protocol/role';
import { fitAgreementHead, headParameters, type LabelledAnswerGroup } from './agreement-head.ts';
import { contradictionParameters, fitContradictionHead } from './contradiction-head.ts';
import { verdictUnder } from './evaluate-task.ts';
import type { LogisticSample } from './logistic-fit.ts';
import { honestLabel } from './measure-quality.ts';
import { type ShareInterval, wilsonInterval } from './roc.ts';

/** Parameters to be merged into a policy, by role. */
export interface FittedParameters {
  readonly embedding: Readonly<Record<string, number>>;
  readonly semantic: Readonly<Record<string, number>>;
}

/** One labelled submission as it was measured under the policy that is calibrated. */
export interface CalibrationSample {
  /** The task that it is from: the submissions of one task are never divided between fitting and measuring. */
  readonly task: string;
  /** `honest`, or anything else. */
  readonly label: string;
  readonly measurements: Readonly<Record<Role, Measurement>>;
}

export interface CalibrationInput {
  readonly samples: readonly CalibrationSample[];
  /** Carries the heads already, see {@link withParameters}. */
  readonly policy: Policy;
  /** Share (0…1) of honest submissions that may be rejected. */
  readonly falseReject: number;
}

/** A measured share of wrong verdicts. */
export interface ErrorRate {
  readonly wrong: number;
  readonly count: number;
  readonly share: number;
  readonly interval: ShareInterval;
}

export interface ErrorRates {
  readonly falseAccept: ErrorRate;
  readonly falseReject: ErrorRate;
}

export interface Calibration {
  readonly embeddingScoreMin: number;
  readonly semanticScoreMin: number;
  /** The policy with these scores, its version one higher. */
  readonly policy: Policy;
  /** Over the data that it was fitted to. */
  readonly inSample: ErrorRates;
  /** Fitted on one half of the tasks and measured on the other, both ways: what to expect elsewhere. */
  readonly expected: ErrorRates;
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

/** A policy with other parameters, checked against the schema. */
export function withParameters(policy: Policy, { embedding, semantic }: FittedParameters): Policy {
  const of = (role: 'embedding' | 'semantic', parameters: Readonly<Record<string, number>>) => ({
    ...policy.roles[role],
    parameters: { ...policy.roles[role].parameters, ...parameters },
  });
  return policySchema.parse({
    ...policy,
    roles: { ...policy.roles, embedding: of('embedding', embedding), semantic: of('semantic', semantic) },
  });
}

/**
 * The scores from which the embedding and the semantic role accept: of all pairs that reject at most `falseReject` of the
 * honest submissions, that which accepts the fewest others. Where flags alone reject more, the lowest scores are taken.
 * Throws a RangeError without an honest sample.
 */
export function calibrate({ samples, policy, falseReject }: CalibrationInput): Calibration {
  if (!samples.some((sample) => sample.label === honestLabel)) throw new RangeError('There is no honest sample.');
  const [embeddingScoreMin, semanticScoreMin] = bordersOf(samples, policy, falseReject);
  const names = [...new Set(samples.map((sample) => sample.task))].sort();
  const half = new Map(names.map((name, index) => [name, index % 2]));
  const crossed = [0, 1].flatMap((fold) => {
    const fitted = samples.filter((sample) => half.get(sample.task) !== fold);
    const rest = samples.filter((sample) => half.get(sample.task) === fold);
    if (!fitted.some((sample) => sample.label === honestLabel)) return [];
    return verdictsOf(rest, withBorders(policy, bordersOf(fitted, policy, falseReject)));
  });
  const fittedPolicy = withBorders(policy, [embeddingScoreMin, semanticScoreMin]);
  return {
    embeddingScoreMin,
    semanticScoreMin,
    policy: { ...fittedPolicy, version: policy.version + 1 },
    inSample: ratesOf(verdictsOf(samples, fittedPolicy)),
    expected: ratesOf(crossed),
  };
}

type Borders = readonly [embedding: number, semantic: number];

/** Borders that are tried for each role: so many low quantiles of the honest scores. */
const candidatesMax = 48;

function bordersOf(samples: readonly CalibrationSample[], policy: Policy, falseReject: number): Borders {
  const honest = samples.filter((sample) => sample.label === honestLabel);
  const others = samples.filter((sample) => sample.label !== honestLabel);
  const open = withBorders(policy, [0, 0]);
  const stands = (sample: CalibrationSample): boolean => verdictOf(sample, open) !== 'reject';
  const standing = honest.filter(stands);
  const attacks = others.filter(stands);
  const allowed = Math.floor(falseReject * honest.length) - (honest.length - standing.length);
  const embedding = candidatesOf(standing, 'embedding');
  const semantic = candidatesOf(standing, 'semantic');
  let best: Borders = [embedding[0] ?? 0, semantic[0] ?? 0];
  let fewest = Number.POSITIVE_INFINITY;
  for (const first of embedding) {
    for (const second of semantic) {
      const passes = ({ measurements }: CalibrationSample): boolean =>
        measurements.embedding.score >= first && measurements.semantic.score >= second;
      if (standing.length - standing.filter(passes).length > Math.max(0, allowed)) break;
      const accepted = attacks.filter(passes).length;
      if (accepted < fewest) {
        fewest = accepted;
        best = [first, second];
      }
    }
  }
  return best;
}

/** Low honest scores in rising order, the lowest first. */
function candidatesOf(honest: readonly CalibrationSample[], role: Role): number[] {
  const scores = honest.map((sample) => sample.measurements[role].score).sort((a, b) => a - b);
  return [...new Set(scores)].slice(0, candidatesMax);
}

function withBorders(policy: Policy, [embedding, semantic]: Borders): Policy {
  const { roles: rules } = policy;
  return {
    ...policy,
    roles: {
      ...rules,
      embedding: { ...rules.embedding, acceptScoreMin: embedding },
      semantic: { ...rules.semantic, acceptScoreMin: semantic },
    },
  };
}

function verdictOf(sample: CalibrationSample, policy: Policy): 'accept' | 'reject' | 'abstain' {
  const [checksum, embedding, semantic] = roles.map((role) => voteOf(role, policy, sample.measurements[role]));
  if (checksum === undefined || embedding === undefined || semantic === undefined) return 'abstain';
  return verdictUnder(policy, { checksum, embedding, semantic });
}

interface Judged {
  readonly isHonest: boolean;
  readonly verdict: 'accept' | 'reject' | 'abstain';
}

function verdictsOf(samples: readonly CalibrationSample[], policy: Policy): Judged[] {
  return samples.map((sample) => ({ isHonest: sample.label === honestLabel, verdict: verdictOf(sample, policy) }));
}

function ratesOf(judged: readonly Judged[]): ErrorRates {
  const rate = (isHonest: boolean, verdict: 'accept' | 'reject'): ErrorRate => {
    const of = judged.filter((one) => one.isHonest === isHonest);
    const wrong = of.filter((one) => one.verdict === verdict).length;
    return {
      wrong,
      count: of.length,
      share: of.length === 0 ? 0 : wrong / of.length,
      interval: wilsonInterval(wrong, of.length),
    };
  };
  return { falseAccept: rate(false, 'accept'), falseReject: rate(true, 'reject') };
}
