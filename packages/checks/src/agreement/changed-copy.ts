/**
 * Finds copies in which something else is stated: in the same place between the same words, one text has other words than
 * the other, or denies. Who changes a fact must not become the copy of whom it contradicts.
 */
import { functionWords, isNegator } from '../text/function-words.ts';
import { gramSetOf, gramsOf, type TextProfile, type Token } from '../text/text-profile.ts';

/** Words that stand in place of others, at most. */
const replacedMax = 3;
const gramSize = 3;

/** Whether two texts that are told in nearly the same words differ in what stands between the same two. Linear in their length. */
export function isChangedCopy(a: TextProfile, b: TextProfile): boolean {
  const [ours, theirs] = [changedPlaces(a, b), changedPlaces(b, a)];
  return [...ours].some(([place, words]) => {
    const others = [...(theirs.get(place)?.values() ?? [])];
    return [...words.values()].some((here) => others.some((there) => statesOther(here, there)));
  });
}

type Words = readonly string[];

/** What stands between two words (or an end of the text) by these, where a text has other word triples than another. */
function changedPlaces(own: TextProfile, other: TextProfile): Map<string, Map<string, Words>> {
  const known = gramSetOf(other, gramSize);
  const starts = new Set<number>();
  gramsOf(own.tokens, gramSize).forEach((gram, at) => {
    if (known.has(gram)) return;
    // A place at either end has a shorter context.
    for (let start = at === 0 ? -1 : at; start < at + gramSize; start++) starts.add(start);
  });
  const places = new Map<string, Map<string, Words>>();
  for (const before of starts)
    for (let after = before + 1; after <= Math.min(own.tokens.length, before + 1 + replacedMax); after++) {
      const words = own.tokens.slice(before + 1, after).map(lowerOf);
      const place = `${lowerOf(own.tokens[before])} ${lowerOf(own.tokens[after])}`;
      const found = places.get(place) ?? new Map<string, Words>();
      places.set(place, found.set(words.join(' '), words));
    }
  return places;
}

function lowerOf(token: Token | undefined): string {
  return token?.lower ?? '';
}

/** Each has a topic word or number that the other lacks, or only one denies. */
function statesOther(a: Words, b: Words): boolean {
  const isOwn = (word: string, rest: Words): boolean => !functionWords.has(word) && !rest.includes(word);
  if (a.some((word) => isOwn(word, b)) && b.some((word) => isOwn(word, a))) return true;
  return a.some(isNegator) !== b.some(isNegator);
}
