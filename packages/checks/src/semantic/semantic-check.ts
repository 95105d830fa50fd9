/**
 * Is each submission an answer to this prompt? Without a model: relevance by words, form by rules, facts by what the
 * others agree on. A text under judgement is data; nothing in it can steer the check. Another submission's score is
 * touched only through the stated cross-checks (relevance, lengths, word order, facts, form, language, excused cues).
 */
import { type FlagName, flagNames, flagWord } from '@assay/protocol/observation/flag';
import type { Measurement } from '@assay/protocol/observation/measurement';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Task } from '@assay/protocol/task/task';
import { outputText, type TaskContent } from '@assay/protocol/task/task-content';
import { distinctMembers, peerGroupOf } from '../agreement/peer-group.ts';
import { acceptScore, bandScore, undecidedScore } from '../decision/score-band.ts';
import type { AlignedFacts } from '../facts/aligned-facts.ts';
import { profileOf } from '../text/text-profile.ts';
import { schemaEvidence } from './schema-evidence.ts';
import { type Hearing, type MemberEvidence, type SemanticEvidence, semanticEvidences } from './semantic-evidence.ts';
import { type SemanticThresholds, semanticThresholds } from './semantic-thresholds.ts';
import type { FoundPlace } from './steering.ts';

/** Evidence that leaves an answer undecided before it rejects it, and up to what value of it an answer is accepted. */
const acceptBorders: Readonly<Partial<Record<keyof SemanticEvidence, (thresholds: SemanticThresholds) => number>>> = {
  number: ({ conflictDoubtMin }) => conflictDoubtMin - 1,
  name: ({ conflictDoubtMin }) => conflictDoubtMin - 1,
  negation: ({ conflictDoubtMin }) => conflictDoubtMin - 1,
  statedNumber: ({ statedDoubtMin }) => statedDoubtMin - 1,
  statedName: ({ statedDoubtMin }) => statedDoubtMin - 1,
  statedNegation: ({ statedDoubtMin }) => statedDoubtMin - 1,
  longNumber: ({ factProbabilityMax }) => factProbabilityMax,
  longName: ({ factProbabilityMax }) => factProbabilityMax,
  longNegation: ({ factProbabilityMax }) => factProbabilityMax,
  echo: ({ echoDoubtMin }) => echoDoubtMin - 1,
  refusal: ({ refusalDoubtMin }) => refusalDoubtMin - 1,
  salad: ({ wordSaladDoubtMin }) => wordSaladDoubtMin - 1,
  format: ({ wrongFormatDoubtMin }) => wrongFormatDoubtMin - 1,
  schema: () => 0,
};

/** Evidence with which there is no doubt. */
const certain = 10_000;

/** What the check looks at. */
export interface SemanticCheckInput {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policy: Policy;
}

/** What the check found on one submission: the measurement, and the evidence behind it for people. */
export interface SemanticFinding {
  readonly measurement: Measurement;
  /** Evidence by name, basis points; absent where there is no text. */
  readonly evidence?: SemanticEvidence;
  /** Contradictions in words, as "1986 against 1989". */
  readonly decisive: readonly string[];
  /** Where instructions to a model or judge, requests and links stand, in order. */
  readonly places: readonly FoundPlace[];
  /** Features of the contradiction head (see `contradiction.ts`); empty with fewer than three others. */
  readonly contradictionFeatures: readonly number[];
  /** Features of the decision on facts of long answers (see `aligned-facts.ts`); absent in a task of short ones. */
  readonly alignedFacts?: AlignedFacts | undefined;
}

/** One measurement per submission, in order. Never throws on any text; linear in the length of the texts. */
export function semanticCheck(input: SemanticCheckInput): Measurement[] {
  return semanticFindings(input).map((finding) => finding.measurement);
}

/** As {@link semanticCheck}, with the evidence; with `only`, of that submission alone. */
export function semanticFindings({ task, content, policy }: SemanticCheckInput, only?: number): SemanticFinding[] {
  const thresholds = semanticThresholds(policy);
  const outputs = task.submissions.map((_, index) => content.outputs[index] ?? { problem: 'content-missing' as const });
  const group = peerGroupOf(
    profileOf(content.prompt),
    outputs.map((output) => textProfile(outputText(output))),
  );
  const isThin = distinctMembers(group).length < thresholds.distinctSubmissionsMin;
  const found = semanticEvidences(group, policy, thresholds.distinctSubmissionsMin);
  const hearing = hearingOf((index) => found.get(index)?.().evidence, thresholds);
  return outputs.flatMap((output, index) => {
    if (only !== undefined && index !== only) return [];
    if ('problem' in output) return [bare([output.problem])];
    const one = found.get(index)?.();
    return [
      one === undefined ? bare(['empty']) : findingOf(underSchema(one, task, output), { isThin, thresholds, hearing }),
    ];
  });
}

