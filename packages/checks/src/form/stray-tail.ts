/** Do the words of an answer's second half belong to this task as those of its first half do? */
import { functionWords } from '../text/function-words.ts';
import type { TextProfile } from '../text/text-profile.ts';
import { supportedShareOf } from './relevance.ts';

/** Topic words of a half below which it says nothing. */
const stemsMin = 6;
const asUsual = 5_000;

/**
 * How much less of the second half's topic words than of the first half's the prompt or another answer has: basis points, 5,000 is
 * as much; 10,000: all of the first half's and none of the second's. The order of the others does not matter.
 */
export function strayTailOf(profile: TextProfile, prompt: TextProfile, others: readonly TextProfile[]): number {
  const topics = profile.tokens.map(({ lower, stem }) => (functionWords.has(lower) ? undefined : stem));
  const middle = Math.floor(topics.length / 2);
  const [head, tail] = [topics.slice(0, middle), topics.slice(middle)].map(
    (half) => new Set(half.filter((stem) => stem !== undefined)),
  );
  if (head === undefined || tail === undefined || Math.min(head.size, tail.size) < stemsMin) return asUsual;
  const share = (stems: ReadonlySet<string>): number => supportedShareOf(stems, prompt, others);
  return Math.round(asUsual * (1 + share(head) - share(tail)));
}
