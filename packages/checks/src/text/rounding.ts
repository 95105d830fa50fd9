/** When do two numbers say the same with a different precision? */
import { remembered } from './remembered.ts';

/** Two numbers that are further apart, as a share of the larger one, have no two leading digits in common when rounded. */
const apartMin = 0.12;

/** True when one number is the other one rounded to at least two digits that count; years are never rounded. */
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

/** What a number written out is; exact: a year, zero, or no number at all, so that no other one is the same rounded. */
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