/** What was found, and whether the answer fits the schema that the task carries. */
function underSchema(
  found: MemberEvidence,
  { parameters }: Task,
  output: TaskContent['outputs'][number] | undefined,
): MemberEvidence {
  if (parameters.answerSchema === undefined || output === undefined) return found;
  const { schema, decisive } = schemaEvidence(parameters.answerSchema, outputText(output));
  return { ...found, evidence: { ...found.evidence, schema }, decisive: [...found.decisive, ...decisive] };
}

/** A raised flag, and its evidence in basis points where one number is behind it. */
export interface FlagEvidence {
  readonly flag: string;
  readonly strength?: number;
  /** The strength from which on the flag is raised. */
  readonly threshold?: number;
}

/** The flags of a finding with their evidence. */
export function flagEvidenceOf(
  { measurement, evidence }: SemanticFinding,
  thresholds: SemanticThresholds,
): FlagEvidence[] {
  const strengths = evidence === undefined ? [] : evidenceAgainst(thresholds);
  return flagNames('semantic', measurement.flags).map((flag) => {
    const [, name, threshold] =
      strengths
        .filter(([one, kind, min]) => one === flag && evidence !== undefined && evidence[kind] >= min)
        .sort(([, a], [, b]) => (evidence?.[b] ?? 0) - (evidence?.[a] ?? 0))[0] ?? [];
    if (name === undefined || threshold === undefined || evidence === undefined) return { flag };
    return { flag, strength: evidence[name], threshold };
  });
}

/** Evidence that leaves a submission undecided without raising a flag, with the strength from which on it does. */
export function doubtsOf(
  { measurement, evidence }: SemanticFinding,
  thresholds: SemanticThresholds,
): (FlagEvidence & { readonly strength: number })[] {
  if (evidence === undefined) return [];
  const raised = new Set<string>(flagNames('semantic', measurement.flags));
  return evidenceAgainst(thresholds).flatMap(([flag, name]) => {
    const acceptMax = acceptBorders[name]?.(thresholds);
    if (acceptMax === undefined || raised.has(flag) || evidence[name] <= acceptMax) return [];
    return [{ flag, strength: evidence[name], threshold: acceptMax + 1 }];
  });
}

/** The measurement that evidence amounts to under other thresholds: what calibration tries out. */
export function semanticMeasurement(
  evidence: SemanticEvidence,
  thresholds: SemanticThresholds,
  extra: readonly FlagName<'semantic'>[] = [],
): Measurement {
  const flags = [...flagsOf(evidence, thresholds), ...extra];
  return { score: scoreOf(evidence, thresholds), flags: flagWord('semantic', flags) };
}

/** Blanks and punctuation only. */
const saysNothing = /^[\p{P}\s]*$/u;

function textProfile(text: string | undefined): ReturnType<typeof profileOf> | undefined {
  if (text === undefined) return undefined;
  const profile = profileOf(text);
  return saysNothing.test(profile.text) ? undefined : profile;
}

function bare(flags: readonly FlagName<'semantic'>[]): SemanticFinding {
  const measurement = { score: 0, flags: flagWord('semantic', flags) };
  return { measurement, decisive: [], places: [], contradictionFeatures: [] };
}

interface Judged {
  readonly isThin: boolean;
  readonly thresholds: SemanticThresholds;
  readonly hearing: Hearing;
}

function findingOf(found: MemberEvidence, { isThin, thresholds, hearing }: Judged): SemanticFinding {
  const { member, evidence, decisive, places, contradictionFeatures, alignedFacts } = found;
  const extra: FlagName<'semantic'>[] = [];
  if (isThin) extra.push('too-few-submissions');
  if (member.profile.hiddenCount >= thresholds.hiddenCharactersMin) extra.push('hidden-characters');
  const measured = (one: SemanticEvidence): Measurement => semanticMeasurement(one, thresholds, extra);
  const measurement = undecidedByCamps(found, hearing, measured);
  const camp = measurement.score === undecidedScore ? found.camp(hearing) : undefined;
  return {
    measurement,
    evidence,
    decisive: camp === undefined ? decisive : [...decisive, camp],
    places,
    contradictionFeatures,
    alignedFacts,
  };
}

/**
 * Colluders decide nothing. An answer is not accepted if it is of a camp, stands alone without up to two allies, or has
 * instructions that only a few others share; one that only witnesses in the same words contradict is not rejected. All are
 * left undecided.
 */
function undecidedByCamps(
  { evidence, isContested, camp, amongVoices, withoutAllies }: MemberEvidence,
  hearing: Hearing,
  measured: (evidence: SemanticEvidence) => Measurement,
): Measurement {
  const measurement = measured(evidence);
  if (measurement.score >= acceptScore) {
    const standsAlone = (): boolean =>
      withoutAllies(hearing).some((one) => measured({ ...evidence, ...one }).score < acceptScore);
    const isDecided = !isContested && camp(hearing) === undefined && !standsAlone();
    return isDecided ? measurement : { ...measurement, score: undecidedScore };
  }
  const heard = measurement.score < undecidedScore ? amongVoices() : undefined;
  if (heard === undefined) return measurement;
  const { score, flags } = measured({ ...evidence, ...heard });
  return score < undecidedScore ? measurement : { score: undecidedScore, flags };
}

