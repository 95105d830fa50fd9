/** Amounts with their units, in base units: "1.5 km", "1,500 metres" and "fifteen hundred meters" are one amount. */
import { spokenAt } from '../facts/spoken-number.ts';
import { plainNumber } from '../facts/stated-facts.ts';
import type { TextProfile } from '../text/text-profile.ts';
import { unitAt } from './unit.ts';

/** One amount of a text. */
export interface StatedAmount {
  /** What is measured: equal for amounts that can be compared. */
  readonly dimension: string;
  /** In base units. */
  readonly value: number;
  /** How far another amount may be from it, in base units: half of the last digit that is given, of two at least. */
  readonly slack: number;
  /** "42.195" and "42,195" are 42,195 or a thousandth of it. */
  readonly isUnclear: boolean;
  /** In its own unit, and the unit's name. */
  readonly number: number;
  readonly unit: string;
  /** As written. */
  readonly text: string;
}

/** Amounts of one text, and tokens that are looked at. */
const amountsMax = 32;
const tokensMax = 4_000;
/** A megabyte is a million bytes or 2^20, a terabyte 10^12 or 2^40: as a share. */
const bytesSlack = 0.1;

const exponent = /\s?[×x·*]\s?10\s?\^?\s?([-−]?\d{1,2})(?!\d)/uy;
const scale =
  /\s(thousand|million|billion|trillion|tausend|mio\.?|millionen|milliarden|mille|millions|milliards|mil|millones)(?!\p{L})/iuy;
const scales: readonly (readonly [RegExp, number])[] = [
  [/^(?:thousand|tausend|mille|mil)$/iu, 1e3],
  [/^mi[ol]/iu, 1e6],
  [/^billion$/iu, 1e9],
  [/^trillion$/iu, 1e12],
];

/** The amounts of a text, in order. Linear. */
export function amountsOf(text: TextProfile): StatedAmount[] {
  const found: StatedAmount[] = [];
  for (let at = 0; at < Math.min(tokensMax, text.tokens.length) && found.length < amountsMax; ) {
    const number = numberAt(text, at);
    if (number === undefined) {
      at++;
      continue;
    }
    at = number.next;
    const unit = unitAt(text.text, number.end);
    if (unit === undefined) continue;
    const { dimension, size, zero, name } = unit.unit;
    const slack =
      dimension === 'B' ? Math.max(number.slack * size, bytesSlack * number.value * size) : number.slack * size;
    found.push({
      dimension,
      value: number.value * size + zero,
      slack,
      isUnclear: number.isUnclear,
      number: number.value,
      unit: name,
      text: text.text.slice(number.start, unit.end),
    });
  }
  return found;
}

/** Whether two amounts are the same as far as their digits say. */
export function isSameAmount(a: StatedAmount, b: StatedAmount): boolean {
  if (a.dimension !== b.dimension) return false;
  return readingsOf(a).some((one) =>
    readingsOf(b).some((other) => Math.abs(one.value - other.value) <= 1.05 * Math.max(one.slack, other.slack)),
  );
}

function readingsOf({ value, slack, isUnclear }: StatedAmount): { readonly value: number; readonly slack: number }[] {
  const thousandth = isUnclear ? [{ value: value / 1_000, slack: slack / 1_000 }] : [];
  return [{ value, slack: slack + 1e-9 * Math.abs(value) }, ...thousandth];
}

interface NumberFound {
  readonly value: number;
  readonly slack: number;
  readonly isUnclear: boolean;
  /** Offsets of it with its sign and scale. */
  readonly start: number;
  readonly end: number;
  /** The token after it. */
  readonly next: number;
}

