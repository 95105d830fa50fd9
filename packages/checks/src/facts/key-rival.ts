/**
 * Finds an answer's rival to a key that the others agree on: in the same place, of the same kind, or as the chosen
 * alternative.
 */
import type { AnswerKeys, KeyPlace } from './answer-keys.ts';
import { certain, evidence, type KeySupport, type SupportedKey } from './key-support.ts';

const missingMax = 12;
const ownMax = 24;

/** The best pair of an own key and a missing key in the same place, by the agreement on the missing one, 0…1. */
export function slotConflict(
  own: AnswerKeys,
  alone: readonly string[],
  missing: readonly SupportedKey[],
  others: readonly AnswerKeys[],
): number {
  let worst = 0;
  for (const agreed of missing.slice(0, missingMax)) {
    const places = placesIn(others, agreed.key);
    for (const key of alone.slice(0, missingMax))
      worst = Math.max(worst, closest(own.places.get(key) ?? [], places, 1) * evidence(agreed));
  }
  return worst;
}

/** One answer with the others. */
export interface Beside {
  readonly own: AnswerKeys;
  readonly support: KeySupport;
  /** The answer is too short to contain anything but what was asked for. */
  readonly isTerse: boolean;
}

/**
 * The others' certainty of a missing key, times their lack of support for this answer's key that may replace it: a name
 * for a name, a number for a number, in the place that two of them show, or any key in a terse answer. 0…1.
 */
export function rivalry({ own, support, isTerse }: Beside, missing: readonly SupportedKey[]): number {
  let worst = 0;
  for (const agreed of missing.slice(0, missingMax)) {
    const sure = certain(agreed);
    if (sure <= worst) continue;
    const places = placesIn(support.heard, agreed.key);
    const having = support.heard.filter((other) => other.places.has(agreed.key));
    const isName = having.filter((other) => other.capitals.has(agreed.key)).length * 2 > having.length;
    for (const [key, ownPlaces] of [...own.places].slice(0, ownMax)) {
      const weak = 1 - support.of(key).voiced;
      if (sure * weak <= worst) continue;
      const isSameKind = agreed.isNumber ? own.numbers.has(key) : isName && own.capitals.has(key);
      const kind = isTerse || isSameKind ? 0.7 : 0.2;
      worst = Math.max(worst, sure * weak * Math.max(kind, closest(ownPlaces, places, 2)));
    }
  }
  return worst;
}

/** Lack of support for the answer's least supported key beyond the question, 0…1. */
export function weakestOf(own: AnswerKeys, prompt: AnswerKeys, support: KeySupport): number {
  const novel = [...own.places.keys()].filter((key) => !prompt.places.has(key));
  return novel.length === 0 ? 0 : 1 - Math.min(...novel.map((key) => support.of(key).voiced));
}

/** Share of the others that choose the other alternative of a question ("affect or effect"); 0 below one half. */
export function alternativeConflict(own: AnswerKeys, prompt: AnswerKeys, others: readonly AnswerKeys[]): number {
  let worst = 0;
  for (const [left, right] of prompt.alternatives) {
    const chosen = (one: AnswerKeys): number => {
      const [a, b] = [one.places.get(left)?.[0]?.at, one.places.get(right)?.[0]?.at];
      return a === b ? 0 : a === undefined ? 1 : b === undefined || a < b ? -1 : 1;
    };
    const mine = chosen(own);
    if (mine === 0) continue;
    const counts = { against: 0, beside: 0 };
    for (const other of others) {
      const theirs = chosen(other);
      if (theirs === -mine) counts.against++;
      else if (theirs === mine) counts.beside++;
    }
    worst = Math.max(worst, (counts.against - counts.beside) / Math.max(1, others.length));
  }
  return worst < 0.5 ? 0 : worst;
}

/** The places of a key in each answer that has it. */
function placesIn(others: readonly AnswerKeys[], key: string): (readonly KeyPlace[])[] {
  return others.flatMap((other) => {
    const places = other.places.get(key);
    return places === undefined ? [] : [places];
  });
}

/** How close some places are to another key's in at least `voices` of the answers that have it, 0…1. */
function closest(own: readonly KeyPlace[], places: readonly (readonly KeyPlace[])[], voices: 1 | 2): number {
  const found = places.map((theirs) =>
    own.reduce((best, a) => theirs.reduce((most, b) => Math.max(most, samePlace(a, b)), best), 0),
  );
  return found.sort((a, b) => b - a)[voices - 1] ?? 0;
}

function samePlace(a: KeyPlace, b: KeyPlace): number {
  const side = (left: string, right: string): number => (left !== right ? 0 : left === '' ? 0.3 : 0.6);
  return Math.min(1, side(a.before, b.before) + side(a.after, b.after));
}
