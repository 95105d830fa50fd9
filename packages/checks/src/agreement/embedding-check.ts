/**
 * Does each submission agree with the others under the pinned model? Long answers are compared segment by segment, and one
 * additive model decides (`agreement-features.ts`, `additive-model.ts`); short ones by what they say in common
 * (`agreement-head.ts`). Without a fitted model each one's support (mean similarity to its closest half of the others) is set
 * against the usual support in the same task.
 *
 * Language: the default model knows English only. In German, Spanish, French or Portuguese it cuts words into pieces, and
 * its cosines then call any two texts of one language alike (a swapped Portuguese answer: 0.91 against 0.91 for honest
 * ones). So where a text is not in English, most of its similarity comes from letter triples of the topic words
 * (`foreignLexicalShare`), and segments have no say where most texts are not; a task in another language gets a verdict, and
 * need not abstain. The flag `unsupported-language` says so; the shipped policy only records it.
 */
import { type FlagName, flagWord } from '@assay/protocol/observation/flag';
import type { Measurement } from '@assay/protocol/observation/measurement';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Task } from '@assay/protocol/task/task';
import { type OutputContent, outputText, type TaskContent } from '@assay/protocol/task/task-content';
import { type AdditiveModel, modelIn, rejectProbability, sharesOf } from '../decision/additive-model.ts';
import { bandScore } from '../decision/score-band.ts';
import { faultFlagOf, type Unjudged } from '../inference/fault-flag.ts';
import { shortShareOf } from '../kinds/short-answers.ts';
import { medianOf, profileOf } from '../text/text-profile.ts';
import { type AgreementFeatures, agreementFeaturesOf } from './agreement-features.ts';
import { type AgreementHead, headOf, type LabelledAnswerGroup, standingsOf } from './agreement-head.ts';
import { answerGroupOf, isForeign, similaritiesOf } from './group-similarity.ts';
import { distinctMembers, type Member, othersOf, type PeerGroup, peerGroupOf } from './peer-group.ts';

/** What the check looks at. */
export interface EmbeddingCheckInput {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policy: Policy;
  /**
   * For each submission the vectors of its chunks, each of length 1; empty where there is no text, or one that the
   * model cannot take in its longest form: such a submission is an outlier of score 0.
   */
  readonly vectors: readonly (readonly Float32Array[])[];
  /** Why the operator's model gave no vectors: then nothing is compared. */
  readonly vectorsFault?: Unjudged | undefined;
}

/** Thresholds where the policy is silent: basis points unless said otherwise. */
const embeddingDefaults = {
  /** Distinct texts (a count) below which there is no agreement to speak of. */
  distinctSubmissionsMin: 3,
  /** Usual support below which the task has no cluster at all. */
  agreementMin: 3_500,
  /** Support relative to the usual one from which the score is 5,000, and that from which it is 10,000. */
  relativeSupportMid: 6_200,
  relativeSupportFull: 10_000,
  /** Likelihood of a short answer (see `agreement-head.ts`) from which it is accepted, and below which it is rejected. */
  acceptLikelihoodMin: 300,
  rejectLikelihoodBelow: 300,
  /** Probability that a long answer should be rejected: up to the first it is accepted, above the second it is rejected. */
  acceptProbabilityMax: 5_000,
  rejectProbabilityAbove: 5_000,
  /** The same for the probability that a part of it is missing. */
  cutProbabilityMax: 5_000,
  cutProbabilityAbove: 5_000,
  /** A short answer with less than both, relative support and likelihood, has another subject: its score is below 5,000. */
  foreignSupportMax: 4_000,
  foreignLikelihoodMax: 2_500,
  /** Tokens (a count) of a task's median answer up to which the likelihood decides, and from which it no longer counts. */
  shortTokens: 60,
  longTokens: 120,
  /** Weight of letter triples in the similarity of texts that are not in English; below that language's weight is 0. */
  foreignLexicalShare: 8_000,
} as const;

/** The thresholds in force. */
export type EmbeddingThresholds = { readonly [name in keyof typeof embeddingDefaults]: number };

/** What the check found on one submission: the measurement, and the evidence behind it. */
export interface AgreementFinding {
  readonly measurement: Measurement;
  /** Support relative to the usual one in the task (basis points, 10,000 is as usual); absent where there is no text. */
  readonly relativeSupport?: number;
  /** Likelihood that a short answer is right (basis points); absent in tasks of long answers and without a head. */
  readonly likelihood?: number;
  /** Features of a long answer, and the probability (basis points) that it should be rejected; absent in tasks of short ones. */
  readonly features?: AgreementFeatures;
  readonly rejectProbability?: number;
  /** Probability (basis points) that a part of a long answer is missing. */
  readonly cutProbability?: number;
  /** What raised these probabilities, as "secondLast 1.2" with the log-odds that it adds; the largest first. */
  readonly reasons: readonly string[];
  /** Words that decided a short answer's likelihood: those that others share and it lacks, and those that it shares. */
  readonly missing: readonly string[];
  readonly shared: readonly string[];
}

