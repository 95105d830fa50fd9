/** All evidence of the semantic check for or against one submission, measured once for each task. */
import type { Policy } from '@assay/protocol/policy/policy';
import { distinctMembers, type Member, othersOf, type PeerGroup } from '../agreement/peer-group.ts';
import { modelIn } from '../decision/additive-model.ts';
import type { AlignedFacts } from '../facts/aligned-facts.ts';
import { statementOf, type Wording, wordingOf } from '../facts/contradiction.ts';
import { contradictionHeadOf } from '../facts/contradiction-head.ts';
import { factsOf } from '../facts/stated-facts.ts';
import { statementsOf } from '../facts/statements.ts';
import { askedForm, formEvidence, type KeptForm, keptForm } from '../form/asked-form.ts';
import { echoEvidence } from '../form/echo.ts';
import { genericShare } from '../form/filler.ts';
import { isOtherScript, languageOf } from '../form/language.ts';
import { refusalEvidence } from '../form/refusal-text.ts';
import { type Relevance, relativeLength, relevanceOf } from '../form/relevance.ts';
import { repetitionEvidence } from '../form/repetition.ts';
import { truncationEvidence } from '../form/truncation.ts';
import { makesUpTurns, repeatsTurn, turnsOf } from '../form/turns.ts';
import { wordSaladEvidences } from '../form/word-salad.ts';
import { isOpenPrompt } from '../kinds/open-prompt.ts';
import { shortShareOf } from '../kinds/short-answers.ts';
import { valueComparison } from '../kinds/value-conflict.ts';
import { scanCues } from '../safety/injection.ts';
import { scanSafety } from '../safety/safety.ts';
import { gramSetOf, medianOf, type TextProfile } from '../text/text-profile.ts';
import { withoutAllies } from './allies.ts';
import { type CampReading, campOf, voicesOf } from './camps.ts';
import { factsName } from './long-facts.ts';
import { semanticThresholds } from './semantic-thresholds.ts';
import { type FoundPlace, isSteering, type Steering, type SteeringReading, steeringOf } from './steering.ts';
import {
  type ComparedTask,
  type ConflictEvidence,
  type StatedReading,
  witnessedConflicts,
} from './witnessed-conflicts.ts';

/**
 * Evidence by name, basis points. `supported`, `consensus` and `prompt` count for a text, the others against it; with `loose`,
 * missing words only leave it undecided. `stated…` are other values under a key that the others share, `long…` contradictions
 * of long answers. `schema` is set by `schema-evidence.ts`, and 0 before.
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
  | keyof ConflictEvidence
  | 'format'
  | 'schema'
  | 'language';

/** The evidence on one submission. */
export interface MemberEvidence {
  readonly member: Member;
  readonly evidence: SemanticEvidence;
  readonly decisive: readonly string[];
  readonly places: readonly FoundPlace[];
  /** Features of the contradiction head (see `contradiction.ts`); empty with fewer than three others. */
  readonly contradictionFeatures: readonly number[];
  /** It instructs a model or a judge as hardly any other does: see `steering.ts`. */
  readonly isContested: boolean;
  /** Features of the decision on the facts of long answers; absent in a task of short ones and with too few others. */
  readonly alignedFacts: AlignedFacts | undefined;
  /** See `camps.ts`; undefined in a task of long answers, and in one with many right ones. Other texts count only if heard. */
  readonly camp: (hearing: Hearing) => string | undefined;
  /** Its contradictions if texts in the same words count as one witness; undefined where none are in the same words. */
  readonly amongVoices: () => ConflictEvidence | undefined;
  /** Its contradictions without the others that state the same, for each choice of these: see `allies.ts`. */
  readonly withoutAllies: (hearing: Hearing) => readonly Pick<ConflictEvidence, 'number' | 'name' | 'negation'>[];
}

/** Whose texts count on what others state, by index of the submission. */
export interface Hearing {
  /** Not rejected for its form or for instructions. */
  readonly isHeard: (index: number) => boolean;
  /** And not for a contradiction either. */
  readonly isBelieved: (index: number) => boolean;
}

/** One text, parsed once. Parts that only a comparison needs are computed on demand. */
interface Reading extends StatedReading, CampReading, SteeringReading {
  readonly language: () => string | undefined;
}

