/**
 * Relevance of a text to its prompt: words shared with the prompt, and with what the other submissions have in common.
 */
import { containment, medianOf, type TextProfile } from '../text/text-profile.ts';

/** A text's shared words, each 0…1. */
export interface Relevance {
  /** Share of the prompt's topic words that the text has (weighted towards one word in short prompts). */
  readonly promptShare: number;
  /** Share of the words used by at least two others (and a third of them) that the text also has. */
  readonly consensusShare: number;
  /** Share of the text's own topic words that the prompt or at least one other text has. */
  readonly supportedShare: number;
}

/** Measures the words that a text shares with prompt and peers. The order of the peers does not matter. */
export function relevanceOf(text: TextProfile, prompt: TextProfile, peers: readonly TextProfile[]): Relevance {
  const counts = new Map<string, number>();
  for (const peer of peers) for (const stem of peer.stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const wanted = Math.max(2, Math.ceil(peers.length / 3));
  const consensus = [...counts].filter(([, count]) => count >= wanted).map(([stem]) => stem);
  const known = new Set([...counts.keys(), ...prompt.stems]);
  return {
    promptShare: containment(prompt.stems, text.stems),
    consensusShare: containment(consensus, text.stems),
    supportedShare: containment(text.stems, known),
  };
}

/** Number of topic words, the relevant length for this check; `peers` give the median. */
export function relativeLength(text: TextProfile, peers: readonly TextProfile[]): number {
  const median = medianOf(peers.map((peer) => peer.tokens.length));
  return median === 0 ? 1 : text.tokens.length / median;
}
