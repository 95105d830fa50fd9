/** The odds of a drawn committee by formula, exact up to the last division. Pure. */

/**
 * The bounds for liars among `size` members: from when they alone are a quorum, and from when the honest ones no longer
 * are.
 */
export interface CommitteeBounds {
  /** With at least this many liars (more than two thirds), they certify what they like. */
  readonly capturedFrom: number;
  /** With at least this many liars (a third or more), they can stop every certificate. */
  readonly stalledFrom: number;
}

/** The bounds of a committee whose members have equal stakes. */
export function committeeBounds(size: number): CommitteeBounds {
  return { capturedFrom: Math.floor((2 * size) / 3) + 1, stalledFrom: Math.ceil(size / 3) };
}

/**
 * The probability of at least `least` liars among `size` members, drawn without replacement from `pool` operators of
 * equal stake of whom `liars` lie: the tail of the hypergeometric distribution, summed in integers.
 */
export function tailOdds(pool: number, liars: number, size: number, least: number): number {
  let hits = 0n;
  for (let count = Math.max(least, size - (pool - liars)); count <= Math.min(size, liars); count++)
    hits += choose(liars, count) * choose(pool - liars, size - count);
  return ratio(hits, choose(pool, size));
}

/** The binomial coefficient: ways to choose `count` of `from`. */
export function choose(from: number, count: number): bigint {
  if (count < 0 || count > from) return 0n;
  const few = Math.min(count, from - count);
  let ways = 1n;
  for (let step = 1; step <= few; step++) ways = (ways * BigInt(from - few + step)) / BigInt(step);
  return ways;
}

/** The quotient of large integers as the nearest number, with at least 60 bits. */
function ratio(part: bigint, whole: bigint): number {
  if (part === 0n) return 0;
  const shift = Math.max(0, whole.toString(2).length - part.toString(2).length + 64);
  return Number((part << BigInt(shift)) / whole) * 2 ** -shift;
}
