/** Similarity of two texts by letters, for languages that the embedding model does not know. */
import { functionWords } from '../text/function-words.ts';
import type { TextProfile } from '../text/text-profile.ts';

/**
 * Letter triples of the topic words with the square root of their counts, because a word repeated ten times is not ten
 * topics.
 */
export type TrigramVector = ReadonlyMap<string, number>;

/** The letter triples of a text. Linear. */
export function trigramsOf(text: TextProfile): TrigramVector {
  const counts = new Map<string, number>();
  for (const { lower } of text.tokens) {
    if (functionWords.has(lower)) continue;
    const word = ` ${lower} `;
    for (let at = 0; at + 3 <= word.length; at++) {
      const gram = word.slice(at, at + 3);
      counts.set(gram, (counts.get(gram) ?? 0) + 1);
    }
  }
  for (const [gram, count] of counts) counts.set(gram, Math.sqrt(count));
  return counts;
}

/** Cosine of two triple vectors, 0 … 1; 0 if one is empty. */
export function trigramSimilarity(a: TrigramVector, b: TrigramVector): number {
  const [small, large] = a.size < b.size ? [a, b] : [b, a];
  let dot = 0;
  for (const [gram, value] of small) dot += value * (large.get(gram) ?? 0);
  const length = Math.sqrt(lengthSquared(a) * lengthSquared(b));
  return length === 0 ? 0 : dot / length;
}

function lengthSquared(vector: TrigramVector): number {
  let sum = 0;
  for (const value of vector.values()) sum += value * value;
  return sum;
}
