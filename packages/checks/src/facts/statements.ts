/** Reads a long text for a comparison sentence by sentence: its prose, with the numbers, names and negators of each sentence. */
import { deniesAt, functionWords } from '../text/function-words.ts';
import { sentencesOf } from '../text/sentences.ts';
import type { TextProfile } from '../text/text-profile.ts';
import { isQuantity, plainNumber } from './stated-facts.ts';

/** A number or a name, and where it stands among the text's words. */
export interface StatedItem {
  readonly key: string;
  readonly at: number;
}

/** One sentence or line of prose. */
export interface StatedSentence {
  readonly text: string;
  /** Stems of its topic words. */
  readonly stems: ReadonlySet<string>;
  readonly numbers: readonly StatedItem[];
  readonly names: readonly StatedItem[];
  /** Places of negators among the text's words. An odd number of them denies. */
  readonly denials: readonly number[];
}

/** A text's statements. */
export interface Statements {
  readonly sentences: readonly StatedSentence[];
  /** The places, in `sentences`, of those that have a topic word. */
  readonly sentencesWith: ReadonlyMap<string, readonly number[]>;
  /** Words in lower case and numbers in plain notation, in order, and the places of each. */
  readonly words: readonly string[];
  readonly places: ReadonlyMap<string, readonly number[]>;
  /** Stems of all words, and all numbers. */
  readonly mentioned: ReadonlySet<string>;
  /** Stems of words that are written in lower case somewhere: none of them is a name. */
  readonly small: ReadonlySet<string>;
}

/** Sentences of one text that are compared: those after them are left out. */
const sentencesMax = 160;
/** Places of one word that are looked at. */
const placesMax = 40;
const nameLetters = 3;
/** A sentence denies nothing behind one of these words: it only supposes. */
const supposing = new Set('if when whether unless assume assuming suppose wenn falls ob si se'.split(' '));
/** Code and formulas have more of these marks than one in so many characters. */
const codeMark = /[=<>{}()[\];_\\|$]/gu;
const charsForMark = 20;
const fence = /^\s{0,8}(?:```|~~~)/gmu;

/** Reads a text. Linear; code, fenced or not, is left out. */
export function statementsOf(profile: TextProfile): Statements {
  const { tokens } = profile;
  const words = tokens.map((token) => (token.isNumber ? plainNumber(token.written) : token.lower));
  const places = new Map<string, number[]>();
  words.forEach((word, at) => {
    const known = places.get(word) ?? [];
    if (known.length === 0) places.set(word, known);
    if (known.length < placesMax) known.push(at);
  });
  const mentioned = new Set(tokens.map((token, at) => (token.isNumber ? (words[at] ?? '') : token.stem)));
  const small = new Set(
    tokens.filter((token) => !token.isNumber && token.written === token.lower).map((token) => token.stem),
  );
  const fences = fencedIn(profile.text);
  let first = 0;
  const sentences = sentencesOf(profile)
    .filter(({ text, start }) => !isCode(text) && !fences.some(({ from, to }) => start >= from && start < to))
    .slice(0, sentencesMax)
    .map(({ text, stems, start, end }): StatedSentence => {
      while ((tokens[first]?.start ?? start) < start) first++;
      const from = first;
      while ((tokens[first]?.start ?? end) < end) first++;
      return { text, stems, ...itemsOf(profile, from, first) };
    });
  const sentencesWith = new Map<string, number[]>();
  for (const [at, { stems }] of sentences.entries())
    for (const stem of stems) {
      const known = sentencesWith.get(stem) ?? [];
      if (known.length === 0) sentencesWith.set(stem, known);
      known.push(at);
    }
  return { sentences, sentencesWith, words, places, mentioned, small };
}

function itemsOf(profile: TextProfile, from: number, to: number): Omit<StatedSentence, 'text' | 'stems'> {
  const { tokens } = profile;
  const numbers: StatedItem[] = [];
  const names: StatedItem[] = [];
  const denials: number[] = [];
  let isSupposed = false;
  for (let at = from; at < to; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (!isSupposed && deniesAt(tokens, at)) denials.push(at);
    isSupposed ||= supposing.has(token.lower);
    if (token.isNumber) {
      if (isQuantity(profile, at)) numbers.push({ key: plainNumber(token.written), at });
      continue;
    }
    const isName = /^\p{Lu}/u.test(token.written) && !token.opensSentence && token.lower.length >= nameLetters;
    if (isName && !functionWords.has(token.lower)) names.push({ key: token.stem, at });
  }
  return { numbers, names, denials };
}

function isCode(text: string): boolean {
  return (text.match(codeMark)?.length ?? 0) * charsForMark > text.length;
}

function fencedIn(text: string): { readonly from: number; readonly to: number }[] {
  const marks = [...text.matchAll(fence)].map(({ index }) => index);
  return marks.flatMap((from, at) => (at % 2 === 0 ? [{ from, to: marks[at + 1] ?? text.length }] : []));
}
