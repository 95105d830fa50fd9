/** Compares numbers of different precision. */
import { remembered } from './word-cache.ts';

/** Numbers that differ by more than this share of the larger one do not agree in two rounded leading digits. */
const apartMin = 0.12;

/** True if one number is the other one rounded to at least two significant digits; years are never rounded. */
export function isRounded(a: string, b: string): boolean {
  if (a === b) return true;
  const left = readingOf(a);
  const right = readingOf(b);
  if (left.isExact || right.isExact) return false;
  const larger = Math.max(Math.abs(left.value), Math.abs(right.value));
  if (Math.abs(left.value - right.value) > apartMin * larger) return false;
  const digits = Math.min(left.digits, right.digits);
  return digits >= 2 && Number(left.value.toPrecision(digits)) === Number(right.value.toPrecision(digits));
}

/** A parsed number. Exact: a year, zero, or not a number, so that no rounded number matches it. */
const readingOf = remembered((number) => {
  const value = Number(number);
  const isExact = isYear(number) || !Number.isFinite(value) || value === 0;
  return { value, isExact, digits: Math.min(100, countingDigits(number)) };
});

function isYear(number: string): boolean {
  return /^(?:1[7-9]|20)\d\d$/.test(number);
}

function countingDigits(number: string): number {
  const digits = number.replace('.', '').replace(/^0+/, '');
  return number.includes('.') ? digits.length : digits.replace(/0+$/, '').length;
}
