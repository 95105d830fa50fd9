/**
 * How one answer's keys stand against those of the others: what (nearly) all others say and it does not, what it says
 * alone instead and whether that stands in the same place, what it changed in an answer that it copies, what it denies.
 */
import { type AnswerKeys, hasKey, hasKin, type KeyPlace } from './answer-keys.ts';
import { type KeySupport, keySupport, type SupportedKey } from './key-support.ts';

/** Names of the features, in order; all 0…1. */
export const keyConflictNames = [
  'keyNumberShare',
  'keyNumberVoiced',
  'keyNumberReplaced',
  'keyPromptNumber',
  'keyWordShare',
  'keyWordVoiced',
  'keyWordReplaced',
  'keySecondWord',
  'keyPromptWord',
  'keyPromptReplaced',
  'keyTopMissing',
  'keySlotNumber',
  'keySlotWord',
  'keyNumberElsewhere',
  'keyCopyNumber',
  'keyCopyWord',
  'keyCopyTelling',
  'keyOrder',
  'keyAlone',
  'keySureNumber',
  'keySureWord',
  'keySurePrompt',
  'keySureReplaced',
  'keySurePromptReplaced',
  'keySureTerse',
  'keyWeakTerse',
  'keyAlternative',
  'keyAgreement',
  'keyAgreedSure',
  'keyRivalNumber',
  'keyRivalWord',
  'keyRivalPrompt',
  'keyTerseOthers',
] as const;

/** The features, and the strongest pair for people: what stands alone against what is agreed. */
export interface KeyConflict {
  readonly features: readonly number[];
  readonly number: string | undefined;
  readonly word: string | undefined;
}

/** Sets one answer against the others (their order does not matter). */
export function keyConflictOf(own: AnswerKeys, prompt: AnswerKeys, others: readonly AnswerKeys[]): KeyConflict {
  const support = keySupport(others, prompt);
  const supported = support.agreed;
  const missing = supported.filter(
    ({ key, isNumber }) => !hasKey(own, key, isNumber) && (isNumber || !hasKin(own, key)),
  );
  const isNovel = ({ key }: SupportedKey): boolean => !prompt.places.has(key);
  const numbers = missing.filter((one) => one.isNumber);
  const words = missing.filter((one) => !one.isNumber);
  const [newNumbers, newWords] = [numbers.filter(isNovel), words.filter(isNovel)];
  const [askedNumbers, askedWords] = [numbers, words].map((list) => list.filter((one) => !isNovel(one)));
  const alone = aloneKeys(own, others);
  // A half or a quarter is too often a manner of speaking.
  const aloneNumbers = alone.filter((key) => own.numbers.has(key) && !key.includes('/'));
  const aloneWords = alone.filter((key) => own.words.has(key));
  const top = supported.filter(isNovel).slice(0, 4);
  const topWeight = top.reduce((sum, one) => sum + evidence(one), 0);
  const topMissing = top.filter((one) => missing.includes(one)).reduce((sum, one) => sum + evidence(one), 0);
  const copies = copyConflict(own, others);
  const aloneShare = alone.length / Math.max(1, own.places.size);
  return {
    features: [
      most(newNumbers, headed),
      most(newNumbers, voiced),
      aloneNumbers.length > 0 ? most(newNumbers, evidence) : 0,
      most(askedNumbers ?? [], evidence),
      most(newWords, headed),
      most(newWords, voiced),
      aloneWords.length > 0 ? most(newWords, evidence) : 0,
      [...newWords].map(evidence).sort((a, b) => b - a)[1] ?? 0,
      most(askedWords ?? [], evidence),
      aloneWords.length > 0 ? most(askedWords ?? [], evidence) : 0,
      topWeight === 0 ? 0 : topMissing / topWeight,
      slotConflict(own, aloneNumbers, numbers, others),
      slotConflict(own, aloneWords, words, others),
      numberElsewhere(own, aloneNumbers, others),
      copies.number,
      copies.word,
      copies.telling,
      orderConflict(own, supported, others),
      aloneShare,
      most(newNumbers, certain),
      most(newWords, certain),
      most([...(askedWords ?? []), ...(askedNumbers ?? [])], certain),
      alone.length > 0 ? most([...newNumbers, ...newWords], certain) : 0,
      alone.length > 0 ? most([...(askedWords ?? []), ...(askedNumbers ?? [])], certain) : 0,
      own.places.size <= 8 ? most(missing, certain) : 0,
      own.places.size <= terseMax ? weakestOf(own, prompt, support) * most(missing, certain) : 0,
      alternativeConflict(own, prompt, others),
      support.agreement,
      support.agreement * most(missing, certain),
      rivalry(own, newNumbers, support, others),
      rivalry(own, newWords, support, others),
      rivalry(own, [...(askedNumbers ?? []), ...(askedWords ?? [])], support, others),
      others.filter((other) => other.places.size <= 2 * terseMax).length / Math.max(1, others.length),
    ],
    number: against(aloneNumbers[0], numbers[0]),
    word: against(aloneWords.find((key) => own.capitals.has(key)) ?? aloneWords[0], newWords[0] ?? words[0]),
  };
}

