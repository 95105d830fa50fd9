/**
 * Facts of a long answer, sentence by sentence: a number or a name that stands here alone where at least two others agree on
 * another one, and a sentence that denies what at least two others state, or states what they deny. Sentences are aligned
 * by the topic words that they share, the rarer in the task the better; words also by those right beside them.
 */
import type { Term } from '../decision/additive-model.ts';
import { amongDrawn } from '../decision/steady.ts';
import { functionWords } from '../text/function-words.ts';
import { stemOf } from '../text/text-profile.ts';
import type { StatedItem, StatedSentence, Statements } from './statements.ts';

/** Which way each feature speaks against an answer. All are basis points, 0 … 10,000. */
export const alignedFactSides = {
  /** A sentence whose closest sentences in two others have the other parity of negators: how much closer than with the same. */
  negation: 'above',
  /** A negator between words that follow each other directly in two others: how many neighbours they share. */
  inserted: 'above',
  /** A sentence that announces what follows, and denies it: "Here is not a recipe:". */
  announced: 'above',
  /** A number that nobody else has, between the same words as another one that two others have. */
  numberSwapped: 'above',
  /** The same for a name. */
  nameSwapped: 'above',
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
}

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
  numberSwapped: 0,
  nameSwapped: 0,
};
/** Topic words that two aligned sentences share at least. */
const sharedMin = 3;
/** Independent voices on the other side, at least. */
const voicesMin = 2;
const shownChars = 160;
/** How much the words right beside a place count, and those one further. */
const besideWeight = 0.35;
const nextWeight = 0.15;

/** What announces the text behind it, and what agrees to give it. */
const announcing = /\b(?:here(?:['’]s| is| are)?|follow(?:ing|s)?|these steps|below)\b|:\s*$/iu;
const agreeing = /^\W*(?:sure|certainly|of course|absolutely|yes)\b/iu;
/** Sentences that must come after an announcement. */
const sentencesAfter = 2;
const clauseEnd = /[,;:–—](?=\s)|\b(?:but|however|because|so)\b/giu;

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
  const note = (name: AlignedFactName, { text }: StatedSentence, { evidence, other }: Found): void => {
    const value = Math.round(10_000 * Math.max(0, Math.min(1, evidence)));
    if (value <= features[name]) return;
    features[name] = value;
    pairs[name] = { own: text.slice(0, shownChars), other: other.slice(0, shownChars) };
  };
  const weightOf = rarityIn([own, ...others]);
  const voices = [prompt, ...others];
  for (const [at, sentence] of own.sentences.entries()) {
    const goesOn = own.sentences.length - at > sentencesAfter;
    if (goesOn && deniesWhatFollows(own, sentence)) note('announced', sentence, { evidence: 1, other: '' });
    if (sentence.stems.size < sharedMin) continue;
    note('negation', sentence, negationOf(sentence, others, weightOf));
    for (const at of sentence.denials) note('inserted', sentence, insertedAt(own, at, voices));
    for (const kind of ['number', 'name'] as const) {
      for (const item of sentence[`${kind}s`]) {
        if (voices.some((voice) => voice.mentioned.has(item.key)) || (kind === 'name' && own.small.has(item.key)))
          continue;
        note(`${kind}Swapped`, sentence, swappedAt(item, own, voices));
      }
    }
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

/** True if a clause that announces what follows, or the one after "Sure,", has an odd number of negators. */
function deniesWhatFollows({ words }: Statements, { text, denials }: StatedSentence): boolean {
  if (denials.length === 0 || (!announcing.test(text) && !agreeing.test(text))) return false;
  const negators = new Set(denials.map((at) => words[at] ?? ''));
  let start = 0;
  const clauses = [...text.matchAll(clauseEnd)].map(({ index }) => {
    const clause = text.slice(start, index);
    start = index;
    return clause;
  });
  return [...clauses, text.slice(start)].some((clause, at) => {
    const own = clause.toLowerCase().match(/[\p{L}'’]+/gu) ?? [];
    const isDenied = own.filter((word) => negators.has(word.replaceAll('’', "'"))).length % 2 === 1;
    return isDenied && (announcing.test(clause) || (at === 1 && agreeing.test(text)));
  });
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

/** A word that at least two voices have, this answer nowhere, and one of them between the words that are beside the item here. */
function swappedAt({ at }: StatedItem, own: Statements, voices: readonly Statements[]): Found {
  const found = new Map<string, Found[]>();
  for (const voice of voices) {
    const closest = new Map<string, Found>();
    const look = (place: number): void => {
      const word = voice.words[place];
      if (word === undefined || functionWords.has(word) || own.places.has(word) || own.mentioned.has(stemOf(word)))
        return;
      const same = (offset: number): number => Number(voice.words[place + offset] === own.words[at + offset]);
      const evidence = besideWeight * (same(-1) + same(1)) + nextWeight * (same(-2) + same(2));
      if (evidence > (closest.get(word)?.evidence ?? 0))
        closest.set(word, { evidence, other: wordsAround(voice, place) });
    };
    for (const place of voice.places.get(own.words[at - 1] ?? '') ?? []) look(place + 1);
    for (const place of voice.places.get(own.words[at + 1] ?? '') ?? []) look(place - 1);
    for (const [word, one] of closest) found.set(word, [...(found.get(word) ?? []), one]);
  }
  let best = nothing;
  for (const [word, places] of found) {
    const count = voices.filter((voice) => voice.places.has(word)).length;
    if (count < voicesMin) continue;
    places.sort((a, b) => b.evidence - a.evidence || (a.other < b.other ? -1 : 1));
    const values = voices.map((_, position) => places[position]?.evidence ?? 0);
    const evidence = amongDrawn(values, 1) * (0.5 + 0.5 * Math.min(1, count / (voices.length - 1)));
    if (evidence > best.evidence) best = { evidence, other: places[0]?.other ?? '' };
  }
  return best;
}

function wordsAround({ words }: Statements, place: number): string {
  return words.slice(Math.max(0, place - 4), place + 5).join(' ');
}