interface TaskReading extends ComparedTask {
  readonly group: PeerGroup;
  readonly isThin: boolean;
  readonly wording: () => Wording;
  readonly prompt: Reading;
  readonly texts: ReadonlyMap<number, Reading>;
  readonly forms: ReadonlyMap<number, KeptForm>;
  readonly salads: readonly number[];
  readonly relevances: ReadonlyMap<number, Relevance>;
  /** The usual share of common words in this task: an open question has many right answers. */
  readonly usualSupport: number;
  readonly turns: readonly TextProfile[];
  /** What instructs a model or a judge in each text. One that does is no witness. */
  readonly steering: ReadonlyMap<number, Steering>;
  readonly witnesses: ReadonlySet<number>;
}

const noPrompt: Relevance = { promptShare: 1, consensusShare: 1, supportedShare: 1 };
/** Minimum number of topic words for a text among short ones to be irrelevant: a shorter one is just another answer. */
const phraseStems = 4;
const phraseTokens = 60;
/** A task whose answers are short at least so far has camps by words too, others only by numbers, names and sides. */
const wordCampsShare = 0.5;
/** Topic words below which the share of generic ones says nothing. */
const genericStems = 6;
/** Shares of common words: from the first, a task has one topic; below the second, the share has no further effect. */
const usualSupportFull = 0.4;
const usualSupportMin = 0.1;

/** The evidence on each submission that has a text, by its index; each is measured when it is asked for. Linear in the texts' length. */
export function semanticEvidences(
  group: PeerGroup,
  policy: Policy,
  distinctMin: number,
): ReadonlyMap<number, () => MemberEvidence> {
  const wording = once(() =>
    wordingOf(
      group.prompt,
      group.members.map(({ profile }) => profile),
    ),
  );
  const values = valueComparison(group.prompt);
  const read = (profile: TextProfile): Reading => readingOf(profile, wording, values);
  const texts = new Map(group.members.map(({ index, profile }) => [index, read(profile)]));
  const prompt = read(group.prompt);
  const steering = steeringIn(group, texts, prompt);
  const thresholds = semanticThresholds(policy);
  const asked = askedForm(group.prompt.text);
  const relevances = new Map(group.members.map((member) => [member.index, relevanceAmong(group, member)]));
  const task: TaskReading = {
    group,
    turns: turnsOf(group.prompt.text),
    values,
    steering,
    witnesses: new Set(
      group.members.flatMap(({ index }) => (isSteering(steering.get(index), thresholds) ? [] : [index])),
    ),
    isThin: distinctMembers(group).length < distinctMin,
    isOpen: isOpenPrompt(group.prompt.text),
    prompt,
    wording,
    texts,
    forms: new Map(group.members.map(({ index, profile }) => [index, keptForm(asked, profile)])),
    salads: wordSaladEvidences(group),
    relevances,
    usualSupport: medianOf(distinctMembers(group).map(({ index }) => relevances.get(index)?.supportedShare ?? 0)),
    head: contradictionHeadOf(policy),
    shortShare: shortShareOf(
      distinctMembers(group).map(({ profile }) => profile.tokens.length),
      thresholds,
    ),
    longFacts: modelIn(policy.roles.semantic.parameters, factsName),
  };
  return new Map(
    group.members.map((member, position) => [member.index, once(() => evidenceOn(task, member, position))]),
  );
}

/** Minimum number of letters (without code) for a text to count as foreign. */
const languageLetters = 120;