/** 0 where six in ten have it, 1 where all have; steep in between: one that lacks it makes a difference. */
function steep(share: number): number {
  return Math.max(0, (share - 0.6) / 0.4) ** 2;
}
const certain = (one: SupportedKey): number => steep(one.share) * steep(one.voiced);
const headed = (one: SupportedKey): number => Math.max(0, 2 * one.share - 1);
const voiced = (one: SupportedKey): number => Math.max(0, 2 * one.voiced - 1);
const evidence = (one: SupportedKey): number => Math.sqrt(headed(one) * voiced(one));

function most(list: readonly SupportedKey[], of: (one: SupportedKey) => number): number {
  return list.reduce((best, one) => Math.max(best, of(one)), 0);
}

function against(own: string | undefined, agreed: SupportedKey | undefined): string | undefined {
  return agreed === undefined ? undefined : `${own ?? 'nothing'} against ${agreed.key}`;
}

/** Keys that no other has, or one of five and more. */
function aloneKeys(own: AnswerKeys, others: readonly AnswerKeys[]): string[] {
  const tolerated = others.length >= 5 ? 1 : 0;
  return [...own.places.keys()].filter((key) => {
    const isNumber = own.numbers.has(key);
    let having = 0;
    for (const other of others) if (hasKey(other, key, isNumber) && ++having > tolerated) return false;
    return true;
  });
}

/** Keys (a count) up to which each one of an answer is a part of the answer. */
const terseMax = 6;

/** How little the others support that key of a terse answer which they support least, 0…1. */
function weakestOf(own: AnswerKeys, prompt: AnswerKeys, support: KeySupport): number {
  const novel = [...own.places.keys()].filter((key) => !prompt.places.has(key));
  return novel.length === 0 ? 0 : 1 - Math.min(...novel.map((key) => support.of(key).voiced));
}

/** Share of the others that choose otherwise between the alternatives of a question; 0 below one half. */
function alternativeConflict(own: AnswerKeys, prompt: AnswerKeys, others: readonly AnswerKeys[]): number {
  let worst = 0;
  for (const [left, right] of prompt.alternatives) {
    const chosen = (one: AnswerKeys): number => {
      const [a, b] = [one.places.get(left)?.[0]?.at, one.places.get(right)?.[0]?.at];
      return a === b ? 0 : a === undefined ? 1 : b === undefined || a < b ? -1 : 1;
    };
    const mine = chosen(own);
    if (mine === 0) continue;
    const against = others.filter((other) => chosen(other) === -mine).length;
    const beside = others.filter((other) => chosen(other) === mine).length;
    worst = Math.max(worst, (against - beside) / Math.max(1, others.length));
  }
  return worst < 0.5 ? 0 : worst;
}

const slotKeysMax = 12;

/**
 * How sure the others are of a key that is missing, times how little they support a key of this answer that may stand in
 * its stead: of the same kind, in the same place, or in an answer that is too short for anything else.
 */
function rivalry(
  own: AnswerKeys,
  missing: readonly SupportedKey[],
  support: KeySupport,
  others: readonly AnswerKeys[],
): number {
  const isTerse = own.places.size <= terseMax;
  let worst = 0;
  for (const agreed of missing.slice(0, slotKeysMax)) {
    const sure = certain(agreed);
    if (sure <= worst) continue;
    const places = others.flatMap((other) => other.places.get(agreed.key) ?? []);
    const isName = others.some((other) => other.capitals.has(agreed.key));
    for (const [key, ownPlaces] of [...own.places].slice(0, rivalKeysMax)) {
      const weak = 1 - support.of(key).voiced;
      if (sure * weak <= worst) continue;
      const isSameKind = agreed.isNumber ? own.numbers.has(key) : isName && own.capitals.has(key);
      const kind = isTerse || isSameKind ? 0.7 : 0.2;
      const place = ownPlaces.reduce(
        (best, one) => places.reduce((near, other) => Math.max(near, samePlace(one, other)), best),
        0,
      );
      worst = Math.max(worst, sure * weak * Math.min(1, Math.max(kind, place)));
    }
  }
  return worst;
}

const rivalKeysMax = 24;

