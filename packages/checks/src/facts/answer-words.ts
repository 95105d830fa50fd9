/** The words of a short answer without the question's own words. */
import { functionWords, isNegator } from '../text/function-words.ts';
import type { TextProfile, Token } from '../text/text-profile.ts';
import { numberWords } from './number-words.ts';
import { plainNumber } from './stated-facts.ts';

/** A text's content beyond its question. */
export interface AnswerWords {
  /** Key → weight: words that look rarer have more weight (see {@link weightOf}). */
  readonly words: ReadonlyMap<string, number>;
  /** Key → the word as it first stands in the text, for people. */
  readonly written: ReadonlyMap<string, string>;
  readonly names: ReadonlySet<string>;
  /** In plain notation. */
  readonly numbers: ReadonlySet<string>;
  /** Keys in order of appearance, each once. */
  readonly order: readonly string[];
  /** Letter triples of the keys. */
  readonly trigrams: ReadonlySet<string>;
  readonly negations: number;
  readonly hedges: number;
  /** Words and numbers of the whole text, the question's too. */
  readonly length: number;
}

/** Maximum number of keys of one text: the answer to a short question is short. */
const keysMax = 400;

const hedges =
  /\b(?:not sure|unsure|uncertain|unclear|unknown|not (?:clear|specified|mentioned|provided|available|aware|able|enough)|no (?:information|specific|record|official|definitive|clear)|cannot|can't|could not|couldn't|don't (?:have|know)|do not (?:have|know)|unable|sorry|may have|might|possibly|perhaps|depends?|as of my|knowledge cutoff|more (?:information|context)|clarify|it is not|there is no|however|rumou?red|please)\b/giu;

/** Parses a text. `question` has the stems that do not count. Linear. */
export function answerWordsOf(text: TextProfile, question: TextProfile): AnswerWords {
  const asked = new Set(question.tokens.flatMap((token) => [keyOf(token), token.stem]));
  const words = new Map<string, number>();
  const written = new Map<string, string>();
  const names = new Set<string>();
  const numbers = new Set<string>();
  let negations = 0;
  for (const token of text.tokens) {
    if (isNegator(token.lower)) negations++;
    if (isFootnote(text.text, token)) continue;
    const key = keyOf(token);
    if (
      words.size >= keysMax ||
      (functionWords.has(token.lower) && token.lower !== 'one' && token.lower !== 'once') ||
      asked.has(key) ||
      asked.has(token.stem)
    )
      continue;
    const isNumber = numberOf(token) !== undefined || token.isNumber;
    const isName = !isNumber && /^\p{Lu}/u.test(token.written);
    if (isNumber) numbers.add(key);
    if (isName) names.add(key);
    if (!words.has(key)) written.set(key, token.written);
    words.set(key, Math.max(words.get(key) ?? 0, weightOf(key, isNumber, isName, token.opensSentence)));
  }
  const trigrams = new Set<string>();
  for (const key of words.keys())
    for (let at = -1; at + 2 <= key.length; at++) trigrams.add(` ${key} `.slice(at + 1, at + 4));
  return {
    words,
    written,
    names,
    numbers,
    order: [...words.keys()],
    trigrams,
    negations,
    hedges: text.text.slice(0, 4_000).match(hedges)?.length ?? 0,
    length: text.tokens.length,
  };
}

/** Normal form of a word: no accents, no possessive, no plural s; numbers in plain notation. */
function keyOf(token: Token): string {
  const digits = numberOf(token);
  if (digits !== undefined) return digits;
  if (token.isNumber) return plainNumber(token.written).replace(/^((?:1[5-9]|20)\d{2})\.?\d$/, '$1');
  let word = token.lower.replace(/'.{0,2}$/u, '');
  const glued = /^\p{Ll}{2,4}(?=\p{Lu}\p{Ll}{2})/u.exec(token.written);
  if (glued !== null && functionWords.has(glued[0])) word = word.slice(glued[0].length);
  if (/[^a-z]/.test(word)) word = word.normalize('NFD').replace(/\p{M}/gu, '');
  return word.length > 3 && word.endsWith('s') && !word.endsWith('ss') ? word.slice(0, -1) : word;
}

/** Digits of a number word; "one" only if it counts something. */
function numberOf(token: Token): string | undefined {
  return numberWords.get(token.lower) ?? countWords.get(token.lower);
}

const countWords = new Map([
  ['one', '1'],
  ['once', '1'],
  ['twice', '2'],
  ['thrice', '3'],
  ['fourth', '4'],
  ['fifth', '5'],
  ['sixth', '6'],
  ['seventh', '7'],
  ['eighth', '8'],
  ['ninth', '9'],
  ['tenth', '10'],
  ['thirteen', '13'],
  ['fourteen', '14'],
  ['fifteen', '15'],
  ['sixteen', '16'],
  ['twenty', '20'],
  ['thirty', '30'],
]);

/** Numbers and names have the most weight; long words more than short ones. */
function weightOf(key: string, isNumber: boolean, isName: boolean, opensSentence: boolean): number {
  if (isNumber) return key.length > 2 ? 2.5 : 1.5;
  if (isName) return opensSentence ? 1.5 : 2;
  return Math.min(1.2, 0.4 + key.length / 10);
}

/** True for a footnote number after a word or stop, or in brackets. */
function isFootnote(text: string, token: Token): boolean {
  if (!token.isNumber || token.written.length > 2) return false;
  const before = text[token.start - 1] ?? ' ';
  if (before === '[' && text[token.end] === ']') return true;
  return /[\p{L}.)\]"”,]/u.test(before) && !/^ ?\p{Ll}/u.test(text.slice(token.end, token.end + 2));
}
