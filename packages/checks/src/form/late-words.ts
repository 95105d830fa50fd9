/** Does an answer have the words that stand late in the others, as it has those that stand early? */
import { functionWords } from '../text/function-words.ts';
import type { TextProfile } from '../text/text-profile.ts';

const asUsual = 5_000;
/** So many points for each hundredth that it has more of the late words than of the early ones. */
const pointsPerPercent = 100;

const places = new WeakMap<TextProfile, ReadonlyMap<string, number>>();

/**
 * The share of the others' common words that an answer has, weighted by how late they stand, less the same weighted by how early:
 * basis points, 5,000 is as much of both, less where the late ones are missing. A word counts once for each two others that have it.
 * The order of the others does not matter.
 */
export function lateWordsOf(profile: TextProfile, others: readonly TextProfile[]): number {
  const found = new Map<string, { count: number; places: number }>();
  for (const other of others)
    for (const [stem, place] of placesIn(other)) {
      const known = found.get(stem) ?? { count: 0, places: 0 };
      if (known.count === 0) found.set(stem, known);
      known.count++;
      known.places += place;
    }
  const all = { late: 0, early: 0 };
  const own = { late: 0, early: 0 };
  for (const [stem, { count, places: sum }] of found) {
    const late = (count - 1) * sum;
    const early = (count - 1) * (count - sum);
    for (const counted of profile.stems.has(stem) ? [all, own] : [all]) {
      counted.late += late;
      counted.early += early;
    }
  }
  if (all.late === 0 || all.early === 0) return asUsual;
  const gap = own.late / all.late - own.early / all.early;
  return Math.round(Math.max(0, Math.min(2 * asUsual, asUsual + 100 * pointsPerPercent * gap)));
}

/** Where each topic word first stands, 0 (at the beginning) … 1. */
function placesIn(profile: TextProfile): ReadonlyMap<string, number> {
  const known = places.get(profile);
  if (known !== undefined) return known;
  const found = new Map<string, number>();
  const last = Math.max(1, profile.tokens.length - 1);
  for (const [at, { stem, lower }] of profile.tokens.entries())
    if (!found.has(stem) && !functionWords.has(lower)) found.set(stem, at / last);
  places.set(profile, found);
  return found;
}
