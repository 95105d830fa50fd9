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

/** Others that are drawn, to say how well a text's words are supported whatever their number. */
const drawn = 3;

/**
 * As {@link relevanceOf}, but the same whatever the number of peers: the share of the text's topic words that the prompt or one of
 * three peers has, and of the words that two peers have in common, on average over all such choices of peers.
 */
export function averageRelevanceOf(
  text: TextProfile,
  prompt: TextProfile,
  peers: readonly TextProfile[],
): Pick<Relevance, 'consensusShare' | 'supportedShare'> {
  const counts = new Map<string, number>();
  for (const peer of peers) for (const stem of peer.stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  let [shared, all] = [0, 0];
  for (const [stem, count] of counts) {
    const pairs = count * (count - 1);
    all += pairs;
    if (text.stems.has(stem)) shared += pairs;
  }
  return {
    supportedShare: supportedShareOf(text.stems, prompt, peers),
    consensusShare: all === 0 ? 0 : shared / all,
  };
}

/** The share of some topic words that the prompt or one of three peers has, on average over all choices of peers; 0 of none. */
export function supportedShareOf(
  stems: ReadonlySet<string>,
  prompt: TextProfile,
  peers: readonly TextProfile[],
): number {
  const missedBy = Array.from({ length: peers.length + 1 }, (_, count) => {
    let missed = 1;
    for (let at = 0; at < Math.min(drawn, peers.length); at++)
      missed *= Math.max(0, peers.length - count - at) / (peers.length - at);
    return missed;
  });
  let supported = 0;
  for (const stem of stems) {
    const count = peers.reduce((sum, peer) => sum + Number(peer.stems.has(stem)), 0);
    supported += prompt.stems.has(stem) ? 1 : 1 - (missedBy[count] ?? 0);
  }
  return stems.size === 0 ? 0 : supported / stems.size;
}

/** Number of topic words, the relevant length for this check; `peers` give the median. */
export function relativeLength(text: TextProfile, peers: readonly TextProfile[]): number {
  const median = medianOf(peers.map((peer) => peer.tokens.length));
  return median === 0 ? 1 : text.tokens.length / median;
}