/** The best pair of a key that stands alone and one that is missing in the same place, by how far it is agreed on. */
function slotConflict(
  own: AnswerKeys,
  alone: readonly string[],
  missing: readonly SupportedKey[],
  others: readonly AnswerKeys[],
): number {
  let worst = 0;
  for (const agreed of missing.slice(0, slotKeysMax)) {
    const places = others.flatMap((other) => other.places.get(agreed.key) ?? []);
    for (const key of alone.slice(0, slotKeysMax)) {
      const alike = (own.places.get(key) ?? []).reduce(
        (best, place) => places.reduce((near, other) => Math.max(near, samePlace(place, other)), best),
        0,
      );
      worst = Math.max(worst, alike * evidence(agreed));
    }
  }
  return worst;
}

function samePlace(a: KeyPlace, b: KeyPlace): number {
  const side = (left: string, right: string): number => (left !== right ? 0 : left === '' ? 0.3 : 0.6);
  return Math.min(1, side(a.before, b.before) + side(a.after, b.after));
}

/** A number that stands alone where the others agree on another one beside the same word; though it may be named elsewhere. */
function numberElsewhere(own: AnswerKeys, alone: readonly string[], others: readonly AnswerKeys[]): number {
  let worst = 0;
  for (const key of alone.slice(0, slotKeysMax)) {
    for (const place of own.places.get(key) ?? []) {
      for (const side of ['before', 'after'] as const) {
        if (place[side] === '') continue;
        const beside = others.map((other) =>
          [...other.numbers].filter((number) =>
            (other.places.get(number) ?? []).some((one) => one[side] === place[side]),
          ),
        );
        const having = beside.filter((list) => list.length > 0);
        const counts = new Map<string, number>();
        for (const list of having) for (const number of list) counts.set(number, (counts.get(number) ?? 0) + 1);
        const best = Math.max(0, ...counts.values());
        if (best >= 2) worst = Math.max(worst, best / Math.max(having.length, others.length / 2));
      }
    }
  }
  return Math.min(1, worst);
}

interface CopyConflict {
  readonly number: number;
  readonly word: number;
  readonly telling: number;
}

const changedMax = 16;

/** What an answer has otherwise than one that it resembles, and how much better the rest supports the other's, 0…1. */
function copyConflict(own: AnswerKeys, others: readonly AnswerKeys[]): CopyConflict {
  const worst = { number: 0, word: 0, telling: 0 };
  for (const other of others) {
    const alike = likeness(own, other);
    if (alike < 0.45) continue;
    const rest = others.filter((one) => one !== other);
    for (const kind of ['number', 'word', 'telling'] as const) {
      const of = (one: AnswerKeys): ReadonlySet<string> =>
        kind === 'number' ? one.numbers : kind === 'word' ? one.words : one.telling;
      const has = (one: AnswerKeys, key: string): boolean =>
        kind === 'telling' ? one.telling.has(key) : hasKey(one, key, kind === 'number');
      const mine = [...of(own)].filter((key) => !has(other, key));
      const theirs = [...of(other)].filter((key) => !has(own, key));
      if (mine.length + theirs.length === 0 || mine.length + theirs.length > changedMax) continue;
      if (theirs.length === 0 || (mine.length === 0 && kind !== 'telling')) continue;
      const support = (keys: readonly string[]): number =>
        Math.max(0, ...keys.map((key) => rest.filter((one) => has(one, key)).length)) / Math.max(1, rest.length);
      worst[kind] = Math.max(worst[kind], support(theirs) - support(mine));
    }
  }
  return worst;
}

/** Share of the keys of either that both have. */
function likeness(a: AnswerKeys, b: AnswerKeys): number {
  const [small, large] = a.places.size < b.places.size ? [a, b] : [b, a];
  if (small.places.size * 3 < large.places.size) return 0;
  let shared = 0;
  for (const key of small.places.keys()) if (large.places.has(key)) shared++;
  return shared / Math.max(1, small.places.size + large.places.size - shared);
}

const orderedMax = 10;

/** Of the pairs of agreed keys that all others who have both put in one order, the share that this answer turns round. */
function orderConflict(own: AnswerKeys, supported: readonly SupportedKey[], others: readonly AnswerKeys[]): number {
  const keys = supported.filter(({ key }) => own.places.has(key)).slice(0, orderedMax);
  const first = (one: AnswerKeys, key: string): number | undefined => one.places.get(key)?.[0]?.at;
  let pairs = 0;
  let turned = 0;
  keys.forEach((a, index) => {
    for (const b of keys.slice(index + 1)) {
      const orders = others.flatMap((other) => {
        const [left, right] = [first(other, a.key), first(other, b.key)];
        return left === undefined || right === undefined ? [] : [left < right];
      });
      if (orders.length < 3) continue;
      const ahead = orders.filter(Boolean).length;
      if (ahead !== 0 && ahead !== orders.length) continue;
      pairs++;
      const isAhead = (first(own, a.key) ?? 0) < (first(own, b.key) ?? 0);
      if (isAhead !== ahead > 0) turned++;
    }
  });
  return pairs < 6 ? 0 : turned === 0 ? 0 : 0.5 + turned / (2 * pairs);
}
