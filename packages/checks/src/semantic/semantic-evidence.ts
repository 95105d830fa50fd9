/** All evidence of the semantic check for or against one submission, measured once for each task. */
import type { Policy } from '@assay/protocol/policy/policy';
import { distinctMembers, type Member, othersOf, type PeerGroup } from '../agreement/peer-group.ts';
import type { LogisticModel } from '../calibration/logistic-fit.ts';
import { type AdditiveModel, modelIn } from '../decision/additive-model.ts';
import type { AlignedFacts } from '../facts/aligned-facts.ts';
import { type Statement, statementOf, type Wording, wordingOf } from '../facts/contradiction.ts';
import {
  contradictionHeadOf,
  type HeadConflicts,
  othersComparedMin,
  weighConflicts,
} from '../facts/contradiction-head.ts';
import { factConflicts } from '../facts/fact-conflict.ts';
import { type Facts, factsOf } from '../facts/stated-facts.ts';
import { type Statements, statementsOf } from '../facts/statements.ts';
import { askedForm, formEvidence, type KeptForm, keptForm } from '../form/asked-form.ts';
import { echoEvidence } from '../form/echo.ts';
import { genericShare } from '../form/filler.ts';
import { languageOf } from '../form/language.ts';
import { refusalEvidence } from '../form/refusal-text.ts';
import { type Relevance, relativeLength, relevanceOf } from '../form/relevance.ts';
import { repetitionEvidence } from '../form/repetition.ts';
import { truncationEvidence } from '../form/truncation.ts';
import { makesUpTurns, repeatsTurn, turnsOf } from '../form/turns.ts';
import { wordSaladEvidences } from '../form/word-salad.ts';
import { isOpenPrompt } from '../kinds/open-prompt.ts';
import { shortShareOf } from '../kinds/short-answers.ts';
import { type ReadAnswer, type ValueConflict, valueComparison } from '../kinds/value-conflict.ts';
import { type CueScan, injectionEvidence, scanCues } from '../safety/injection.ts';
import { type SafetyFinding, type SafetyScan, safetyFindings, scanSafety } from '../safety/safety.ts';
import { medianOf, type TextProfile } from '../text/text-profile.ts';
import { factsName, longConflictsOf } from './long-facts.ts';
import { semanticThresholds } from './semantic-thresholds.ts';

/**
 * Evidence by name, basis points. `supported`, `consensus` and `prompt` count for a text, the others against it; with `loose`,
 * missing words only leave it undecided. `stated…` are other values under a key that the others share, `long…` contradictions
 * of long answers.
 */
export type SemanticEvidence = Readonly<Record<EvidenceName, number>>;

type EvidenceName =
  | 'supported'
  | 'consensus'
  | 'prompt'
  | 'generic'
  | 'loose'
  | 'truncated'
  | 'repetition'
  | 'echo'
  | 'refusal'
  | 'salad'
  | 'injection'
  | 'judge'
  | 'exfiltration'
  | 'foreign'
  | 'number'
  | 'name'
  | 'negation'
  | 'statedNumber'
  | 'statedName'
  | 'longNumber'
  | 'longName'
  | 'longNegation'
  | 'format'
  | 'language';

/** An offset in a text's normal form, UTF-16 units, and the finding there. */
export interface FoundPlace {
  readonly what: string;
  readonly start: number;
  readonly end: number;
}

/** The evidence on one submission. */
export interface MemberEvidence {
  readonly member: Member;
  readonly evidence: SemanticEvidence;
  readonly decisive: readonly string[];
  readonly places: readonly FoundPlace[];
  /** Features of the contradiction head (see `contradiction.ts`); empty with fewer than three others. */
  readonly contradictionFeatures: readonly number[];
  /** Features of the decision on the facts of long answers; absent in a task of short ones and with too few others. */
  readonly alignedFacts: AlignedFacts | undefined;
}

/** One text, parsed once. Parts that only a comparison needs are computed on demand. */
interface Reading {
  readonly cues: CueScan;
  readonly safety: SafetyScan;
  readonly facts: () => Facts;
  readonly statement: () => Statement;
  readonly statements: () => Statements;
  readonly language: () => string | undefined;
}

interface TaskReading {
  readonly group: PeerGroup;
  readonly isThin: boolean;
  /** See `open-prompt.ts`: then only numbers are held against an answer. */
  readonly isOpen: boolean;
  readonly wording: () => Wording;
  readonly prompt: Reading;
  readonly texts: ReadonlyMap<number, Reading>;
  readonly forms: ReadonlyMap<number, KeptForm>;
  readonly salads: readonly number[];
  readonly relevances: ReadonlyMap<number, Relevance>;
  /** The usual share of common words in this task: an open question has many right answers. */
  readonly usualSupport: number;
  readonly turns: readonly TextProfile[];
  readonly values: ReturnType<typeof valueComparison>;
  readonly answers: ReadonlyMap<number, ReadAnswer>;
  readonly head: LogisticModel | undefined;
  /** How far its answers are short: see `short-answers.ts`. */
  readonly shortShare: number;
  readonly longFacts: AdditiveModel | undefined;
}

