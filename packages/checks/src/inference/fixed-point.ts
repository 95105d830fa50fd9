/**
 * Exponentials and logarithms between whole numbers: log-probabilities in thousandths, probabilities in millionths. Each
 * value is rounded at once, so sums of them are the same on every machine and in every order.
 */

/** One, in millionths. */
export const whole = 1_000_000;

/** The probability of a log-probability up to 0. */
export function chanceOf(logThousandths: number): number {
  return Math.round(whole * Math.exp(Math.min(0, logThousandths) / 1_000));
}

/** The logarithm of a probability or a weight above 0. */
export function logOf(millionths: number): number {
  return Math.round(1_000 * Math.log(Math.max(1, millionths) / whole)) || 0;
}

/** The logarithm of the mean of e to these logarithms; 0 of none. */
export function logMean(logThousandths: readonly number[]): number {
  if (logThousandths.length === 0) return 0;
  const top = Math.max(...logThousandths);
  const sum = logThousandths.reduce((total, one) => total + chanceOf(one - top), 0);
  return top + logOf(Math.round(sum / logThousandths.length));
}
