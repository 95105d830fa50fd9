/**
 * From what a server says of the tokens of context and text to the scored tokens of the text. Nothing of it is taken on
 * trust: the tokens must be those of the text, and the numbers those of distributions.
 */
import type { ModelAnswer, ModelFault, ScoredToken } from '@assay/protocol/language-model/language-model';
import { logprobMin } from '@assay/protocol/language-model/packed-scores';

/** One token as a server states it: natural log-probabilities. */
export interface RawToken {
  readonly text: string;
  /** Absent for the first token, which nothing predicts. */
  readonly logprob: number | null;
  /** Those of the most likely tokens, in any order; the token itself may be among them or not. */
  readonly likeliest: readonly number[];
}

/** Most characters of a text whose first token begins in the context, so that it cannot be scored. */
const straddledCharsMax = 16;
/** A server's sums are in 32-bit floats: so far above 0, or above a whole, a number is still believed. */
const slack = 0.02;

/** The scored tokens of the text, at most `likeliestMax` others each. */
export function scoresOfText(
  tokens: readonly RawToken[],
  text: string,
  likeliestMax: number,
): ModelAnswer<readonly ScoredToken[]> {
  const own = tokensOfText(tokens, text);
  if (own === undefined) return failed('not-the-text');
  const scored: ScoredToken[] = [];
  for (const token of own) {
    const one = scoredToken(token, likeliestMax);
    if (one === undefined) return failed('impossible-numbers');
    scored.push(one);
  }
  return { ok: true, value: scored };
}

/**
 * The last tokens, whose texts are the given text. The context's tokens are not compared: its marks have no text. A
 * character of several bytes may be cut into tokens, which servers write without it or with U+FFFD in its place. So
 * between two tokens one character other than ASCII may be missing.
 */
export function tokensOfText(tokens: readonly RawToken[], text: string): readonly RawToken[] | undefined {
  const characters = Array.from(text);
  if (characters.length === 0) return [];
  let ends: Ends = [[characters.length, characters.length]];
  // The text may begin here, but where its first characters are cut, tokens before this one may be of it as well.
  let first: number | undefined;
  for (let at = tokens.length - 1; at >= 0 && ends.some(([, high]) => high > 0); at -= 1) {
    const token = tokens[at]?.text ?? '';
    const before = endsBefore(characters, token, ends);
    if (before === undefined || before.length === 0) {
      if (first === undefined && before !== undefined && isStraddled(characters, token, ends)) first = at + 1;
      break;
    }
    if (before.some(([low]) => low === 0)) first = at;
    ends = withOneLess(characters, before);
  }
  return first === undefined ? undefined : tokens.slice(first);
}

/** Where the part of a text that is not found yet may end, as ranges (both inclusive) in characters, ascending. */
type Ends = readonly (readonly [number, number])[];

/** Most places that are compared for one token: more are possible only in a long run of characters that are all cut. */
const placesMax = 4_096;

/** The ends before a token; none if it is not in the text, undefined if there are too many to compare. */
function endsBefore(characters: readonly string[], token: string, ends: Ends): Ends | undefined {
  const whole = withoutCut(token);
  const kept = whole === '' ? ends : [];
  if (token === '' || (whole === '' && !characters.includes('\uFFFD'))) return kept;
  if (ends.reduce((sum, [low, high]) => sum + high - low + 1, 0) > placesMax) return whole === '' ? kept : undefined;
  const before: (readonly [number, number])[] = [...kept];
  for (const part of new Set([token, whole])) {
    const wanted = Array.from(part);
    for (const end of ends.flatMap(([low, high]) => Array.from({ length: high - low + 1 }, (_, step) => low + step))) {
      const start = end - wanted.length;
      if (start >= 0 && wanted.every((one, place) => characters[start + place] === one)) before.push([start, start]);
    }
  }
  return joined(before.toSorted(([one], [other]) => one - other));
}

/** A token's text without what stands for parts of characters. */
function withoutCut(token: string): string {
  return token.replace(/^\uFFFD+|\uFFFD+$/g, '');
}

/** The same ends, and those with one more character cut, where it is not ASCII. */
function withOneLess(characters: readonly string[], ends: Ends): Ends {
  return joined(ends.map(([low, high]) => [isAscii(characters[low - 1]) ? low : low - 1, high]));
}

function joined(ends: Ends): Ends {
  const all: [number, number][] = [];
  for (const [low, high] of ends) {
    const last = all.at(-1);
    if (last !== undefined && low <= last[1] + 1) last[1] = Math.max(last[1], high);
    else all.push([low, high]);
  }
  return all;
}

/** Whether the rest of the text is the end of a token that begins in the context. */
function isStraddled(characters: readonly string[], token: string, ends: Ends): boolean {
  const [end = 0] = ends[0] ?? [];
  if (end === characters.length || end > straddledCharsMax) return false;
  if (end === 0) return token.endsWith('\uFFFD');
  return withoutCut(token).endsWith(characters.slice(0, end).join(''));
}

function isAscii(character: string | undefined): boolean {
  return character === undefined || character.charCodeAt(0) < 128;
}

/** A token with numbers that can be; undefined otherwise. */
function scoredToken({ logprob, likeliest }: RawToken, likeliestMax: number): ScoredToken | undefined {
  if (logprob === null || ![logprob, ...likeliest].every(isLogprob)) return undefined;
  const sorted = likeliest.toSorted((a, b) => b - a).slice(0, likeliestMax);
  const [top] = sorted;
  if (top !== undefined && logprob > top + slack) return undefined;
  if (sorted.reduce((sum, one) => sum + Math.exp(one), 0) > 1 + slack) return undefined;
  return { logprob: thousandths(logprob), likeliest: sorted.map(thousandths) };
}

function isLogprob(value: number): boolean {
  return Number.isFinite(value) && value <= slack && 1_000 * value >= logprobMin;
}

function thousandths(logprob: number): number {
  return Math.min(0, Math.round(1_000 * logprob)) || 0;
}

function failed(fault: ModelFault): { readonly ok: false; readonly fault: ModelFault } {
  return { ok: false, fault };
}
