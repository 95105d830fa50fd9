/**
 * The numbers of a text in one notation: digits, words, ordinals, fractions, times of day in the 12- and 24-hour clock.
 * The same amount in a related unit also counts as stated ("12 months" is 1 year).
 */

import type { TextProfile, Token } from '../text/text-profile.ts';
import { ordinalOf, spokenAt } from './spoken-number.ts';
import { isQuantity, plainNumber } from './stated-facts.ts';

/** One number of a text. */
export interface StatedNumber {
  /** Plain digits, `h:mm` by the 24-hour clock, or `n/m`. */
  readonly key: string;
  /** Other notations of the same number: in a related unit, without its scale, in the other clock. */
  readonly also: readonly string[];
  /** Its tokens: from `start`, before `end`. */
  readonly start: number;
  readonly end: number;
}

/** The numbers of a text, in order, not overlapping. Linear. */
export function statedNumbers(text: TextProfile): StatedNumber[] {
  const found: StatedNumber[] = [];
  for (let at = 0; at < text.tokens.length; ) {
    const number = clockAt(text, at) ?? fractionAt(text, at) ?? plainAt(text, at);
    if (number !== undefined) found.push(number);
    at = Math.max(at + 1, number?.end ?? 0);
  }
  return found;
}

const evening = new Set(['pm', 'afternoon', 'evening', 'night']);
const morning = new Set(['am', 'morning']);

/** Hours to add for the half of the day named after a time; undefined if none is named. */
function halfDayAfter(text: TextProfile, from: number): { add: number; end: number } | undefined {
  const next = text.tokens[from]?.lower;
  if ((next === 'p' || next === 'a') && text.tokens[from + 1]?.lower === 'm')
    return { add: next === 'p' ? 12 : 0, end: from + 2 };
  for (let at = from; at < from + 4; at++) {
    const token = text.tokens[at];
    if (token === undefined || (at > from && token.opensSentence)) return undefined;
    if (evening.has(token.lower)) return { add: 12, end: at === from ? at + 1 : from };
    if (morning.has(token.lower)) return { add: 0, end: at === from ? at + 1 : from };
  }
  return undefined;
}

function clockKey(hour: number, minute: number): string {
  return `${hour}:${String(minute).padStart(2, '0')}`;
}

/** "15:05", "3:05 pm", "3 pm", "five past three", "half past two in the afternoon". */
function clockAt(text: TextProfile, at: number): StatedNumber | undefined {
  const token = text.tokens[at];
  if (token === undefined) return undefined;
  const digits = /^(\d{1,2}):(\d{2})$/.exec(token.written);
  const spoken = digits === null ? spokenClockAt(text, at) : undefined;
  const time =
    digits === null ? spoken : { hour: Number(digits[1]), minute: Number(digits[2]), end: at + 1, exact: true };
  const bare = time ?? bareHourAt(text, at);
  if (bare === undefined || bare.hour > 24 || bare.minute > 59) return undefined;
  const half = halfDayAfter(text, bare.end);
  if (time === undefined && half === undefined) return undefined;
  const { hour, minute } = bare;
  const isTwelve = half !== undefined && hour === 12;
  const full = half === undefined ? hour : (isTwelve ? 0 : hour) + (hour <= 12 ? half.add : 0);
  const other = half === undefined && !bare.exact && hour < 12 ? [clockKey(hour + 12, minute)] : [];
  const end = half === undefined ? bare.end : Math.max(bare.end, half.end);
  const alone = minute === 0 ? [String(hour), ...other] : other;
  return { key: clockKey(full, minute), also: alone, start: at, end };
}

interface ClockTime {
  readonly hour: number;
  readonly minute: number;
  readonly end: number;
  readonly exact: boolean;
}

/** An hour that is a time only if "am" or "pm" follows directly. */
function bareHourAt(text: TextProfile, at: number): ClockTime | undefined {
  const token = text.tokens[at];
  const next = text.tokens[at + 1]?.lower;
  const isHalf =
    next === 'am' || next === 'pm' || ((next === 'a' || next === 'p') && text.tokens[at + 2]?.lower === 'm');
  if (token === undefined || !isHalf || !/^\d{1,2}$/.test(token.written)) return undefined;
  return { hour: Number(token.written), minute: 0, end: at + 1, exact: true };
}

