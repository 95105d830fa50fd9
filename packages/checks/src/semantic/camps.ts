/**
 * Camps: a few short answers that state the same against all others. Colluders are witnesses of each other, so what a camp
 * agrees on supports none of its members: they are left undecided.
 */
import { type AnswerKeys, hasKey, hasKin } from '../facts/answer-keys.ts';
import type { Statement } from '../facts/contradiction.ts';
import { containment } from '../text/text-profile.ts';

/** What the comparison of camps looks at. */
export interface CampReading {
  readonly statement: () => Statement;
  /** Its different word triples. */
  readonly triples: () => ReadonlySet<string>;
}

/** Texts that must state what the camp contradicts, at least, and independent ones: those in the same words are one. */
export const oppositeMin = 4;
export const voicesMin = 3;
/** Texts that may stand on neither side. */
const besideMax = 1;
/**
 * Of the texts on the other side, so many may mention what the camp states; more, if two others state it alone, and it is a
 * number or a name that the question has not.
 */
const mentionsMax = 1;
const mentionsOfValueMax = 2;
const statingAloneMin = 2;
/** Share of the smaller text's word triples from which on two texts are told in the same words. */
const sameWordsMin = 0.35;
/** A text of fewer triples is a few words that everybody may use. */
const triplesMin = 8;
/** Keys of a text that are looked at: what was asked for is among the first. */
const keysMax = 32;
/**
 * Keys beyond the question's up to which a text is terse. Two words are two answers, and not two ways to put one, only if a
 * terse text has the other one: it contains nothing else than what was asked for. Numbers and names need none.
 */
const terseKeys = 6;
/** Allies of a text that has a word in common with them, at least: one text alone could make a camp of an honest one. */
const wordAlliesMin = 2;
/** A text whose first sentences deny has at least this polarity (see `polarity.ts`). */
const deniesFrom = 0.6;

/** What a camp is judged by besides the texts. */
export interface CampOptions {
  /** Submissions of nearly the same text, which are no witnesses and yet of its camp. */
  readonly copies: number;
  /** Words that are no names count too, as they do where answers are short. */
  readonly countsWords: boolean;
  /** Whether a text is not rejected itself: only such texts make a camp, and three voices against it. */
  readonly isBelieved: (text: CampReading) => boolean;
}

/** How the camp of a text differs from the others, as "saturn against jupiter"; undefined if it is in none. */
export function campOf(
  prompt: CampReading,
  own: CampReading,
  witnesses: readonly CampReading[],
  { copies, countsWords, isBelieved }: CampOptions,
): string | undefined {
  const isCamp = (camp: readonly CampReading[], opposite: readonly CampReading[], alliesMin = 1): boolean =>
    camp.filter(isBelieved).length + copies >= alliesMin &&
    opposite.length >= Math.max(oppositeMin, camp.length + 2) &&
    camp.length + opposite.length + besideMax >= witnesses.length &&
    voicesOf(opposite.filter(isBelieved)).length >= voicesMin;
  return keysApart(prompt, own, witnesses, isCamp, countsWords) ?? sidesApart(own, witnesses, isCamp);
}

/** One of each group of texts that are told in the same words: the shortest, since what the others add is filler. */
export function voicesOf<One extends CampReading>(texts: readonly One[]): One[] {
  const byLength = [...texts].sort((a, b) => a.triples().size - b.triples().size || (textOf(a) < textOf(b) ? -1 : 1));
  const voices: One[] = [];
  for (const one of byLength) if (!voices.some((voice) => sharesWords(voice, one))) voices.push(one);
  return voices;
}

function textOf(one: CampReading): string {
  return [...one.triples()].join();
}

type IsCamp = (camp: readonly CampReading[], opposite: readonly CampReading[], alliesMin?: number) => boolean;

