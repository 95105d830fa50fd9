/** A text as keys: its words and numbers in one notation, in order, so that answers can be compared. */

import { languageOf } from '../form/language.ts';
import { englishFunctionWords, functionWords } from '../text/function-words.ts';
import { isRounded } from '../text/rounding.ts';
import type { TextProfile, Token } from '../text/text-profile.ts';
import { isAnswerWord } from './polarity.ts';
import { impliedOnes, isUnit, statedNumbers } from './stated-number.ts';

/** One key at its first occurrence. */
export interface KeyPlace {
  /** Position among the keys of the text. */
  readonly at: number;
  /** The keys before and after it in the same sentence or line; empty at its edge. */
  readonly before: string;
  readonly after: string;
}

/** A text as keys. Numbers are plain digits, words are stems. */
export interface AnswerKeys {
  readonly places: ReadonlyMap<string, readonly KeyPlace[]>;
  readonly numbers: ReadonlySet<string>;
  /** Words without function words, yes and no. */
  readonly words: ReadonlySet<string>;
  /** Of the words, those that begin with a capital. */
  readonly capitals: ReadonlySet<string>;
  /** The numbers in other notations. */
  readonly also: ReadonlySet<string>;
  /** The keys on both sides of each "or": in a question, the alternatives. */
  readonly alternatives: readonly (readonly [string, string])[];
  /** Tokens. */
  readonly length: number;
}

const placesMax = 6;
/** Maximum number of keys of one text: a requested fact is near its beginning, or is one of few. */
const keysMax = 400;
/** True if most of the words of these texts are English: then only English function words are ignored. */
export function areEnglish(texts: readonly TextProfile[]): boolean {
  const sample = texts.map((one) => one.text.slice(0, 300)).join('\n');
  return languageOf(sample) === 'en';
}

interface Found {
  readonly key: string;
  readonly token: Token;
  readonly isNumber: boolean;
  /** Begins a sentence or line. */
  readonly opens: boolean;
}

/** Takes a text apart into keys. Linear. */
export function answerKeysOf(text: TextProfile, isEnglish: boolean, kin: ReadonlyMap<string, string>): AnswerKeys {
  const fillers = isEnglish ? englishFunctionWords : functionWords;
  const also = new Set<string>(impliedOnes(text));
  const found: Found[] = [];
  const ors: number[] = [];
  const numbers = statedNumbers(text);
  let next = 0;
  let opens = true;
  for (let at = 0; at < text.tokens.length; at++) {
    const token = text.tokens[at];
    if (token === undefined) break;
    opens ||= token.opensSentence;
    const number = numbers[next];
    if (number?.start === at) {
      next++;
      for (const other of number.also) also.add(other);
      found.push({ key: number.key, token, isNumber: true, opens });
      at = number.end - 1;
      opens = false;
      continue;
    }
    if (token.lower === 'or' && found.length > 0) ors.push(found.length);
    if (token.isNumber || isAnswerWord(token.lower)) continue;
    if (isUnitLetter(text, token) || isUnit(token.lower)) continue;
    const isSymbol = token.written.length === 1 && /\p{Lu}/u.test(token.written) && !/[AI]/.test(token.written);
    if (fillers.has(token.lower) && !isSymbol) continue;
    found.push({ key: kin.get(token.stem) ?? token.stem, token, isNumber: false, opens });
    opens = false;
  }
  const alternatives = ors.flatMap((at) => {
    const [left, right] = [found[at - 1], found[at]];
    return left === undefined || right === undefined ? [] : [[left.key, right.key] as const];
  });
  return { ...placed(found), alternatives, also, length: text.tokens.length };
}

/** The letter of "100 °C" or "2 h": the number before it is the key. */
function isUnitLetter(text: TextProfile, token: Token): boolean {
  return token.written.length === 1 && /[\p{N}°]\s?$/u.test(text.text.slice(Math.max(0, token.start - 2), token.start));
}

function placed(found: readonly Found[]): Pick<AnswerKeys, 'places' | 'numbers' | 'words' | 'capitals'> {
  const places = new Map<string, KeyPlace[]>();
  const numbers = new Set<string>();
  const words = new Set<string>();
  const capitals = new Set<string>();
  found.forEach(({ key, token, isNumber, opens }, at) => {
    const after = found[at + 1];
    const known = places.get(key) ?? [];
    if (known.length === 0 && places.size >= keysMax) return;
    if (known.length < placesMax)
      known.push({
        at,
        before: opens ? '' : (found[at - 1]?.key ?? ''),
        after: after === undefined || after.opens ? '' : after.key,
      });
    places.set(key, known);
    (isNumber ? numbers : words).add(key);
    if (!isNumber && /^\p{Lu}/u.test(token.written)) capitals.add(key);
  });
  return { places, numbers, words, capitals };
}

/** True if a text has a key: a number also rounded or in another notation, a word also inflected. */
export function hasKey(one: AnswerKeys, key: string, isNumber: boolean): boolean {
  if (one.places.has(key) || one.also.has(key)) return true;
  if (isNumber) return [...one.numbers].some((number) => isRounded(number, key));
  return false;
}

/**
 * True if a text has a word with the same beginning: weaker than {@link kinOf}, but enough to not count the key as
 * missing.
 */
export function hasKin(one: AnswerKeys, key: string): boolean {
  if (one.places.has(key)) return true;
  for (const word of one.words) if (areAlike(word, key)) return true;
  return false;
}

function areAlike(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length < 3) return false;
  if (long.startsWith(short)) return true;
  return long.length === 5 && short.length === 4 && long.startsWith(short.slice(0, 3));
}

const kinChars = 4;

/**
 * Groups inflected forms: each stem that begins with a shorter one (of at least four letters) maps to the shortest.
 * Linear in the number of words.
 */
export function kinOf(texts: readonly TextProfile[]): Map<string, string> {
  const stems = new Set<string>();
  for (const text of texts) for (const stem of text.stems) if (stem.length >= kinChars) stems.add(stem);
  const kin = new Map<string, string>();
  for (const stem of stems) {
    for (let size = kinChars; size < stem.length; size++) {
      const shorter = stem.slice(0, size);
      if (!stems.has(shorter)) continue;
      kin.set(stem, shorter);
      break;
    }
  }
  return kin;
}
