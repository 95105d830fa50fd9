/** Detects repetition. */
import { distinctFours, medianOf, type TextProfile } from '../text/text-profile.ts';

const gramSize = 4;
const gramsMin = 24;

const shares = new WeakMap<TextProfile, number>();

/** Share (0…1) of a text's four-word sequences that occur for the first time; 1 for a short text. */
export function distinctShare(text: TextProfile): number {
  const count = text.tokens.length - gramSize + 1;
  if (count < gramsMin) return 1;
  const known = shares.get(text) ?? distinctFours(text.tokens) / count;
  shares.set(text, known);
  return known;
}

/**
 * Evidence of repetition, 0 … 10,000: a low share of new word sequences, unless the others also repeat themselves (a
 * prompt may ask for a refrain).
 */
export function repetitionEvidence(text: TextProfile, peers: readonly TextProfile[]): number {
  const own = distinctShare(text);
  const usual = peers.length === 0 ? 1 : medianOf(peers.map(distinctShare));
  return Math.round(Math.max(0, Math.min(1, 1 - own / Math.max(usual, 0.01))) * 10_000);
}