/** One measurement per submission, in order. For the borders of the score see `score-band.ts`. */
export function embeddingCheck(input: EmbeddingCheckInput): Measurement[] {
  return embeddingFindings(input).map((finding) => finding.measurement);
}

/** As {@link embeddingCheck}, with the evidence. */
export function embeddingFindings(input: EmbeddingCheckInput): AgreementFinding[] {
  const { policy, vectors } = input;
  const thresholds = embeddingThresholds(policy);
  const outputs = outputsOf(input);
  if (input.vectorsFault !== undefined) {
    const flag = faultFlagOf(input.vectorsFault);
    return outputs.map((output) => nothingFound('problem' in output ? output.problem : flag));
  }
  const group = groupOf(input);
  const { parameters } = policy.roles.embedding;
  const models = {
    head: headOf(policy),
    decision: modelIn(parameters, decisionName),
    cut: modelIn(parameters, cutName),
  };
  const found = new Map(agreementOf(group, vectors, thresholds, models));
  return outputs.map((output, index) => {
    if ('problem' in output) return nothingFound(output.problem);
    return found.get(index) ?? nothingFound('outlier');
  });
}

function nothingFound(flag: FlagName<'embedding'>): AgreementFinding {
  return { measurement: { score: 0, flags: flagWord('embedding', [flag]) }, ...noWords };
}

/**
 * The submissions of a task as an example for the agreement head; `isRight` by submission. What has no text is left out.
 */
export function labelledAnswers(input: EmbeddingCheckInput, isRight: readonly boolean[]): LabelledAnswerGroup {
  const group = groupOf(input);
  const foreign = new Set(group.members.filter(isForeign).map((member) => member.index));
  const share = embeddingThresholds(input.policy).foreignLexicalShare / 10_000;
  return {
    ...answerGroupOf(group, similaritiesOf(group, input.vectors, foreign, share).similarity),
    right: group.members.map((member) => isRight[member.index] === true),
  };
}

function outputsOf({ task, content }: EmbeddingCheckInput): OutputContent[] {
  return task.submissions.map((_, index) => content.outputs[index] ?? { problem: 'content-missing' });
}

function groupOf(input: EmbeddingCheckInput): PeerGroup {
  const profiles = outputsOf(input).map((output, index) => {
    const text = outputText(output);
    const hasVectors = (input.vectors[index]?.length ?? 0) > 0;
    return text === undefined || text.trim() === '' || !hasVectors ? undefined : profileOf(text);
  });
  return peerGroupOf(profileOf(input.content.prompt), profiles);
}

const noWords = { missing: [], shared: [], reasons: [] };
/** Reasons that are shown. */
const reasonsShown = 4;

/** The additive models' names among a policy's parameters: for answers about something else, and for parts of an answer. */
export const decisionName = 'decision';
export const cutName = 'cut';

interface Models {
  readonly head: AgreementHead | undefined;
  readonly decision: AdditiveModel | undefined;
  readonly cut: AdditiveModel | undefined;
}

/** What a long answer looks like; undefined in a task of short answers, of too few, or of another language. */
type LongAnswer = {
  readonly features: AgreementFeatures;
  readonly rejectProbability?: number;
  readonly cutProbability?: number;
  readonly reasons: string[];
};

function agreementOf(
  group: PeerGroup,
  vectors: EmbeddingCheckInput['vectors'],
  thresholds: EmbeddingThresholds,
  models: Models,
): [number, AgreementFinding][] {
  const { head } = models;
  const distinct = distinctMembers(group);
  const isThin = distinct.length < thresholds.distinctSubmissionsMin;
  const foreign = new Set(group.members.filter((member) => isForeign(member)).map((member) => member.index));
  const { similarity, closest } = similaritiesOf(group, vectors, foreign, thresholds.foreignLexicalShare / 10_000);
  const supports = new Map(group.members.map((member) => [member.index, supportOf(member, group, similarity)]));
  const usual = medianOf(distinct.map((member) => supports.get(member.index) ?? 0));
  const relativeOf = (member: Member): number => (supports.get(member.index) ?? 0) / Math.max(usual, 0.01);
  const lengths = distinct.map(({ profile }) => profile.tokens.length);
  const shortShare = head === undefined ? 0 : shortShareOf(lengths, thresholds);
  const standings = head === undefined || shortShare === 0 ? [] : standingsOf(head, answerGroupOf(group, similarity));
  const isLong = shortShare < 1 && !isThin && foreign.size * 2 <= group.members.length;
  const long = isLong ? agreementFeaturesOf(group, closest).map((features) => longAnswer(features, models)) : [];
  const isScattered = shortShare < 1 && usual * 10_000 < thresholds.agreementMin;
  const found = group.members.map((member, position) => {
    const relative = relativeOf(member);
    const standing = standings[position];
    const likelihood = standing?.likelihood ?? 0;
    const longScore = longScoreOf(long[position], thresholds) ?? scoreOf(relative, thresholds);
    const blend = (1 - shortShare) * longScore + shortShare * likelihoodScore(likelihood, thresholds);
    const ceiling = standing === undefined ? 10_000 : foreignCeiling(relative, likelihood, thresholds);
    const score = isThin ? 0 : Math.round(Math.min(blend, ceiling));
    return { member, relative, standing, long: long[position], score };
  });
  const highest = Math.max(...found.map((one) => one.score));
  return found.map(({ member, relative, standing, long: longOne, score }) => {
    const flags: FlagName<'embedding'>[] = [];
    if (isThin) flags.push('too-few-submissions');
    else if (isScattered) flags.push('no-agreement');
    else if (score < 5_000) flags.push('outlier');
    else if (score === highest) flags.push('medoid');
    if (foreign.has(member.index)) flags.push('unsupported-language');
    if (member.duplicateOf !== undefined) flags.push('duplicate-of-another');
    const words = standing === undefined ? noWords : { missing: standing.missing, shared: standing.shared };
    const finding: AgreementFinding = {
      measurement: { score, flags: flagWord('embedding', flags) },
      relativeSupport: Math.round(10_000 * relative),
      ...(standing === undefined ? {} : { likelihood: Math.round(10_000 * standing.likelihood) }),
      reasons: [],
      ...words,
      ...longOne,
    };
    return [member.index, finding];
  });
}

