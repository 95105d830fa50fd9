/** Does a short answer state, in the others' words, what nearly all of them deny? In any language whose negators are known. */
import { deniesAnywhere } from '../text/function-words.ts';
import type { TextProfile } from '../text/text-profile.ts';

/** Whether a text denies anything, and its words. */
export interface Denial {
  readonly isDenied: boolean;
  /** Stems of all words, in order. */
  readonly words: readonly string[];
}

/** Others that deny at least, and their share. */
const denyingMin = 4;
const denyingShare = 0.8;
/** Words of an answer at least, and the share of them that others have: what it says in words of its own may mean the same. */
const wordsMin = 3;
const sharedShare = 0.75;
/** A cross in a list or table denies. */
const cross = /[✗✘❌]/u;

/** Of a text that is not read. */
export const noDenial: Denial = { isDenied: false, words: [] };

/** Reads a text. Linear. */
export function denialOf({ text, tokens }: TextProfile): Denial {
  return {
    isDenied: cross.test(text) || tokens.some((_, at) => deniesAnywhere(tokens, at)),
    words: tokens.map(({ stem }) => stem),
  };
}

/** True if an answer denies nothing, nearly all others do, and its words are theirs. */
export function lacksDenial(own: Denial, others: readonly Denial[]): boolean {
  if (own.isDenied || own.words.length < wordsMin) return false;
  const denying = others.filter(({ isDenied }) => isDenied).length;
  if (denying < denyingMin || denying < denyingShare * others.length) return false;
  const theirs = new Set(others.flatMap(({ words }) => words));
  return own.words.filter((word) => theirs.has(word)).length >= sharedShare * own.words.length;
}
