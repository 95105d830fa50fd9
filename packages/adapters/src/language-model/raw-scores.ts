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
 * server cuts characters of several bytes into tokens that have no text of their own, so in a text that is mostly ASCII
 * only that part of it is compared.
 */
export function tokensOfText(tokens: readonly RawToken[], text: string): readonly RawToken[] | undefined {
  const exact = lastTokens(tokens, text, (part) => part);
  if (exact !== undefined) return exact;
  const ascii = asciiOf(text);
  return 2 * ascii.length < text.length ? undefined : lastTokens(tokens, ascii, asciiOf);
}

function lastTokens(
  tokens: readonly RawToken[],
  text: string,
  form: (part: string) => string,
): readonly RawToken[] | undefined {
  let end = text.length;
  let at = tokens.length;
  while (end > 0 && at > 0) {
    const part = form(tokens[at - 1]?.text ?? '');
    if (!text.slice(0, end).endsWith(part)) break;
    end -= part.length;
    at -= 1;
  }
  if (end === 0) return tokens.slice(at);
  const before = form(tokens[at - 1]?.text ?? '');
  const isStraddled = end <= straddledCharsMax && at < tokens.length && before.endsWith(text.slice(0, end));
  return isStraddled ? tokens.slice(at) : undefined;
}

function asciiOf(text: string): string {
  return text.replace(/[^\p{ASCII}]/gu, '');
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
