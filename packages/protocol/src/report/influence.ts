/**
 * Robust scores. The score that a report states is a weighted median. A minority that always measures too low, or too high,
 * cannot take it out of the honest scores, but it can pull it to their edge. Two rules take that from it:
 *
 * - **Clipping.** An operator whose scores of a role keep being far from the stated ones has less influence on the median in
 *   the next epoch: the policy file of that epoch says how much, and `influenceOf` (influence-history.ts) says what it must be, from the
 *   certified reports of the epoch before alone. Everybody who has them comes to the same numbers.
 * - **Clamping.** Whatever the influence, the stated score has at least a third of the whole weight at or below it, and at
 *   or above it (clipping cannot silence the honest: with liars of less than a third, the score stays between two honest ones).
 *
 * Influence moves scores only. Votes, quorums and certificates count whole weights: nobody loses its part in a verdict.
 * After the clipping of norms in Byzantine-robust aggregation (Karimireddy, He and Jaggi, 2021). Integers only.
 */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import { addressSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { byRole, type Role } from '../observation/role.ts';

/** Full influence of an operator, in basis points. */
export const influenceMax = 10_000;

const basisPoints = z.int().min(0).max(influenceMax);
const influenceByRole = z.strictObject(byRole(() => basisPoints.optional()));

/** The clipping part of a policy: the distance from which a score is far, and the influence of those who lost some. */
export const clippingSchema = z.strictObject({
  /** A score further than this from the stated one is far (basis points). */
  farFrom: z.int().min(1).max(10_000),
  /** With fewer scores of an operator and role than this, its influence does not change. */
  scoresMin: z.int().min(1).max(1_000_000),
  /** Influence by operator and role, in basis points; an absent operator has full influence. */
  influence: z
    .record(addressSchema, influenceByRole)
    .refine((all) => Object.keys(all).length <= limits.operatorsMax, { error: 'has too many operators' }),
});

export type Clipping = z.infer<typeof clippingSchema>;

/** Influence of those who have lost some. */
export type InfluenceTable = Clipping['influence'];

/** An operator's influence on the scores of a role, from 0 to {@link influenceMax}. */
export function influenceIn(clipping: Clipping | undefined, operator: Hex, role: Role): number {
  return clipping?.influence[operator]?.[role] ?? influenceMax;
}

/**
 * The influence of an operator with `far` of `all` scores far from the stated ones: full up to a quarter, none from
 * three quarters.
 */
export function clippedInfluence(far: number, all: number): number {
  return Math.max(0, Math.min(influenceMax, Math.floor(((3 * all - 4 * far) * influenceMax) / (2 * all))));
}

/** A score with its operator's weight. */
export interface WeightedScore {
  readonly score: number;
  readonly weight: bigint;
}

/** The same, with the operator's influence. */
export interface InfluencedScore extends WeightedScore {
  /** From 0 to {@link influenceMax}. */
  readonly influence: number;
}

/**
 * The stated score: the median by weight times influence. It is clamped so that at least a third of `total` measured at
 * or below it, and at least a third at or above it. If nobody has influence, all have full influence. `scored` must
 * have more than two thirds of `total`.
 */
export function statedScore(scored: readonly InfluencedScore[], total: bigint): number {
  if (scored.every(({ influence }) => influence === influenceMax)) return weightedMedian(scored);
  const pulls = scored.map(({ score, weight, influence }) => ({ score, weight: weight * BigInt(influence) }));
  const isSilent = pulls.every(({ weight }) => weight === 0n);
  const ascending = [...scored].sort((a, b) => a.score - b.score);
  const low = firstReaching(ascending, total, 3n);
  const high = firstReaching([...ascending].reverse(), total, 3n);
  return Math.max(low, Math.min(high, weightedMedian(isSilent ? scored : pulls)));
}

/** The weighted median: the lowest score at which the cumulative weight reaches half. `scored` must not be empty. */
export function weightedMedian(scored: readonly WeightedScore[]): number {
  const ascending = [...scored].sort((a, b) => a.score - b.score);
  return firstReaching(
    ascending,
    ascending.reduce((sum, one) => sum + one.weight, 0n),
    2n,
  );
}

/** The first score at which the cumulative weight reaches one `parts`-th of `whole`. */
function firstReaching(scored: readonly WeightedScore[], whole: bigint, parts: bigint): number {
  let reached = 0n;
  for (const { score, weight } of scored) {
    reached += weight;
    if (reached * parts >= whole) return score;
  }
  throw new RangeError('The weighted median of nothing is not defined.');
}
