/** Summary of several measurements of one value. */

/** Median, minimum and maximum of some values. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The value that a share of all values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

/** Most of these measurements are not more precise than hundredths. */
export function rounded(value: number, digits = 2): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

/** Median, minimum and maximum, rounded. */
export function spreadOf(values: readonly number[], digits = 2): Spread {
  return {
    median: rounded(quantile(values, 0.5), digits),
    least: rounded(Math.min(...values), digits),
    most: rounded(Math.max(...values), digits),
  };
}
