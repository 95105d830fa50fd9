/**
 * The score of a report: the weighted median. Over a quorum with liars of less than a third of the whole weight, it is
 * between two honest scores.
 */

/** A score with its operator's weight. */
export interface WeightedScore {
  readonly score: number;
  readonly weight: bigint;
}

/** The lowest score at which the cumulative weight reaches half. Throws a RangeError without scores. */
export function weightedMedian(scored: readonly WeightedScore[]): number {
  const total = scored.reduce((sum, { weight }) => sum + weight, 0n);
  let reached = 0n;
  for (const { score, weight } of [...scored].sort((a, b) => a.score - b.score)) {
    reached += weight;
    if (reached * 2n >= total) return score;
  }
  throw new RangeError('The weighted median of nothing is not defined.');
}
