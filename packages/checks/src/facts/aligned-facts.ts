/**
 * Facts of a long answer, sentence by sentence: a number or a name that stands here alone where at least two others agree on
 * another one, and a sentence that denies what at least two others state, or states what they deny. Sentences are aligned
 * by the topic words that they share, the rarer in the task the better; negators also by the words right beside them.
 */
import type { Term } from '../decision/additive-model.ts';
import { amongDrawn } from '../decision/steady.ts';
import { deniesWhatFollows, goesOnAfter, openingDenial } from './denied-opening.ts';
import type { StatedSentence, Statements } from './statements.ts';

/** Which way each feature speaks against an answer. All are basis points, 0 … 10,000. */
export const alignedFactSides = {
  /** A sentence whose closest sentences in two others have the other parity of negators: how much closer than with the same. */
  negation: 'above',
  /** A negator between words that follow each other directly in two others: how many neighbours they share. */
  inserted: 'above',
  /** A sentence that announces what follows, and denies it: "Here is not a recipe:" (see `denied-opening.ts`). */
  announced: 'above',
  /** The first sentence denies, and those of two others do not; half of it where it concedes something. */
  opening: 'above',
  /** A number or name that nobody else has, where the closest sentences of two others have one that this answer lacks: how close. */
  replaced: 'above',
  /** The same anywhere in the answer: how far others agree on one that it lacks, by the number of those that it alone has. */
  gone: 'above',
} as const satisfies Record<string, Term['side']>;

/** The name of a feature. */
export type AlignedFactName = keyof typeof alignedFactSides;
export const alignedFactNames = Object.keys(alignedFactSides) as AlignedFactName[];
/** The features of one answer. */
export type AlignedFacts = Readonly<Record<AlignedFactName, number>>;

/** A sentence of the answer, and what another one says in its place; shortened. */
export interface SentencePair {
  readonly own: string;
  readonly other: string;
  /** Of what kind the fact is. */
  readonly kind: FactKind;
}

type ItemKind = 'number' | 'name';
type FactKind = ItemKind | 'negation';

/** What was found on one answer. */
export interface AlignedFinding {
  readonly features: AlignedFacts;
  /** For each feature that is above 0, where it was found. */
  readonly pairs: Readonly<Partial<Record<AlignedFactName, SentencePair>>>;
}

const noFacts: AlignedFacts = {
  negation: 0,
  inserted: 0,
  announced: 0,
  opening: 0,
  replaced: 0,
  gone: 0,
};
/** Topic words that two aligned sentences share at least. */
const sharedMin = 3;
/** Independent voices on the other side, at least. */
const voicesMin = 2;
const shownChars = 160;

type WeightOf = (stem: string) => number;
interface Found {
  readonly evidence: number;
  readonly other: string;
}
const nothing: Found = { evidence: 0, other: '' };

/** Compares one answer with the others (in any order); no evidence with fewer than two others. */
export function alignedFactsOf(own: Statements, prompt: Statements, others: readonly Statements[]): AlignedFinding {
  if (others.length < voicesMin) return { features: noFacts, pairs: {} };
  const features: Record<AlignedFactName, number> = { ...noFacts };
  const pairs: Partial<Record<AlignedFactName, SentencePair>> = {};
  const note = (name: AlignedFactName, kind: FactKind, text: string, { evidence, other }: Found): void => {
    const value = Math.round(10_000 * Math.max(0, Math.min(1, evidence)));
    if (value <= features[name]) return;
    features[name] = value;
    pairs[name] = { kind, own: text.slice(0, shownChars), other: other.slice(0, shownChars) };
  };
  const weightOf = rarityIn([own, ...others]);
  const voices = [prompt, ...others];
  note('opening', 'negation', own.sentences[0]?.text ?? '', deniedOpening(own, others));
  for (const [at, sentence] of own.sentences.entries()) {
    const { text } = sentence;
    if (goesOnAfter(own, at) && deniesWhatFollows(text))
      note('announced', 'negation', text, { evidence: 1, other: '' });
    if (sentence.stems.size < sharedMin) continue;
    note('negation', 'negation', text, negationOf(sentence, others, weightOf));
    for (const place of sentence.denials) note('inserted', 'negation', text, insertedAt(own, place, voices));
  }
  for (const kind of ['number', 'name'] as const) {
    const lone = loneItems(kind, own, voices);
    for (const sentence of lone.sentences)
      note('replaced', kind, sentence.text, replacedIn(kind, sentence, own, others, weightOf));
    if (lone.count === 0) continue;
    const { evidence, other } = goneFrom(kind, own, others);
    note('gone', kind, lone.sentences[0]?.text ?? '', { evidence: evidence / lone.count, other });
  }
  return { features, pairs };
}

