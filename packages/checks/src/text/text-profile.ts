/** A parsed text, shared by all sub-checks of the semantic role and the lexical similarity. */
import { fullStops } from './full-stops.ts';
import { functionWords } from './function-words.ts';
import { normalText } from './text-normal.ts';
import { remembered } from './word-cache.ts';

/** One word or number of a text. */
export interface Token {
  /** As written (in normal form). */
  readonly written: string;
  readonly lower: string;
  /** The common form of inflected words; equal stems count as equal words. */
  readonly stem: string;
  /** Offset in the normal text, UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** True if a sentence or line begins here. */
  readonly opensSentence: boolean;
  /** True for digits. */
  readonly isNumber: boolean;
}

/** A parsed text. */
export interface TextProfile {
  /** The text in normal form. */
  readonly text: string;
  /** Number of hiding characters. */
  readonly hiddenCount: number;
  readonly tokens: readonly Token[];
  /** Stems of the topic words, without function words. */
  readonly stems: ReadonlySet<string>;
}

/** Maximum number of tokens of one text; further text counts for length and repetition only. */
const tokensMax = 50_000;
/**
 * Scripts without blanks between words: each character is a token. `Intl.Segmenter` finds their words by dictionaries that
 * differ between versions of ICU, and so between operators.
 */
const spaceless = ['Han', 'Hiragana', 'Katakana', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => `\\p{Script=${script}}`)
  .join('');
const letter = `[\\p{L}--[${spaceless}]]`;
const inWord = `[[\\p{L}\\p{M}]--[${spaceless}]]`;
const tokenPattern = new RegExp(`[${spaceless}]|\\p{N}+(?:[.,:]\\p{N}+)*|${letter}${inWord}*(?:['’]${inWord}+)*`, 'gv');
const stemChars = 6;

/** Parses a text. Pure, total, linear in its length. */
export function profileOf(raw: string): TextProfile {
  const { text, hiddenCount } = normalText(raw);
  const tokens = tokensOf(text);
  const stems = new Set<string>();
  for (const token of tokens) if (!functionWords.has(token.lower)) stems.add(token.stem);
  return { text, hiddenCount, tokens, stems };
}

/** The words and numbers of a text in normal form, at most {@link tokensMax}. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  let previousEnd = 0;
  for (const match of text.matchAll(tokenPattern)) {
    const written = match[0];
    const start = match.index;
    const { lower, stem, isNumber } = wordOf(written);
    tokens.push({
      written,
      lower,
      stem,
      start,
      end: start + written.length,
      opensSentence: tokens.length === 0 || opens(text, previousEnd, start),
      isNumber,
    });
    previousEnd = start + written.length;
    if (tokens.length >= tokensMax) break;
  }
  return tokens;
}

/** Properties of a word that do not depend on its position. */
const wordOf = remembered((written) => {
  const lower = written.toLowerCase().replaceAll('’', "'");
  return { lower, stem: stemOf(lower), isNumber: /^\p{N}/u.test(written) };
});

/** The stem of a word: no elision, no accents, no plural s, the first six letters. */
export function stemOf(lower: string): string {
  if (/^\p{N}/u.test(lower)) return lower;
  let word = lower;
  const apostrophe = word.indexOf("'");
  if (apostrophe > 0)
    word = apostrophe <= 2 && word.length - apostrophe > 3 ? word.slice(apostrophe + 1) : word.slice(0, apostrophe);
  if (/[^a-z]/.test(word)) word = word.normalize('NFD').replace(/\p{M}/gu, '');
  if (word.length > 3 && word.endsWith('s')) word = word.slice(0, -1);
  return word.slice(0, stemChars);
}

/** Number of different four-token sequences of a text: the size of {@link gramSetOf}, without building the strings. */
export function distinctFours(tokens: readonly Token[]): number {
  const words = new Map<string, number>();
  const pairs = new Map<number, number>();
  const idOf = <Key>(ids: Map<Key, number>, key: Key): number => {
    const id = ids.get(key) ?? ids.size;
    if (id === ids.size) ids.set(key, id);
    return id;
  };
  const wordIds = tokens.map((token) => idOf(words, token.lower));
  const pairIds = wordIds.slice(1).map((second, index) => idOf(pairs, (wordIds[index] ?? 0) * tokensMax + second));
  const fours = new Set<number>();
  for (let index = 0; index + 2 < pairIds.length; index++)
    fours.add((pairIds[index] ?? 0) * tokensMax + (pairIds[index + 2] ?? 0));
  return fours.size;
}

/** The word sequences of `size` tokens, joined by a blank, in order. */
export function gramsOf(tokens: readonly Token[], size: number): string[] {
  const grams: string[] = [];
  for (let index = 0; index + size <= tokens.length; index++) {
    let gram = '';
    for (let offset = 0; offset < size; offset++) gram += ` ${tokens[index + offset]?.lower}`;
    grams.push(gram);
  }
  return grams;
}

const gramSets = new WeakMap<TextProfile, Map<number, ReadonlySet<string>>>();

/** The different sequences of {@link gramsOf} in a text, computed once for each text and size. */
export function gramSetOf(profile: TextProfile, size: number): ReadonlySet<string> {
  const known = gramSets.get(profile) ?? new Map<number, ReadonlySet<string>>();
  gramSets.set(profile, known);
  const grams = known.get(size) ?? new Set(gramsOf(profile.tokens, size));
  known.set(size, grams);
  return grams;
}

/** Share (0…1) of the elements of `part` that are in `whole`; 0 if `part` is empty. */
export function containment(part: Iterable<string>, whole: ReadonlySet<string>): number {
  let count = 0;
  let inside = 0;
  for (const one of part) {
    count++;
    if (whole.has(one)) inside++;
  }
  return count === 0 ? 0 : inside / count;
}

/** The median (the lower one of two); 0 if there is none. */
export function medianOf(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  return ascending[Math.floor((ascending.length - 1) / 2)] ?? 0;
}

/** Characters after which a sentence or line begins. */
const openers: ReadonlySet<string> = new Set(`.!?:\n¿¡|*"“•${fullStops}`);

function opens(text: string, from: number, to: number): boolean {
  for (let index = from; index < Math.min(to, from + 64); index++) {
    if (openers.has(text[index] ?? '')) return true;
  }
  return false;
}