function readingOf(profile: TextProfile, wording: () => Wording, values: ReturnType<typeof valueComparison>): Reading {
  const facts = once(() => factsOf(profile));
  return {
    cues: scanCues(profile),
    safety: scanSafety(profile),
    facts,
    statement: once(() => statementOf(profile, facts(), wording())),
    statements: once(() => statementsOf(profile)),
    answer: once(() => values.read(profile)),
    triples: () => gramSetOf(profile, 3),
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

function evidenceOn(task: TaskReading, member: Member, position: number): MemberEvidence {
  const { group } = task;
  const { profile } = member;
  const own = task.texts.get(member.index) ?? readingOf(profile, task.wording, task.values);
  const others = othersOf(group, member);
  const peers = others.map((other) => other.profile);
  const readings = others.flatMap((other) => task.texts.get(other.index) ?? []);
  const steering = task.steering.get(member.index) ?? steeringOf(own, task.prompt, readings);
  const readingsWhere = (counts: (index: number) => boolean): Reading[] =>
    others.flatMap(({ index }) => (task.witnesses.has(index) && counts(index) ? (task.texts.get(index) ?? []) : []));
  const witnesses = readingsWhere(() => true);
  const believedBy = ({ isBelieved }: Hearing): ((text: CampReading) => boolean) => {
    const believed = new Set<CampReading>(readingsWhere(isBelieved));
    return (text) => believed.has(text);
  };
  const heard = witnessedConflicts(task, own, witnesses);
  const relevance =
    task.isThin || isPhrase(profile, peers) ? noPrompt : (task.relevances.get(member.index) ?? noPrompt);
  const form = task.forms.get(member.index);
  const evidence: SemanticEvidence = {
    supported: basisPoints(Math.min(1, relevance.supportedShare * openness(task.usualSupport))),
    consensus: basisPoints(relevance.consensusShare),
    prompt: basisPoints(relevance.promptShare),
    generic: profile.stems.size < genericStems ? 0 : basisPoints(genericShare(profile)),
    loose: isLoose(task, peers) || isOtherScript(profile.text) ? 10_000 : 0,
    truncated: truncationEvidence(profile, group.prompt, peers),
    repetition: repetitionEvidence(profile, peers),
    echo: repeatsTurn(profile, task.turns, peers) ? 10_000 : echoEvidence(profile, group.prompt, peers),
    refusal: refusalEvidence(profile, peers, relativeLength(profile, peers)),
    salad: task.salads[position] ?? 0,
    ...steering.evidence,
    ...heard.evidence,
    format: makesUpTurns(profile, peers)
      ? 8_000
      : form === undefined
        ? 0
        : formEvidence(
            form,
            others.flatMap((other) => task.forms.get(other.index) ?? []),
          ),
    schema: 0,
    language: readings.length < 2 ? 0 : languageEvidence(own.language(), readings),
  };
  return {
    member,
    evidence,
    decisive: heard.decisive,
    amongVoices: once(() => amongVoices(task, own, witnesses)),
    withoutAllies: (hearing) =>
      task.isOpen ? [] : withoutAllies(task, own, readingsWhere(hearing.isHeard), believedBy(hearing)),
    camp: (hearing) =>
      task.shortShare === 0 || task.isOpen
        ? undefined
        : campOf(task.prompt, own, readingsWhere(hearing.isHeard), {
            copies: copiesOf(group, member, hearing),
            countsWords: task.shortShare >= wordCampsShare,
            isBelieved: believedBy(hearing),
          }),
    places: steering.places,
    isContested: !task.witnesses.has(member.index),
    contradictionFeatures: heard.contradictionFeatures,
    alignedFacts: heard.alignedFacts,
  };
}

function steeringIn(group: PeerGroup, texts: ReadonlyMap<number, Reading>, prompt: Reading): Map<number, Steering> {
  return new Map(
    group.members.flatMap((member) => {
      const own = texts.get(member.index);
      if (own === undefined) return [];
      const others = othersOf(group, member).flatMap(({ index }) => texts.get(index) ?? []);
      return [[member.index, steeringOf(own, prompt, others)] as const];
    }),
  );
}

function amongVoices(task: TaskReading, own: Reading, witnesses: readonly Reading[]): ConflictEvidence | undefined {
  const voices = voicesOf(witnesses);
  return voices.length === witnesses.length ? undefined : witnessedConflicts(task, own, voices).evidence;
}

/** Submissions of nearly the same text as a member's that are no witnesses. */
function copiesOf({ members }: PeerGroup, member: Member, { isHeard }: Hearing): number {
  if (member.isOfMajority) return 0;
  const original = member.duplicateOf ?? member.index;
  const copies = members.filter(
    ({ index, duplicateOf }) => index !== member.index && (duplicateOf ?? index) === original,
  );
  return copies.filter(({ index }) => isHeard(index)).length;
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