/** Weight of a word: 1 over one more than the number of sentences that have it. */
function rarityIn(texts: readonly Statements[]): WeightOf {
  const counts = new Map<string, number>();
  for (const { sentences } of texts)
    for (const { stems } of sentences) for (const stem of stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  return (stem) => 1 / (1 + (counts.get(stem) ?? 0));
}

/**
 * For each sentence of another text that shares enough topic words with one of this: the share of that one's weight of words that it
 * has, by its place in the text.
 */
function overlapsOf(own: StatedSentence, { sentencesWith }: Statements, weightOf: WeightOf): Map<number, number> {
  const shared = new Map<number, { weight: number; count: number }>();
  let all = 0;
  for (const stem of own.stems) {
    const weight = weightOf(stem);
    all += weight;
    for (const place of sentencesWith.get(stem) ?? []) {
      const known = shared.get(place) ?? { weight: 0, count: 0 };
      if (known.count === 0) shared.set(place, known);
      known.weight += weight;
      known.count++;
    }
  }
  const close = [...shared].filter(([, { count }]) => count >= sharedMin);
  return new Map(close.map(([place, { weight }]) => [place, weight / all]));
}

/** How much closer the second-most contrary voice is with the other parity, less what the most agreeing one says for it. */
function negationOf(sentence: StatedSentence, others: readonly Statements[], weightOf: WeightOf): Found {
  const denies = sentence.denials.length % 2;
  const found = others.map((other) => {
    let [same, opposite, text] = [0, 0, ''];
    for (const [place, overlap] of overlapsOf(sentence, other, weightOf)) {
      const one = other.sentences[place];
      if (one === undefined) continue;
      if (one.denials.length % 2 === denies) same = Math.max(same, overlap);
      else if (overlap > opposite || (overlap === opposite && one.text < text)) [opposite, text] = [overlap, one.text];
    }
    return { gain: opposite - same, text };
  });
  found.sort((a, b) => b.gain - a.gain || (a.text < b.text ? -1 : 1));
  const against = Math.max(0, -(found.at(-1)?.gain ?? 0));
  const gains = found.map(({ gain }) => gain);
  return { evidence: amongDrawn(gains, voicesMin) - against, other: found[0]?.text ?? '' };
}

/** How many neighbours the second-closest voice has without the negator between them. */
function insertedAt(own: Statements, at: number, voices: readonly Statements[]): Found {
  const [before, after] = [own.words[at - 1], own.words[at + 1]];
  if (before === undefined || after === undefined) return nothing;
  const found = voices.map((voice): Found => {
    let best = nothing;
    for (const place of voice.places.get(before) ?? []) {
      if (voice.words[place + 1] !== after) continue;
      const next = voice.words[place + 2] === own.words[at + 2] ? 0.4 : 0;
      const evidence = 0.4 + next + (voice.words[place - 1] === own.words[at - 2] ? 0.2 : 0);
      if (evidence > best.evidence) best = { evidence, other: wordsAround(voice, place) };
    }
    return best;
  });
  found.sort((a, b) => b.evidence - a.evidence || (a.other < b.other ? -1 : 1));
  const values = found.map(({ evidence }) => evidence);
  return { evidence: amongDrawn(values, voicesMin), other: found[voicesMin - 1]?.other ?? '' };
}

/** How far two others open without the denial of this one. */
function deniedOpening(own: Statements, others: readonly Statements[]): Found {
  const denial = goesOnAfter(own, 0) ? openingDenial(own) : 0;
  if (denial === 0) return nothing;
  const found = others
    .map((other) => ({ evidence: Math.max(0, denial - openingDenial(other)), other: other.sentences[0]?.text ?? '' }))
    .sort((a, b) => b.evidence - a.evidence || (a.other < b.other ? -1 : 1));
  const values = found.map(({ evidence }) => evidence);
  return { evidence: amongDrawn(values, voicesMin), other: found[0]?.other ?? '' };
}

/** The numbers or names that no voice has: the sentences that have one, and how many different ones there are. */
function loneItems(kind: ItemKind, own: Statements, voices: readonly Statements[]) {
  const isLone = (key: string): boolean => isItem(kind, key, own) && !voices.some((voice) => voice.mentioned.has(key));
  const keys = new Set<string>();
  const sentences = own.sentences.filter((sentence) => {
    const lone = sentence[`${kind}s`].filter(({ key }) => isLone(key));
    for (const { key } of lone) keys.add(key);
    return lone.length > 0;
  });
  return { count: keys.size, sentences };
}

/** A word that is also written in lower case is no name. */
function isItem(kind: ItemKind, key: string, { small }: Statements): boolean {
  return kind === 'number' || !small.has(key);
}

/** How close the second-closest of the others comes with a sentence on another number or name, which this answer lacks. */
function replacedIn(
  kind: ItemKind,
  sentence: StatedSentence,
  own: Statements,
  others: readonly Statements[],
  weightOf: WeightOf,
): Found {
  if (sentence.stems.size < sharedMin) return nothing;
  const found = new Map<string, Found[]>();
  for (const other of others) {
    const closest = new Map<string, Found>();
    for (const [place, evidence] of overlapsOf(sentence, other, weightOf)) {
      const one = other.sentences[place];
      for (const { key } of one?.[`${kind}s`] ?? []) {
        if (own.mentioned.has(key) || !isItem(kind, key, other)) continue;
        if (evidence > (closest.get(key)?.evidence ?? 0)) closest.set(key, { evidence, other: one?.text ?? '' });
      }
    }
    for (const [key, one] of closest) found.set(key, [...(found.get(key) ?? []), one]);
  }
  let best = nothing;
  for (const places of found.values()) {
    places.sort((a, b) => b.evidence - a.evidence || (a.other < b.other ? -1 : 1));
    const values = others.map((_, position) => places[position]?.evidence ?? 0);
    const evidence = amongDrawn(values, voicesMin);
    if (evidence > best.evidence) best = { evidence, other: places[0]?.other ?? '' };
  }
  return best;
}

/** How far the others agree on a number or name that this answer lacks: whether two of three that are drawn have it. */
function goneFrom(kind: ItemKind, own: Statements, others: readonly Statements[]): Found {
  const found = new Map<string, { count: number; text: string }>();
  for (const other of others) {
    const told = new Map<string, string>();
    for (const sentence of other.sentences)
      for (const { key } of sentence[`${kind}s`])
        if (!own.mentioned.has(key) && isItem(kind, key, other) && !told.has(key)) told.set(key, sentence.text);
    for (const [key, text] of told) {
      const known = found.get(key);
      const isFirst = known === undefined || text < known.text;
      found.set(key, { count: (known?.count ?? 0) + 1, text: isFirst ? text : known.text });
    }
  }
  let [most, shown] = [0, ''];
  for (const { count, text } of found.values())
    if (count > most || (count === most && text < shown)) [most, shown] = [count, text];
  return {
    evidence: amongDrawn(
      others.map((_, at) => Number(at < most)),
      voicesMin,
    ),
    other: shown,
  };
}

function wordsAround({ words }: Statements, place: number): string {
  return words.slice(Math.max(0, place - 4), place + 5).join(' ');
}