function spokenClockAt(text: TextProfile, at: number): ClockTime | undefined {
  const lower = text.tokens[at]?.lower ?? '';
  const said = lower === 'quarter' ? 15 : lower === 'half' ? 30 : undefined;
  const counted = said === undefined ? spokenAt(text.tokens, at) : { value: said, end: at + 1 };
  const minutes = counted.value;
  const word = text.tokens[counted.end]?.lower;
  if (minutes === undefined || minutes > 30 || !(word === 'past' || word === 'to')) return undefined;
  const hour = smallAt(text.tokens, counted.end + 1);
  if (hour.value === undefined || hour.value < 1 || hour.value > 12) return undefined;
  // "two to three" is a range: before the hour only round minutes are a time.
  if (word === 'to' && (minutes % 5 !== 0 || /^\p{N}/u.test(lower))) return undefined;
  return word === 'past'
    ? { hour: hour.value, minute: minutes, end: hour.end, exact: false }
    : { hour: (hour.value + 11) % 12 || 12, minute: 60 - minutes, end: hour.end, exact: false };
}

function smallAt(tokens: readonly Token[], at: number): { value: number | undefined; end: number } {
  const token = tokens[at];
  if (token !== undefined && /^\d{1,2}$/.test(token.written)) return { value: Number(token.written), end: at + 1 };
  return spokenAt(tokens, at);
}

const parts = new Map([
  ['half', '1/2'],
  ['third', '1/3'],
  ['quarter', '1/4'],
]);

/** "1/3", "a third of", "half", "a quarter of an hour" (15 minutes). */
function fractionAt(text: TextProfile, at: number): StatedNumber | undefined {
  const token = text.tokens[at];
  if (token === undefined) return undefined;
  const below = text.tokens[at + 1];
  if (token.isNumber && below?.isNumber === true && text.text.slice(token.end, below.start) === '/') {
    const [top, bottom] = [Number(token.written), Number(below.written)];
    if (!Number.isInteger(top) || !Number.isInteger(bottom) || bottom === 0 || bottom > 64) return undefined;
    return { key: `${top}/${bottom}`, also: [decimal(top / bottom)], start: at, end: at + 2 };
  }
  const key = parts.get(token.lower);
  if (key === undefined || (key === '1/3' && below?.lower !== 'of')) return undefined;
  const share = 1 / Number(key.slice(2));
  const unit = text.tokens.slice(at + 1, at + 4).find((one) => unitOf.has(one.lower));
  return { key, also: [decimal(share), ...converted(share, unit?.lower)], start: at, end: at + 1 };
}

const scales = new Map([
  ['hundred', 100],
  ['thousand', 1_000],
  ['million', 1_000_000],
  ['billion', 1_000_000_000],
]);

function plainAt(text: TextProfile, at: number): StatedNumber | undefined {
  const token = text.tokens[at];
  if (token === undefined) return undefined;
  if (token.isNumber) {
    if (!isQuantity(text, at)) return undefined;
    const key = plainNumber(token.written);
    const scale = scales.get(text.tokens[at + 1]?.lower ?? '');
    const value = Number(key) * (scale ?? 1);
    const end = scale === undefined ? at + 1 : at + 2;
    const isShare = text.text[token.end] === '%' || /^\s?%/.test(text.text.slice(token.end, token.end + 2));
    const also = [...(isShare ? [decimal(value / 100)] : []), ...converted(value, text.tokens[end]?.lower)];
    return scale === undefined || !Number.isFinite(value)
      ? { key, also, start: at, end: at + 1 }
      : { key: decimal(value), also: [key, ...also], start: at, end };
  }
  if (text.text[token.start - 1] === '-') return undefined;
  const plural = token.lower.endsWith('s') ? pluralOf(token.lower) : undefined;
  if (plural !== undefined) return { key: String(plural), also: [], start: at, end: at + 1 };
  const { value, end } = spokenAt(text.tokens, at);
  const ordinal = ordinalOf(text.tokens[value === undefined ? at : end]?.lower ?? '');
  if (value === undefined)
    return ordinal === undefined ? undefined : { key: String(ordinal), also: [], start: at, end: at + 1 };
  if (ordinal !== undefined && value % 10 === 0 && ordinal < 10)
    return { key: String(value + ordinal), also: [], start: at, end: end + 1 };
  const isOne = end === at + 1 && token.lower === 'one';
  const unit = text.tokens[end]?.lower;
  if (isOne && !unitOf.has(unit ?? '') && !unitOf.has(text.tokens[end + 1]?.lower ?? '')) return undefined;
  return { key: String(value), also: converted(value, unit), start: at, end };
}