function longAnswer(features: AgreementFeatures, { decision, cut }: Models): LongAnswer {
  const shares = [decision, cut].flatMap((model) => (model === undefined ? [] : sharesOf(model, features)));
  const reasons = shares
    .sort((a, b) => b[1] - a[1])
    .slice(0, reasonsShown)
    .map(([feature, adds]) => `${feature} ${(adds / 1_000).toFixed(1)}`);
  return {
    features,
    ...(decision === undefined ? {} : { rejectProbability: rejectProbability(decision, features) }),
    ...(cut === undefined ? {} : { cutProbability: rejectProbability(cut, features) }),
    reasons,
  };
}

/** The lower score of the two probabilities; undefined without a model for the first. */
function longScoreOf(long: LongAnswer | undefined, thresholds: EmbeddingThresholds): number | undefined {
  if (long?.rejectProbability === undefined) return undefined;
  const { acceptProbabilityMax, rejectProbabilityAbove, cutProbabilityMax, cutProbabilityAbove } = thresholds;
  return Math.min(
    bandScore(long.rejectProbability, { acceptMax: acceptProbabilityMax, rejectAbove: rejectProbabilityAbove }),
    bandScore(long.cutProbability ?? 0, { acceptMax: cutProbabilityMax, rejectAbove: cutProbabilityAbove }),
  );
}

/** Mean similarity to the closest half of the distinct others: attackers in the other half change nothing. */
function supportOf(member: Member, group: PeerGroup, similarity: (a: number, b: number) => number): number {
  const closest = othersOf(group, member)
    .map((other) => similarity(member.index, other.index))
    .sort((a, b) => b - a);
  const half = closest.slice(0, Math.ceil(closest.length / 2));
  return half.length === 0 ? 0 : half.reduce((sum, value) => sum + value, 0) / half.length;
}

/** 0 at no support, 5,000 at `relativeSupportMid`, 10,000 at `relativeSupportFull` of the usual support; linear between. */
function scoreOf(relative: number, { relativeSupportMid, relativeSupportFull }: EmbeddingThresholds): number {
  const value = Math.max(0, relative * 10_000);
  if (value < relativeSupportMid) return Math.min(4_999, Math.round((5_000 * value) / relativeSupportMid));
  const above = (value - relativeSupportMid) / Math.max(1, relativeSupportFull - relativeSupportMid);
  return Math.round(5_000 + 5_000 * Math.min(1, above));
}

/** Highest score of a short answer whose support and likelihood are both low; 10,000 for others. */
function foreignCeiling(relative: number, likelihood: number, thresholds: EmbeddingThresholds): number {
  const { foreignSupportMax, foreignLikelihoodMax } = thresholds;
  const isForeignText = relative * 10_000 < foreignSupportMax && likelihood * 10_000 < foreignLikelihoodMax;
  return isForeignText ? (4_999 * likelihood * 10_000) / foreignLikelihoodMax : 10_000;
}

function likelihoodScore(likelihood: number, thresholds: EmbeddingThresholds): number {
  const { acceptLikelihoodMin, rejectLikelihoodBelow } = thresholds;
  return bandScore(10_000 * (1 - likelihood), {
    acceptMax: 10_000 - acceptLikelihoodMin,
    rejectAbove: 10_000 - rejectLikelihoodBelow,
  });
}

/** The thresholds under a policy. */
export function embeddingThresholds(policy: Policy): EmbeddingThresholds {
  const { parameters } = policy.roles.embedding;
  const entries = Object.entries(embeddingDefaults).map(([name, value]) => [name, parameters[name] ?? value]);
  return Object.fromEntries(entries) as EmbeddingThresholds;
}