/**
 * A text that is rejected for its form or for instructions is neither an ally nor a witness: word salad has all words of
 * others. One that shares few words with them is heard: it may tell the same in its own.
 */
function hearingOf(
  evidenceOn: (index: number) => SemanticEvidence | undefined,
  thresholds: SemanticThresholds,
): Hearing {
  const isFree = (index: number, counts: (flag: string) => boolean): boolean => {
    const evidence = evidenceOn(index);
    return (
      evidence !== undefined && !flagsOf(evidence, thresholds).some((flag) => flag !== 'irrelevant' && counts(flag))
    );
  };
  return {
    isHeard: (index) => isFree(index, (flag) => !flag.endsWith('-conflict')),
    isBelieved: (index) => isFree(index, () => true),
  };
}

/** Evidence against a text: its flag, and the threshold from which on it counts. */
function evidenceAgainst(
  thresholds: SemanticThresholds,
): readonly [flag: FlagName<'semantic'>, evidence: keyof SemanticEvidence, min: number][] {
  return [
    ['truncated', 'truncated', thresholds.truncationMin],
    ['repetition', 'repetition', thresholds.repetitionMin],
    ['echo', 'echo', thresholds.echoMin],
    ['refusal', 'refusal', thresholds.refusalMin],
    ['word-salad', 'salad', thresholds.wordSaladMin],
    ['injection', 'injection', thresholds.injectionMin],
    ['aimed-at-judge', 'judge', thresholds.aimedAtJudgeMin],
    ['exfiltration', 'exfiltration', thresholds.exfiltrationMin],
    ['foreign-request', 'foreign', thresholds.foreignRequestMin],
    ['number-conflict', 'number', thresholds.numberConflictMin],
    ['name-conflict', 'name', thresholds.nameConflictMin],
    ['negation-conflict', 'negation', thresholds.negationConflictMin],
    ['number-conflict', 'statedNumber', thresholds.statedConflictMin],
    ['name-conflict', 'statedName', thresholds.statedConflictMin],
    ['negation-conflict', 'statedNegation', thresholds.statedConflictMin],
    ['number-conflict', 'longNumber', thresholds.factProbabilityAbove + 1],
    ['name-conflict', 'longName', thresholds.factProbabilityAbove + 1],
    ['negation-conflict', 'longNegation', thresholds.factProbabilityAbove + 1],
    ['wrong-format', 'format', thresholds.wrongFormatMin],
    ['wrong-format', 'schema', certain],
    ['wrong-language', 'language', thresholds.wrongLanguageMin],
  ];
}

function flagsOf(evidence: SemanticEvidence, thresholds: SemanticThresholds): FlagName<'semantic'>[] {
  const isGeneric = evidence.generic >= thresholds.fillerShareMin;
  const irrelevant =
    evidence.supported < thresholds.supportedShareMin &&
    evidence.consensus < thresholds.consensusShareEnough &&
    (isGeneric || evidence.prompt < thresholds.promptShareEnough);
  const filler = irrelevant && isGeneric;
  const isUnsure = irrelevant && !filler && evidence.loose > 0;
  const against = new Set(
    evidenceAgainst(thresholds).flatMap(([flag, name, min]) => (evidence[name] >= min ? [flag] : [])),
  );
  return [
    ...(irrelevant && !isUnsure ? ['irrelevant' as const] : []),
    ...(filler ? ['filler' as const] : []),
    ...against,
  ];
}

/**
 * 10,000 with no evidence against the text, {@link acceptScore} where the strongest evidence just reaches its threshold, 0 where
 * it is certain; linear between. Relevance counts the same way. Evidence that honest answers give too has two borders: see `score-band.ts`.
 */
function scoreOf(evidence: SemanticEvidence, thresholds: SemanticThresholds): number {
  const scores = evidenceAgainst(thresholds).map(([, name, threshold]) => {
    const value = evidence[name];
    const acceptMax = acceptBorders[name]?.(thresholds);
    if (acceptMax !== undefined)
      return bandScore(value, { acceptMax: Math.min(acceptMax, threshold - 1), rejectAbove: threshold - 1 });
    return value < threshold
      ? 10_000 - (5_000 * value) / threshold
      : 4_999 - (4_999 * (value - threshold)) / Math.max(1, 10_000 - threshold);
  });
  const relevance = Math.max(
    evidence.supported / Math.max(1, thresholds.supportedShareMin),
    evidence.consensus / Math.max(1, thresholds.consensusShareEnough),
    evidence.generic >= thresholds.fillerShareMin ? 0 : evidence.prompt / Math.max(1, thresholds.promptShareEnough),
  );
  const isUnsure = evidence.loose > 0 && evidence.generic < thresholds.fillerShareMin;
  const least = isUnsure ? undecidedScore : 0;
  const relevanceScore =
    relevance < 1 ? least + (acceptScore - 1 - least) * relevance : 5_000 + 5_000 * Math.min(1, relevance - 1);
  return Math.round(Math.max(0, Math.min(...scores, relevanceScore)));
}