const noPrompt: Relevance = { promptShare: 1, consensusShare: 1, supportedShare: 1 };
/** Minimum number of topic words for a text among short ones to be irrelevant: a shorter one is just another answer. */
const phraseStems = 4;
const phraseTokens = 60;
/** Topic words below which the share of generic ones says nothing. */
const genericStems = 6;
/** Shares of common words: from the first, a task has one topic; below the second, the share has no further effect. */
const usualSupportFull = 0.4;
const usualSupportMin = 0.1;

/** The evidence on each submission that has a text, or on `only` one. Linear in the length of the texts. */
export function semanticEvidences(
  group: PeerGroup,
  policy: Policy,
  distinctMin: number,
  only?: number,
): MemberEvidence[] {
  const wording = once(() =>
    wordingOf(
      group.prompt,
      group.members.map(({ profile }) => profile),
    ),
  );
  const texts = new Map(group.members.map(({ index, profile }) => [index, readingOf(profile, wording)]));
  const asked = askedForm(group.prompt.text);
  const relevances = new Map(group.members.map((member) => [member.index, relevanceAmong(group, member)]));
  const values = valueComparison(group.prompt);
  const task: TaskReading = {
    group,
    turns: turnsOf(group.prompt.text),
    values,
    answers: new Map(group.members.map(({ index, profile }) => [index, values.read(profile)])),
    isThin: distinctMembers(group).length < distinctMin,
    isOpen: isOpenPrompt(group.prompt.text),
    prompt: readingOf(group.prompt, wording),
    wording,
    texts,
    forms: new Map(group.members.map(({ index, profile }) => [index, keptForm(asked, profile)])),
    salads: wordSaladEvidences(group),
    relevances,
    usualSupport: medianOf(distinctMembers(group).map(({ index }) => relevances.get(index)?.supportedShare ?? 0)),
    head: contradictionHeadOf(policy),
    shortShare: shortShareOf(
      distinctMembers(group).map(({ profile }) => profile.tokens.length),
      semanticThresholds(policy),
    ),
    longFacts: modelIn(policy.roles.semantic.parameters, factsName),
  };
  return group.members.flatMap((member, position) =>
    only === undefined || member.index === only ? [evidenceOn(task, member, position)] : [],
  );
}

/** Minimum number of letters (without code) for a text to count as foreign. */
const languageLetters = 120;

function readingOf(profile: TextProfile, wording: () => Wording): Reading {
  const facts = once(() => factsOf(profile));
  return {
    cues: scanCues(profile),
    safety: scanSafety(profile),
    facts,
    statement: once(() => statementOf(profile, facts(), wording())),
    statements: once(() => statementsOf(profile)),
    language: once(() => (isProse(profile) ? languageOf(profile.text) : undefined)),
  };
}