function numberAt(text: TextProfile, at: number): NumberFound | undefined {
  const token = text.tokens[at];
  if (token === undefined) return undefined;
  const bare = token.isNumber ? digitsAt(text, at) : spokenNumberAt(text, at);
  if (bare === undefined) return undefined;
  const isNegative =
    token.isNumber && /(?:^|[\s(=≈~])[-−]$/u.test(text.text.slice(Math.max(0, token.start - 2), token.start));
  const sign = isNegative ? -1 : 1;
  const factor = factorAt(text.text, bare.end);
  const [value, slack] = [bare.value * factor.by, bare.slack * factor.by];
  if (!Number.isFinite(value)) return undefined;
  const tokensIn = text.tokens.slice(bare.next, bare.next + 3).filter(({ start }) => start < factor.end).length;
  return {
    value: sign * value,
    slack,
    isUnclear: bare.isUnclear,
    start: token.start - (isNegative ? 1 : 0),
    end: factor.end,
    next: bare.next + tokensIn,
  };
}

/** "× 10^8", "million". */
function factorAt(text: string, from: number): { readonly by: number; readonly end: number } {
  exponent.lastIndex = from;
  const raised = exponent.exec(text)?.[1];
  if (raised !== undefined) return { by: 10 ** Number(raised.replace('−', '-')), end: exponent.lastIndex };
  scale.lastIndex = from;
  const word = scale.exec(text)?.[1];
  if (word === undefined) return { by: 1, end: from };
  const by = /^milliard/iu.test(word) ? 1e9 : (scales.find(([pattern]) => pattern.test(word))?.[1] ?? 1);
  return { by, end: scale.lastIndex };
}

type Bare = Omit<NumberFound, 'start'>;

/** "299,792,458", "299 792 458", "2 1/2". */
function digitsAt(text: TextProfile, at: number): Bare | undefined {
  const { tokens } = text;
  const first = tokens[at];
  if (first === undefined || first.written.includes(':') || /[\p{L}/^_]/u.test(text.text[first.start - 1] ?? ''))
    return undefined;
  let written = first.written;
  let last = at;
  for (;;) {
    const [one, next] = [tokens[last], tokens[last + 1]];
    const isThousands = one !== undefined && next !== undefined && /^\d{3}(?:[.,]\d+)?$/.test(next.written);
    if (!isThousands || text.text.slice(one.end, next.start) !== ' ' || !/^\d{1,3}(?:,?\d{3})*$/.test(written)) break;
    written += next.written;
    last++;
  }
  const plain = last > at && /^\d+$/.test(written) ? written : plainNumber(written);
  const value = Number(plain);
  if (!Number.isFinite(value)) return undefined;
  const part = partAfter(text, last);
  if (part !== undefined)
    return {
      value: value * part.times + part.add,
      slack: 0.05 * (value * part.times + part.add),
      isUnclear: false,
      end: part.end,
      next: part.next,
    };
  return {
    value,
    slack: slackOf(plain),
    isUnclear: /^\d{1,3}[.,]\d{3}$/.test(written),
    end: tokens[last]?.end ?? first.end,
    next: last + 1,
  };
}

/** Of "2 1/2" the half, of "3/4" the divisor. */
function partAfter(
  { text, tokens }: TextProfile,
  at: number,
): { times: number; add: number; end: number; next: number } | undefined {
  const [one, two, three] = tokens.slice(at, at + 3);
  if (one === undefined || two === undefined) return undefined;
  const between = text.slice(one.end, two.start);
  if (between === '/' && two.isNumber && Number(two.written) > 0)
    return { times: 1 / Number(two.written), add: 0, end: two.end, next: at + 2 };
  const isPart =
    between === ' ' && three !== undefined && text.slice(two.end, three.start) === '/' && Number(three.written) > 0;
  if (!isPart || !(Number(two.written) < Number(three.written))) return undefined;
  return { times: 1, add: Number(two.written) / Number(three.written), end: three.end, next: at + 3 };
}

function spokenNumberAt(text: TextProfile, at: number): Bare | undefined {
  const { value, end } = spokenAt(text.tokens, at);
  if (value === undefined) return undefined;
  return { value, slack: slackOf(String(value)), isUnclear: false, end: text.tokens[end - 1]?.end ?? 0, next: end };
}

/** Half of the last digit of a number in plain notation that counts: zeros at the end of a whole number do not, but for the second digit. */
function slackOf(plain: string): number {
  const value = Math.abs(Number(plain));
  if (value === 0) return 0.5;
  const digits = plain.replace(/^-/, '').replace('.', '').replace(/^0+/, '');
  const counted = plain.includes('.') ? digits.length : digits.replace(/0+$/, '').length;
  return 0.5 * 10 ** (Math.floor(Math.log10(value)) - Math.max(2, counted) + 1);
}