/** "sevens" is 7. */
function pluralOf(lower: string): number | undefined {
  const single = lower.endsWith('xes') ? lower.slice(0, -2) : lower.slice(0, -1);
  return single === 'one' ? undefined : spokenAt([{ lower: single } as Token], 0).value;
}

/** A unit's family and its size in the family's smallest unit. */
const unitOf = new Map<string, readonly [family: string, size: number]>(
  (
    [
      ['second seconds sec s', 'time', 1],
      ['minute minutes min', 'time', 60],
      ['hour hours h', 'time', 3_600],
      ['day days', 'time', 86_400],
      ['week weeks', 'time', 604_800],
      ['month months', 'months', 1],
      ['year years', 'months', 12],
      ['decade decades', 'months', 120],
      ['century centuries', 'months', 1_200],
      ['mm millimetre millimetres millimeter millimeters', 'length', 1],
      ['cm centimetre centimetres centimeter centimeters', 'length', 10],
      ['m metre metres meter meters', 'length', 1_000],
      ['km kilometre kilometres kilometer kilometers', 'length', 1_000_000],
      ['g gram grams', 'mass', 1],
      ['kg kilogram kilograms kilo kilos', 'mass', 1_000],
      ['ml millilitre millilitres milliliter milliliters', 'volume', 1],
      ['l litre litres liter liters', 'volume', 1_000],
    ] as const
  ).flatMap(([names, family, size]) => names.split(' ').map((name) => [name, [family, size]] as const)),
);

/** True for the name of a unit of at least two letters, which its number already represents. */
export function isUnit(lower: string): boolean {
  return lower.length > 1 && unitOf.has(lower);
}

const familySizes = new Map<string, number[]>();
for (const [family, size] of unitOf.values()) {
  const known = familySizes.get(family) ?? [];
  if (!known.includes(size)) familySizes.set(family, [...known, size]);
}

/** The same amount in the other units of a family, if it is a short number there. */
function converted(value: number, unit: string | undefined): string[] {
  const known = unitOf.get(unit ?? '');
  if (known === undefined || !Number.isFinite(value)) return [];
  const [family, size] = known;
  return (familySizes.get(family) ?? [])
    .filter((other) => other !== size)
    .map((other) => (value * size) / other)
    .filter((amount) => amount >= 0.01 && amount < 1e7 && Number.isInteger(Math.round(amount * 1e6) / 1e4))
    .map(decimal);
}

function decimal(value: number): string {
  return String(Math.round(value * 1e6) / 1e6);
}

/** The amount of "a year" or "a full hour": 1 of the unit, and the same in related units. Linear. */
export function impliedOnes(text: TextProfile): string[] {
  return text.tokens.flatMap((token, at) => {
    if (token.lower !== 'a' && token.lower !== 'an') return [];
    const next = text.tokens[at + 1]?.lower ?? '';
    const unit = next === 'full' || next === 'whole' || next === 'single' ? text.tokens[at + 2]?.lower : next;
    return unitOf.has(unit ?? '') && (unit ?? '').length > 2 ? ['1', ...converted(1, unit)] : [];
  });
}