/** Computes at the first call, then caches the result. */
function once<Value>(compute: () => Value): () => Value {
  let known: { readonly value: Value } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

/** Conflicts between the facts of one text and those of the others; none with too few others. */
function conflictsOf(
  head: LogisticModel | undefined,
  own: Reading,
  prompt: Reading,
  others: readonly Reading[],
): HeadConflicts {
  if (others.length < othersComparedMin) return { number: 0, name: 0, negation: 0, decisive: [], features: [] };
  const plain = factConflicts(
    own.facts(),
    prompt.facts(),
    others.map((other) => other.facts()),
  );
  return weighConflicts(
    head,
    own.statement(),
    prompt.statement(),
    others.map((other) => other.statement()),
    plain,
  );
}

/** Another value than the others' under the same key. */
function statedConflictOf(task: TaskReading, member: Member, others: readonly Member[]): ValueConflict {
  const own = task.answers.get(member.index);
  const theirs = others.flatMap((other) => task.answers.get(other.index) ?? []);
  if (own === undefined || theirs.length < othersComparedMin) return { number: 0, name: 0, decisive: undefined };
  return task.values.compare(own, theirs);
}

function evidenceOn(task: TaskReading, member: Member, position: number): MemberEvidence {
  const { group, prompt } = task;
  const { profile } = member;
  const own = task.texts.get(member.index) ?? readingOf(profile, task.wording);
  const others = othersOf(group, member);
  const peers = others.map((other) => other.profile);
  const readings = others.flatMap((other) => task.texts.get(other.index) ?? []);
  const steering = steeringOf(own, prompt, readings);
  const conflicts = conflictsOf(task.head, own, prompt, readings);
  const long = longConflictsOf(task.longFacts, {
    shortShare: task.shortShare,
    own: own.statements,
    prompt: prompt.statements,
    others: readings.map((reading) => reading.statements),
  });
  const stated = statedConflictOf(task, member, others);
  const isShort = (value: number): number => Math.round(value * task.shortShare);
  const relevance =
    task.isThin || isPhrase(profile, peers) ? noPrompt : (task.relevances.get(member.index) ?? noPrompt);
  const form = task.forms.get(member.index);
  const evidence: SemanticEvidence = {
    supported: basisPoints(Math.min(1, relevance.supportedShare * openness(task.usualSupport))),
    consensus: basisPoints(relevance.consensusShare),
    prompt: basisPoints(relevance.promptShare),
    generic: profile.stems.size < genericStems ? 0 : basisPoints(genericShare(profile)),
    loose: isLoose(task, peers) ? 10_000 : 0,
    truncated: truncationEvidence(profile, group.prompt, peers),
    repetition: repetitionEvidence(profile, peers),
    echo: repeatsTurn(profile, task.turns, peers) ? 10_000 : echoEvidence(profile, group.prompt, peers),
    refusal: refusalEvidence(profile, peers, relativeLength(profile, peers)),
    salad: task.salads[position] ?? 0,
    ...steering.evidence,
    number: isShort(conflicts.number),
    name: task.isOpen ? 0 : isShort(conflicts.name),
    negation: task.isOpen ? 0 : isShort(conflicts.negation),
    statedNumber: stated.number,
    statedName: stated.name,
    ...long.evidence,
    format: makesUpTurns(profile, peers)
      ? 8_000
      : form === undefined
        ? 0
        : formEvidence(
            form,
            others.flatMap((other) => task.forms.get(other.index) ?? []),
          ),
    language: readings.length < 2 ? 0 : languageEvidence(own.language(), readings),
  };
  return {
    member,
    evidence,
    decisive: [
      ...(stated.decisive === undefined ? [] : [stated.decisive]),
      ...(task.shortShare > 0 ? conflicts.decisive : []),
      ...long.decisive,
    ],
    places: steering.places,
    contradictionFeatures: conflicts.features,
    alignedFacts: long.features,
  };
}

interface Steering {
  readonly evidence: Pick<SemanticEvidence, 'injection' | 'judge' | 'exfiltration' | 'foreign'>;
  readonly places: readonly FoundPlace[];
}

/** A text's instructions to a model or judge, by both scans. */
function steeringOf(own: Reading, prompt: Reading, others: readonly Reading[]): Steering {
  const cues = injectionEvidence(
    own.cues,
    prompt.cues,
    others.map((other) => other.cues),
  );
  const findings = safetyFindings(
    own.safety,
    prompt.safety,
    others.map((other) => other.safety),
  );
  const strongest = (kinds: readonly SafetyFinding['kind'][]): number =>
    Math.max(0, ...findings.filter(({ kind }) => kinds.includes(kind)).map(({ evidence }) => evidence));
  const places = findings.map(({ kind, start, end }) => ({ what: kind, start, end }));
  const judge = cues.offset < 0 ? [] : [{ what: 'injection', start: cues.offset, end: cues.offset }];
  return {
    evidence: {
      injection: Math.max(cues.injection, strongest(['jailbreak', 'reply-order', 'override', 'encoded'])),
      judge: cues.aimedAtJudge,
      exfiltration: strongest(['exfiltration']),
      foreign: strongest(['foreign-request']),
    },
    places: [...judge, ...places].sort((a, b) => a.start - b.start),
  };
}

function relevanceAmong(group: PeerGroup, member: Member): Relevance {
  return relevanceOf(
    member.profile,
    group.prompt,
    othersOf(group, member).map((other) => other.profile),
  );
}

/** Factor for a share of common words if the texts have few in common. */
function openness(usualSupport: number): number {
  return usualSupportFull / Math.max(usualSupportMin, Math.min(usualSupportFull, usualSupport));
}

/** A short answer among short answers: facts and agreement decide whether it is right. */
function isPhrase(profile: TextProfile, peers: readonly TextProfile[]): boolean {
  return profile.stems.size < phraseStems && medianOf(peers.map((peer) => peer.tokens.length)) < phraseTokens;
}

/** Short answers that share few words: what one of them lacks, an answer in other words lacks too. */
function isLoose(task: TaskReading, peers: readonly TextProfile[]): boolean {
  return task.usualSupport < usualSupportFull && medianOf(peers.map((peer) => peer.tokens.length)) < phraseTokens;
}

function isProse({ text }: TextProfile): boolean {
  const sample = text.slice(0, 3_000).replace(/```[^`]*(?:```|$)|`[^`\n]*`/gu, '');
  return (
    (sample.match(/\p{L}/gu)?.length ?? 0) >= languageLetters &&
    (sample.match(/[=<>{}×+|/]/gu)?.length ?? 0) < sample.length / 40
  );
}

/** 9,000 if at least three quarters of the others (two or more) are in one language and this text is in another. */
function languageEvidence(own: string | undefined, others: readonly Reading[]): number {
  if (own === undefined) return 0;
  const known = others.flatMap((other) => other.language() ?? []);
  const counts = new Map<string, number>();
  for (const language of known) counts.set(language, (counts.get(language) ?? 0) + 1);
  const most = Math.max(0, ...counts.values());
  return !counts.has(own) && most >= 2 && most * 4 >= others.length * 3 ? 9_000 : 0;
}

function basisPoints(share: number): number {
  return Math.round(share * 10_000);
}
