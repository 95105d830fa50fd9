/** Extracts the facts of a text by patterns: numbers, names, denied words. */

import { languageOf } from '../form/language.ts';
import { deniesAt, functionWords } from '../text/function-words.ts';
import type { TextProfile } from '../text/text-profile.ts';
import { numberWords } from './number-words.ts';
import { spokenNumbers } from './spoken-number.ts';

/** The place of a fact. */
export interface Place {
  /** Topic words and numbers around it. */
  readonly stems: ReadonlySet<string>;
  /** The words right before and right after it (stems; empty at a sentence's edge). */
  readonly before: string;
  readonly after: string;
}

/** How often a topic word is stated and how often denied. */
export interface Claim {
  readonly stated: number;
  readonly denied: number;
}

/** The facts of a text. */
export interface Facts {
  /** Numbers in plain notation → places. */
  readonly numbers: ReadonlyMap<string, readonly Place[]>;
  /** Names' stems → places. Empty for German, which capitalises every noun. */
  readonly names: ReadonlyMap<string, readonly Place[]>;
  readonly claims: ReadonlyMap<string, Claim>;
  /** Stems of lower-case words: none of them is a name. */
  readonly plain: ReadonlySet<string>;
  /** Stems of all words and numbers. */
  readonly mentioned: ReadonlySet<string>;
  /** Length of the text in tokens. */
  readonly length: number;
}

const contextTokens = 4;
const denialTokens = 7;
const placesMax = 8;
/** Maximum number of different numbers, and of names, of one text, because they are compared pairwise. */
const factsMax = 400;

/** The facts of a text. Linear. */
export function factsOf(text: TextProfile): Facts {
  const numbers = new Map<string, Place[]>();
  const names = new Map<string, Place[]>();
  const mentioned = new Set<string>();
  const plain = new Set<string>();
  const hasNames = languageOf(text.text) !== 'de';
  text.tokens.forEach((token, index) => {
    mentioned.add(token.stem);
    if (!token.isNumber && token.written === token.lower) plain.add(token.stem);
    const isPart = text.text[token.start - 1] === '-' && !token.isNumber;
    const digits = token.isNumber ? plainNumber(token.written) : isPart ? undefined : numberWords.get(token.lower);
    if (digits !== undefined) {
      mentioned.add(digits);
      if (isQuantity(text, index)) add(numbers, digits, text, index);
      return;
    }
    const isName = /^\p{Lu}/u.test(token.written) && token.lower.length > 2 && !functionWords.has(token.lower);
    if (hasNames && isName && !token.opensSentence) add(names, token.stem, text, index);
  });
  for (const number of spokenNumbers(text.tokens)) mentioned.add(number);
  return { numbers, names, claims: claimsOf(text), plain, mentioned, length: text.tokens.length };
}

/** A number in one notation: thousands without marks, decimals with a point, no zeros at the end. Times stay as they are. */
export function plainNumber(written: string): string {
  const ascii = written.normalize('NFKC');
  if (/^\d{1,3}(?:[.,]\d{3})+$/.test(ascii)) return ascii.replace(/[.,]/g, '');
  const decimal = /^(\d[\d,.]*)[.,](\d+)$/.exec(ascii);
  if (decimal === null || ascii.includes(':')) return ascii;
  const fraction = (decimal[2] ?? '').replace(/0+$/, '');
  const whole = (decimal[1] ?? '').replace(/[.,]/g, '');
  return fraction === '' ? whole : `${whole}.${fraction}`;
}

/** Words after a negator, up to the end of the sentence or {@link denialTokens}, are denied. */
function claimsOf(text: TextProfile): Map<string, Claim> {
  const claims = new Map<string, { stated: number; denied: number }>();
  let deniedUntil = -1;
  text.tokens.forEach((token, index) => {
    if (token.opensSentence || text.text[token.start - 2] === ';') deniedUntil = -1;
    if (deniesAt(text.tokens, index)) deniedUntil = index + denialTokens;
    if (token.isNumber || functionWords.has(token.lower)) return;
    const claim = claims.get(token.stem) ?? { stated: 0, denied: 0 };
    if (index <= deniedUntil) claim.denied++;
    else claim.stated++;
    claims.set(token.stem, claim);
  });
  return claims;
}

function add(facts: Map<string, Place[]>, key: string, text: TextProfile, index: number): void {
  if (facts.size >= factsMax && !facts.has(key)) return;
  const places = facts.get(key) ?? [];
  if (places.length < placesMax) places.push(placeOf(text, index));
  facts.set(key, places);
}

function placeOf(text: TextProfile, index: number): Place {
  const stems = new Set<string>();
  for (
    let at = Math.max(0, index - contextTokens);
    at <= Math.min(text.tokens.length - 1, index + contextTokens);
    at++
  ) {
    const token = text.tokens[at];
    if (token !== undefined && at !== index && !functionWords.has(token.lower)) stems.add(token.stem);
  }
  const previous = text.tokens[index - 1];
  const next = text.tokens[index + 1];
  const opens = text.tokens[index]?.opensSentence ?? true;
  return {
    stems,
    before: opens ? '' : (previous?.stem ?? ''),
    after: next === undefined || next.opensSentence ? '' : next.stem,
  };
}

/** False for list numbers and for digits inside code, patterns or addresses. */
export function isQuantity(text: TextProfile, index: number): boolean {
  const token = text.tokens[index];
  if (token === undefined || !token.isNumber) return true;
  const after = text.text[token.end] ?? '';
  const before = text.text[token.start - 1] ?? '';
  const isPart =
    /[\p{L}[\]{}\\/_=&#^-]/u.test(before) || /^(?:[[\]{}\\/_=&#^]|-\d)/.test(text.text.slice(token.end, token.end + 2));
  if (isPart || /^0\d/.test(token.written)) return false;
  return !(token.opensSentence && after !== '' && '.):'.includes(after) && token.written.length <= 2);
}
