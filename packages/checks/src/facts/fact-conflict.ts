/**
 * Finds contradictions of one submission to what the others agree on: a number, a name, a denied claim. Only a clear
 * majority counts as agreement, and only a rival in the same place counts as a contradiction. Leaving out a fact does
 * not.
 */

import { isRounded } from '../text/rounding.ts';
import { containment } from '../text/text-profile.ts';
import type { Facts, Place } from './stated-facts.ts';

/** Evidence of contradiction, each 0 … 10,000, and the words that decided. */
export interface FactConflicts {
  readonly number: number;
  readonly name: number;
  readonly negation: number;
  /** The conflict for people, at most one entry for each kind. */
  readonly decisive: readonly string[];
}

interface Conflict {
  readonly evidence: number;
  readonly decisive: string;
}

const othersMin = 3;
const agreementShareMin = 0.6;
const none: Conflict = { evidence: 0, decisive: '' };

/** Compares one text's facts with those of the others (in any order); needs at least three others. */
export function factConflicts(own: Facts, prompt: Facts, others: readonly Facts[]): FactConflicts {
  if (others.length < othersMin) return { number: 0, name: 0, negation: 0, decisive: [] };
  const number = rivalOf('numbers', own, prompt, others);
  const name = rivalOf('names', own, prompt, others);
  const negation = denialOf(own, others);
  const decisive = [number, name, negation].map((one) => one.decisive).filter((text) => text !== '');
  return { number: number.evidence, name: name.evidence, negation: negation.evidence, decisive };
}

/**
 * An entry that most others have and this text lacks, with an own entry in the same place that (nearly) nobody else
 * has. It is outweighed by equally agreed entries that this text confirms: an intermediate result of a correct sum is
 * not a contradiction. A single digit has little weight.
 */
function rivalOf(kind: 'numbers' | 'names', own: Facts, prompt: Facts, others: readonly Facts[]): Conflict {
  const tolerated = others.length >= 5 ? 1 : 0;
  const isWord = (key: string): boolean =>
    kind === 'names' && [own, prompt, ...others].some((one) => one.plain.has(key));
  const rivals = [...own[kind]].filter(
    ([key]) => !isWord(key) && !prompt.mentioned.has(key) && countOf(key, others) <= tolerated,
  );
  if (rivals.length === 0) return none;
  const agreed = new Set(others.flatMap((other) => [...other[kind].keys()]));
  let best = none;
  const shareOf = (key: string): number => countOf(key, others) / others.length;
  const confirmed = Math.max(
    0,
    ...[...own[kind].keys()]
      .flatMap((key) => [...agreed].filter((one) => one === key || (kind === 'numbers' && isRounded(key, one))))
      .filter((key) => key.length > 1 && !prompt.mentioned.has(key))
      .map(shareOf),
  );
  for (const key of [...agreed].sort()) {
    const share = shareOf(key);
    if (share <= confirmed) continue;
    if (own.mentioned.has(key) || share < agreementShareMin || isWord(key)) continue;
    if (kind === 'numbers' && [...own.mentioned].some((one) => isRounded(one, key))) continue;
    const places = others.flatMap((other) => other[kind].get(key) ?? []);
    for (const [rival, ownPlaces] of rivals) {
      const evidence = Math.round(
        10_000 *
          Math.min(
            1,
            2 * share * closenessOf(kind, ownPlaces, places) * trustAt(own.length) * (key.length === 1 ? 0.6 : 1),
          ),
      );
      if (evidence > best.evidence) best = { evidence, decisive: `${rival} against ${key}` };
    }
  }
  return best;
}

function countOf(key: string, others: readonly Facts[]): number {
  return others.filter((other) => other.mentioned.has(key)).length;
}

/** The closest pair of places, 0 … 1. */
function closenessOf(kind: 'numbers' | 'names', own: readonly Place[], places: readonly Place[]): number {
  let best = 0;
  for (const a of own) for (const b of places) best = Math.max(best, samePlace(kind, a, b));
  return best;
}

/** Shared context, less without an equal neighbouring word; for numbers much less if the units differ. */
function samePlace(kind: 'numbers' | 'names', a: Place, b: Place): number {
  const [small, large] = a.stems.size < b.stems.size ? [a.stems, b.stems] : [b.stems, a.stems];
  const shared = containment(small, large);
  const before = a.before !== '' && a.before === b.before;
  const after = a.after !== '' && a.after === b.after;
  if (before && after) return Math.max(shared, 0.8);
  if (kind === 'numbers')
    return shared * (after || (before && (a.after === '' || b.after === '')) ? 1 : before ? 0.6 : 0.2);
  return shared * (before || after ? 1 : shared * small.size >= 2 ? 0.7 : 0.3);
}

/** Weight of one rival by the text's length: in a long text, some pair of places is similar by chance. */
function trustAt(tokens: number): number {
  return Math.max(0.6, Math.min(1.5, 1.5 - (tokens - 60) / 180));
}

/** Topic words that most others state and this text denies, as a share of the shared topic words that it uses. */
function denialOf(own: Facts, others: readonly Facts[]): Conflict {
  let shared = 0;
  const denied: string[] = [];
  for (const [stem, claim] of own.claims) {
    const theirs = others.flatMap((other) => other.claims.get(stem) ?? []);
    if (theirs.length < Math.max(2, others.length / 3)) continue;
    shared++;
    const denying = theirs.filter((one) => one.denied > one.stated).length;
    if (claim.denied > claim.stated && denying * 4 <= theirs.length) denied.push(stem);
  }
  if (denied.length < 3) return none;
  const evidence = Math.round(10_000 * Math.min(1, (1.6 * denied.length) / shared));
  return { evidence, decisive: `not ${denied.slice(0, 4).join(', ')}` };
}
