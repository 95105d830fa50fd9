/**
 * Is each submission an answer to this prompt? Without a model: relevance by words, form by rules, facts by what the
 * others agree on. A text under judgement is data; nothing in it can steer the check. Another submission's score is
 * touched only through the stated cross-checks (relevance, lengths, word order, facts, excused cues).
 */
import { type FlagName, flagWord } from '@assay/protocol/flag';
import type { Measurement } from '@assay/protocol/measurement';
import type { Policy } from '@assay/protocol/policy';
import type { Task } from '@assay/protocol/task';
import { outputText, type TaskContent } from '@assay/protocol/task-content';
import { statementOf } from './contradiction.ts';
import { contradictionHeadOf, weighConflicts } from './contradiction-head.ts';
import { echoEvidence } from './echo.ts';
import { factConflicts } from './fact-conflict.ts';
import { genericShare } from './filler.ts';
import { injectionEvidence, scanCues } from './injection.ts';
import { distinctMembers, type Member, othersOf, type PeerGroup, peerGroupOf } from './peer-group.ts';
import { refusalEvidence } from './refusal-text.ts';
import { type Relevance, relativeLength, relevanceOf } from './relevance.ts';
import { repetitionEvidence } from './repetition.ts';
import { type SemanticThresholds, semanticThresholds } from './semantic-thresholds.ts';
import { factsOf } from './stated-facts.ts';
import { profileOf } from './text-profile.ts';
import { truncationEvidence } from './truncation.ts';
import { wordSaladEvidences } from './word-salad.ts';

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
  readonly evidence?: Readonly<Record<string, number>>;
  /** Contradictions in words, as "1986 against 1989". */
  readonly decisive: readonly string[];
  /** Where the first instruction to a model or judge begins (UTF-16 units of the normal form), -1 if nowhere. */
  readonly injectionOffset: number;
  /** Features of the contradiction head (see `contradiction.ts`); absent with fewer than three others. */
  readonly contradictionFeatures?: readonly number[];
}

const noPrompt: Relevance = { promptShare: 1, consensusShare: 1, supportedShare: 1 };

/** One measurement per submission, in order. Never throws on any text; linear in the length of the texts. */
export function semanticCheck(input: SemanticCheckInput): Measurement[] {
  return semanticFindings(input).map((finding) => finding.measurement);
}

/** As {@link semanticCheck}, with the evidence. */
export function semanticFindings({ task, content, policy }: SemanticCheckInput): SemanticFinding[] {
  const outputs = task.submissions.map((_, index) => content.outputs[index] ?? { problem: 'content-missing' as const });
  const group = peerGroupOf(
    profileOf(content.prompt),
    outputs.map((output) => textProfile(outputText(output))),
  );
  const found = new Map(findingsOf(group, policy));
  return outputs.map((output, index) => {
    if ('problem' in output) return bare([output.problem]);
    return found.get(index) ?? bare(['empty']);
  });
}

function textProfile(text: string | undefined): ReturnType<typeof profileOf> | undefined {
  if (text === undefined) return undefined;
  const profile = profileOf(text);
  return profile.text.trim() === '' ? undefined : profile;
}

function bare(flags: readonly FlagName<'semantic'>[]): SemanticFinding {
  return { measurement: { score: 0, flags: flagWord('semantic', flags) }, decisive: [], injectionOffset: -1 };
}

function findingsOf(group: PeerGroup, policy: Policy): [number, SemanticFinding][] {
  const thresholds = semanticThresholds(policy);
  const head = contradictionHeadOf(policy);
  const isThin = distinctMembers(group).length < thresholds.distinctSubmissionsMin;
  const cues = new Map(group.members.map((member) => [member.index, scanCues(member.profile)]));
  const facts = new Map(group.members.map((member) => [member.index, factsOf(member.profile)]));
  const promptCues = scanCues(group.prompt);
  const promptFacts = factsOf(group.prompt);
  const promptStatement = statementOf(group.prompt, promptFacts);
  const statements = new Map(
    group.members.map(({ index, profile }) => [index, statementOf(profile, facts.get(index) ?? factsOf(profile))]),
  );
  const salads = wordSaladEvidences(group);
  return group.members.map((member, position) => {
    const others = othersOf(group, member);
    const peers = others.map((other) => other.profile);
    const { profile } = member;
    const own = {
      cues: cues.get(member.index) ?? scanCues(profile),
      facts: facts.get(member.index) ?? factsOf(profile),
    };
    const injection = injectionEvidence(
      own.cues,
      promptCues,
      others.flatMap((other) => cues.get(other.index) ?? []),
    );
    const conflicts = weighConflicts(
      head,
      statements.get(member.index) ?? statementOf(profile, own.facts),
      promptStatement,
      others.flatMap((other) => statements.get(other.index) ?? []),
      factConflicts(
        own.facts,
        promptFacts,
        others.flatMap((other) => facts.get(other.index) ?? []),
      ),
    );
    const relevance = isThin ? noPrompt : relevanceOf(profile, group.prompt, peers);
    const evidence: Evidence = {
      supported: basisPoints(relevance.supportedShare),
      consensus: basisPoints(relevance.consensusShare),
      prompt: basisPoints(relevance.promptShare),
      generic: basisPoints(genericShare(profile)),
      truncated: truncationEvidence(profile, group.prompt, peers),
      repetition: repetitionEvidence(profile, peers),
      echo: echoEvidence(profile, group.prompt, peers),
      refusal: refusalEvidence(profile, peers, relativeLength(profile, peers)),
      salad: salads[position] ?? 0,
      injection: injection.injection,
      judge: injection.aimedAtJudge,
      number: conflicts.number,
      name: conflicts.name,
      negation: conflicts.negation,
    };
    return [
      member.index,
      {
        ...findingOf(member, evidence, isThin, thresholds, conflicts.decisive, injection.offset),
        contradictionFeatures: conflicts.features,
      },
    ];
  });
}

