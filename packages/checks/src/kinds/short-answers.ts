/** Are the answers of a task short? Then each is compared as a whole with what the others say; otherwise part by part. */
import { middleOf } from '../decision/steady.ts';

/** Tokens of a task's usual answer up to which all answers count as short, and from which on none does. */
export interface ShortAnswers {
  readonly shortTokens: number;
  readonly longTokens: number;
}

/** How far the answers of some lengths (tokens) are short, 0 … 1. */
export function shortShareOf(lengths: readonly number[], { shortTokens, longTokens }: ShortAnswers): number {
  return Math.max(0, Math.min(1, (longTokens - middleOf(lengths)) / Math.max(1, longTokens - shortTokens)));
}
