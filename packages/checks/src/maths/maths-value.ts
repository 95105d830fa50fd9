/**
 * What a formula is worth, so that equal formulas have equal values however they are written: its values at fixed points. Two
 * different formulas of the same variables agree at all of them by chance only.
 */
import { type Call, type Expression, expressionOf } from './expression.ts';

/** The value of a formula. */
export interface MathsValue {
  /** Of a constant, its decimal digits; of a function, `f` and its values at the points. */
  readonly value: string;
  /** The same for all functions that differ by a constant; undefined for a constant. */
  readonly upToConstant: string | undefined;
  /** It adds a constant of integration. */
  readonly hasConstant: boolean;
}

const points = 5;
/** Points at which a function must have a value. */
const pointsMin = 3;
const digits = 8;
const tiny = 1e-9;
const factorialMax = 20;
const constants = new Set(['C', 'c', 'K', 'k', 'C_1', 'c_1', 'C_0']);

/** The value of a formula, undefined where it has none: another text, an unknown function, infinity. Deterministic. */
export function mathsValueOf(text: string): MathsValue | undefined {
  const expression = expressionOf(text);
  return expression === undefined ? undefined : worthOf(expression);
}

function worthOf(expression: Expression): MathsValue | undefined {
  const hasConstant = isCall(expression) && expression.head === 'Add' && expression.parts.some(isConstant);
  const variables = symbolsIn(expression).filter((name) => !(hasConstant && constants.has(name)));
  const signs = JSON.stringify(expression).includes('"Measurement"') ? [1, -1] : [1];
  const rows = Array.from({ length: variables.length === 0 ? 1 : points }, (_, point) =>
    signs.map((sign) => evaluate(expression, { point, sign, zero: hasConstant })),
  );
  const known = rows.filter((row) => row.every(Number.isFinite));
  if (known.length < Math.min(rows.length, pointsMin)) return undefined;
  if (variables.length === 0)
    return { value: (rows[0] ?? []).map(written).sort().join(' '), upToConstant: undefined, hasConstant };
  const first = rows[0] ?? [];
  const apart = rows.map((row) => row.map((value, at) => value - (first[at] ?? Number.NaN)));
  const shown = (all: readonly (readonly number[])[]): string =>
    `f ${all.map((row) => row.map(written).sort().join('/')).join(' ')}`;
  return { value: shown(rows), upToConstant: shown(apart), hasConstant };
}

function isCall(one: Expression): one is Call {
  return typeof one === 'object';
}

function isConstant(one: Expression): boolean {
  return typeof one === 'string' && constants.has(one);
}

function written(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return Math.abs(value) < tiny ? '0' : String(Number(value.toPrecision(digits)));
}

const known: Readonly<Record<string, number>> = { Pi: Math.PI, ExponentialE: Math.E, e: Math.E };

function symbolsIn(one: Expression): string[] {
  if (typeof one === 'string') return one in known ? [] : [one];
  return isCall(one) ? [...new Set(one.parts.flatMap(symbolsIn))].sort() : [];
}

interface Point {
  readonly point: number;
  /** Of "±". */
  readonly sign: number;
  /** The constant of integration is 0. */
  readonly zero: boolean;
}

const functions: Readonly<Record<string, (value: number) => number>> = {
  Negate: (value) => -value,
  Sqrt: Math.sqrt,
  Abs: Math.abs,
  Exp: Math.exp,
  Ln: Math.log,
  Sin: Math.sin,
  Cos: Math.cos,
  Tan: Math.tan,
  Cot: (value) => 1 / Math.tan(value),
  Sec: (value) => 1 / Math.cos(value),
  Csc: (value) => 1 / Math.sin(value),
  Arcsin: Math.asin,
  Arccos: Math.acos,
  Arctan: Math.atan,
  Sinh: Math.sinh,
  Cosh: Math.cosh,
  Tanh: Math.tanh,
  Delimiter: (value) => value,
  Lb: Math.log2,
  Factorial: (value) => {
    if (!Number.isInteger(value) || value < 0 || value > factorialMax) return Number.NaN;
    return Array.from({ length: value }, (_, at) => at + 1).reduce((product, one) => product * one, 1);
  },
};
const inverses: Readonly<Record<string, string>> = { Sin: 'Arcsin', Cos: 'Arccos', Tan: 'Arctan' };

/** NaN for what is not known. */
function evaluate(one: Expression, at: Point): number {
  if (typeof one === 'number') return one;
  if (typeof one === 'string') return known[one] ?? (at.zero && constants.has(one) ? 0 : placeOf(one, at.point));
  const { head, parts } = one;
  const [first, second] = parts;
  if (first === undefined) return Number.NaN;
  const inverse = isCall(first) ? inverses[first.head] : undefined;
  if (head === 'Power' && inverse !== undefined && isCall(first) && isMinusOne(second))
    return evaluate({ head: inverse, parts: first.parts }, at);
  if (head === 'InvisibleOperator' && parts.length === 2 && isMixed(first, second))
    return evaluate({ head: 'Add', parts }, at);
  return combined(
    head,
    parts.map((part) => evaluate(part, at)),
    at,
  );
}

function combined(head: string, values: readonly number[], { sign }: Point): number {
  const [first = Number.NaN, second = Number.NaN] = values;
  if (head === 'Add') return values.reduce((sum, value) => sum + value, 0);
  if (head === 'Multiply' || head === 'InvisibleOperator') return values.reduce((product, value) => product * value, 1);
  if (values.length === 2) {
    if (head === 'Subtract') return first - second;
    if (head === 'Divide' || head === 'Rational') return first / second;
    if (head === 'Power') return first ** second;
    if (head === 'Root') return first ** (1 / second);
    if (head === 'Log') return Math.log(first) / Math.log(second);
    if (head === 'Measurement') return first + sign * second;
  }
  return values.length === 1 ? (functions[head]?.(first) ?? Number.NaN) : Number.NaN;
}

function isMinusOne(one: Expression | undefined): boolean {
  return one === -1 || (one !== undefined && isCall(one) && one.head === 'Negate' && one.parts[0] === 1);
}

/** "2 1/3" is a sum. */
function isMixed(whole: Expression, part: Expression | undefined): boolean {
  if (typeof whole !== 'number' || !Number.isInteger(whole) || part === undefined || !isCall(part)) return false;
  const {
    head,
    parts: [top, bottom],
  } = part;
  return head === 'Divide' && typeof top === 'number' && typeof bottom === 'number' && top < bottom;
}

/** Where a variable is at a point: a number from 0.3 to 1.7 that only its name and the point decide. */
function placeOf(name: string, point: number): number {
  let hash = 2_166_136_261;
  for (const letter of `${name} ${point}`) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16_777_619) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 2_246_822_507) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 13), 3_266_489_909) >>> 0;
  return 0.3 + (1.4 * (hash >>> 8)) / 2 ** 24;
}