type Evidence = Readonly<
  Record<
    | 'supported'
    | 'consensus'
    | 'prompt'
    | 'generic'
    | 'truncated'
    | 'repetition'
    | 'echo'
    | 'refusal'
    | 'salad'
    | 'injection'
    | 'judge'
    | 'number'
    | 'name'
    | 'negation',
    number
  >
>;

function findingOf(
  member: Member,
  evidence: Evidence,
  isThin: boolean,
  thresholds: SemanticThresholds,
  decisive: readonly string[],
  injectionOffset: number,
): SemanticFinding {
  const flags = flagsOf(evidence, thresholds);
  if (isThin) flags.push('too-few-submissions');
  if (member.profile.hiddenCount >= thresholds.hiddenCharactersMin) flags.push('hidden-characters');
  const measurement = { score: scoreOf(evidence, thresholds), flags: flagWord('semantic', flags) };
  return { measurement, evidence, decisive, injectionOffset };
}

function flagsOf(evidence: Evidence, thresholds: SemanticThresholds): FlagName<'semantic'>[] {
  const irrelevant = isIrrelevant(evidence, thresholds);
  const seen: [FlagName<'semantic'>, boolean][] = [
    ['irrelevant', irrelevant],
    ['filler', irrelevant && evidence.generic >= thresholds.fillerShareMin],
    ['truncated', evidence.truncated >= thresholds.truncationMin],
    ['repetition', evidence.repetition >= thresholds.repetitionMin],
    ['echo', evidence.echo >= thresholds.echoMin],
    ['refusal', evidence.refusal >= thresholds.refusalMin],
    ['word-salad', evidence.salad >= thresholds.wordSaladMin],
    ['injection', evidence.injection >= thresholds.injectionMin],
    ['aimed-at-judge', evidence.judge >= thresholds.aimedAtJudgeMin],
    ['number-conflict', evidence.number >= thresholds.numberConflictMin],
    ['name-conflict', evidence.name >= thresholds.nameConflictMin],
    ['negation-conflict', evidence.negation >= thresholds.negationConflictMin],
  ];
  return seen.filter(([, is]) => is).map(([name]) => name);
}

function isIrrelevant(evidence: Evidence, thresholds: SemanticThresholds): boolean {
  return evidence.supported < thresholds.supportedShareMin && evidence.consensus < thresholds.consensusShareEnough;
}

/**
 * 10,000 with no evidence against the text, 5,000 where the strongest evidence just reaches its threshold, 0 where it is
 * certain; linear between. Relevance counts the same way: 5,000 at its threshold.
 */
function scoreOf(evidence: Evidence, thresholds: SemanticThresholds): number {
  const against: [number, number][] = [
    [evidence.truncated, thresholds.truncationMin],
    [evidence.repetition, thresholds.repetitionMin],
    [evidence.echo, thresholds.echoMin],
    [evidence.refusal, thresholds.refusalMin],
    [evidence.salad, thresholds.wordSaladMin],
    [evidence.injection, thresholds.injectionMin],
    [evidence.judge, thresholds.aimedAtJudgeMin],
    [evidence.number, thresholds.numberConflictMin],
    [evidence.name, thresholds.nameConflictMin],
    [evidence.negation, thresholds.negationConflictMin],
  ];
  const penalties = against.map(([value, threshold]) =>
    value < threshold
      ? (5_000 * value) / threshold
      : 5_001 + (4_999 * (value - threshold)) / Math.max(1, 10_000 - threshold),
  );
  const worst = Math.max(...penalties);
  const relevance = Math.max(
    evidence.supported / Math.max(1, thresholds.supportedShareMin),
    evidence.consensus / Math.max(1, thresholds.consensusShareEnough),
  );
  const relevanceScore = relevance < 1 ? 4_999 * relevance : 5_000 + 5_000 * Math.min(1, relevance - 1);
  return Math.round(Math.max(0, Math.min(10_000 - worst, relevanceScore)));
}

function basisPoints(share: number): number {
  return Math.round(share * 10_000);
}
