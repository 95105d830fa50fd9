/** Does a text only give the prompt back? */

import { containment, gramSetOf, medianOf, type TextProfile } from '../text/text-profile.ts';
import { fitsAnywhere } from './filler.ts';

const gramSize = 3;
const shortPromptTokens = 30;

/**
 * Evidence of an echo, 0 … 10,000: (nearly) the whole prompt is there, hardly anything else is, and the others do not
 * do the same. A summary or a corrected sentence takes words from the prompt, but not its instruction.
 */
export function echoEvidence(text: TextProfile, prompt: TextProfile, peers: readonly TextProfile[]): number {
  if (prompt.tokens.length < gramSize || text.tokens.length < gramSize) return 0;
  const promptGrams = gramSetOf(prompt, gramSize);
  const own = saysNothingElse(text, prompt, promptGrams, peers) ? 1 : echoOf(text, promptGrams);
  if (own < 0.1) return Math.round(own * 10_000);
  const usual = medianOf(peers.map((peer) => echoOf(peer, promptGrams)));
  if (usual > 0.85 || answersToo(text, prompt, peers) || addsSomething(text, prompt, peers)) return 0;
  return Math.round(own * 10_000);
}

const frameTokens = 30;
const coverageMin = 0.9;

/** True for (nearly) the whole prompt in a frame of a sentence or two that has none of the words which the others share. */
function saysNothingElse(
  text: TextProfile,
  prompt: TextProfile,
  promptGrams: ReadonlySet<string>,
  peers: readonly TextProfile[],
): boolean {
  if (peers.length < 3 || text.tokens.length > prompt.tokens.length + frameTokens) return false;
  if (containment(promptGrams, gramSetOf(text, gramSize)) < coverageMin) return false;
  for (const stem of text.stems) {
    if (prompt.stems.has(stem)) continue;
    if (peers.filter((peer) => peer.stems.has(stem)).length >= 2) return false;
  }
  return true;
}

/**
 * A short question that is given back with a number, a name or a word of another answer's own is answered, right or wrong.
 */
function addsSomething(text: TextProfile, prompt: TextProfile, peers: readonly TextProfile[]): boolean {
  if (prompt.tokens.length > shortPromptTokens) return false;
  return text.tokens.some(({ isNumber, written, opensSentence, stem }) => {
    if (prompt.stems.has(stem) || !text.stems.has(stem)) return false;
    if (isNumber || (!opensSentence && /^\p{Lu}\p{Ll}/u.test(written))) return true;
    return !fitsAnywhere(stem) && peers.some((peer) => peer.stems.has(stem));
  });
}

/** Short questions are often given back with their answer: what most others say beyond the prompt is there too. */
function answersToo(text: TextProfile, prompt: TextProfile, peers: readonly TextProfile[]): boolean {
  if (prompt.tokens.length > shortPromptTokens || peers.length === 0) return false;
  const counts = new Map<string, number>();
  for (const peer of peers) for (const stem of peer.stems) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  const agreed = [...counts].filter(([stem, count]) => count * 2 >= peers.length && !prompt.stems.has(stem));
  return (
    containment(
      agreed.map(([stem]) => stem),
      text.stems,
    ) >= 0.4
  );
}

/** The smaller of: share of the prompt that is in the text; share of the text that is from the prompt (some words of frame are free). */
function echoOf(text: TextProfile, promptGrams: ReadonlySet<string>): number {
  const grams = gramSetOf(text, gramSize);
  const coverage = containment(promptGrams, grams);
  let own = 0;
  for (const gram of grams) if (!promptGrams.has(gram)) own++;
  const frame = Math.min(12, promptGrams.size);
  const novelty = Math.max(0, own - frame) / Math.max(1, grams.size);
  return Math.min(coverage, 1 - novelty);
}