/** A key that the camp has, against one of the same kind that all others have and the camp has not. */
function keysApart(
  prompt: CampReading,
  own: CampReading,
  witnesses: readonly CampReading[],
  isCamp: IsCamp,
  countsWords: boolean,
): string | undefined {
  const asked = prompt.statement().keys;
  const { keys } = own.statement();
  const having = (key: string, isNumber: boolean) =>
    witnesses.filter((one) => has(one.statement().keys, key, isNumber));
  const isName = (key: string): boolean => keys.capitals.has(key);
  const first = [...keys.places.keys()].slice(0, keysMax);
  // Names first, for the words that are shown.
  const stated = [...first.filter(isName), ...first.filter((one) => !isName(one))].map((key) => ({
    key,
    isNumber: keys.numbers.has(key),
    by: having(key, keys.numbers.has(key)),
  }));
  const rivals = keysOfMany(witnesses)
    .filter(({ key, isNumber }) => !has(keys, key, isNumber))
    .map((rival) => ({ ...rival, by: having(rival.key, rival.isNumber) }));
  for (const one of stated) {
    const rival = rivals.find((other) => {
      if (other.isNumber !== one.isNumber || !isOfOneKind(asked, one.key, other)) return false;
      const mentions = one.by.filter((witness) => other.by.includes(witness)).length;
      const isValue = one.isNumber || (isName(one.key) && other.isName);
      const isOwnValue = isValue && !asked.places.has(one.key) && one.by.length - mentions >= statingAloneMin;
      if (mentions > (isOwnValue ? mentionsOfValueMax : mentionsMax)) return false;
      if (!isValue && (!countsWords || !other.by.some((witness) => isTerse(witness, asked)))) return false;
      return isCamp(
        one.by.filter((witness) => !other.by.includes(witness)),
        other.by,
        isValue ? 1 : wordAlliesMin,
      );
    });
    if (rival !== undefined) return `${one.key} against ${rival.key}`;
  }
  return undefined;
}

function isTerse(one: CampReading, asked: AnswerKeys): boolean {
  return [...one.statement().keys.places.keys()].filter((key) => !asked.places.has(key)).length <= terseKeys;
}

interface Rival {
  readonly key: string;
  readonly isNumber: boolean;
  /** Written with a capital by more than half of those that have it. */
  readonly isName: boolean;
}

/** Keys that the question has too are values only as numbers and names. */
function isOfOneKind(asked: AnswerKeys, key: string, rival: Rival): boolean {
  const isAsked = asked.places.has(key) || asked.places.has(rival.key);
  return !isAsked || rival.isNumber || rival.isName;
}

/** The keys that enough texts have to be the other side of a camp. */
function keysOfMany(texts: readonly CampReading[]): Rival[] {
  const counts = new Map<string, { count: number; capitals: number; isNumber: boolean }>();
  for (const text of texts) {
    const { places, numbers, capitals } = text.statement().keys;
    for (const key of [...places.keys()].slice(0, keysMax)) {
      const known = counts.get(key) ?? { count: 0, capitals: 0, isNumber: numbers.has(key) };
      counts.set(key, known);
      known.count++;
      if (capitals.has(key)) known.capitals++;
    }
  }
  return [...counts]
    .filter(([, { count }]) => count >= voicesMin)
    .map(([key, { count, capitals, isNumber }]) => ({ key, isNumber, isName: capitals * 2 > count }));
}

/** Yes against no, where a question can be answered so. */
function sidesApart(own: CampReading, witnesses: readonly CampReading[], isCamp: IsCamp): string | undefined {
  const side = sideOf(own);
  const camp = witnesses.filter((one) => sideOf(one) === side);
  const opposite = witnesses.filter((one) => sideOf(one) === -side);
  return side !== 0 && isCamp(camp, opposite) ? (side > 0 ? 'yes against no' : 'no against yes') : undefined;
}

/** -1 (no), 1 (yes), or 0 for a text that takes no side. */
function sideOf(one: CampReading): number {
  const { whether, polarity } = one.statement();
  if (whether.spoken !== 0) return Math.sign(whether.spoken);
  return Math.abs(polarity.answer) >= deniesFrom ? Math.sign(polarity.answer) : Math.sign(whether.claimed);
}

/** Whether a text states a number or a word. */
export function states(one: CampReading, key: string, isNumber: boolean): boolean {
  return has(one.statement().keys, key, isNumber);
}

/** Whether one text says yes and the other no. */
export function isOpposed(a: CampReading, b: CampReading): boolean {
  return sideOf(a) * sideOf(b) < 0;
}

const found = new WeakMap<AnswerKeys, Map<string, boolean>>();

/** Whether a text has a key; each text is looked through once for each key. */
function has(one: AnswerKeys, key: string, isNumber: boolean): boolean {
  const known = found.get(one) ?? new Map<string, boolean>();
  found.set(one, known);
  const present = known.get(key) ?? (hasKey(one, key, isNumber) || (!isNumber && hasKin(one, key)));
  known.set(key, present);
  return present;
}

function sharesWords(a: CampReading, b: CampReading): boolean {
  const [one, other] = [a.triples(), b.triples()];
  const [small, large] = one.size < other.size ? [one, other] : [other, one];
  return small.size >= triplesMin && containment(small, large) >= sameWordsMin;
}
