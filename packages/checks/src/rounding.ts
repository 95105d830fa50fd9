/** When do two numbers say the same with a different precision? */

/** True when one number is the other one rounded to at least two digits that count; years are never rounded. */
export function isRounded(a: string, b: string): boolean {
  if (a === b || isYear(a) || isYear(b)) return a === b;
  const [left, right] = [Number(a), Number(b)];
  if (!Number.isFinite(left) || !Number.isFinite(right) || left === 0 || right === 0) return false;
  const digits = Math.min(countingDigits(a), countingDigits(b));
  return digits >= 2 && Number(left.toPrecision(digits)) === Number(right.toPrecision(digits));
}

function isYear(number: string): boolean {
  return /^(?:1[7-9]|20)\d\d$/.test(number);
}

function countingDigits(number: string): number {
  const digits = number.replace('.', '').replace(/^0+/, '');
  return number.includes('.') ? digits.length : digits.replace(/0+$/, '').length;
}
