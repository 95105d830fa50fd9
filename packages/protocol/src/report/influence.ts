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

/** The whole influence of an operator, in basis points. */
export const influenceMax = 10_000;

const basisPoints = z.int().min(0).max(influenceMax);
const influenceByRole = z.strictObject(byRole(() => basisPoints.optional()));

/** The part of a policy that clips: from which distance a score is far, and who has lost how much. */
export const clippingSchema = z.strictObject({
  /** A score further than this from the stated one is far (basis points). */
  farFrom: z.int().min(1).max(10_000),
  /** Fewer scores than this of an operator and role say nothing about it. */
  scoresMin: z.int().min(1).max(1_000_000),
  /** Influence by operator and role, basis points; whoever is not in it has all of it. */
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

/** What is left of the influence of one whose scores were far `far` times of `all`: all of it up to a quarter, none from three quarters on. */
export function clippedInfluence(far: number, all: number): number {
  return Math.max(0, Math.min(influenceMax, Math.floor(((3 * all - 4 * far) * influenceMax) / (2 * all))));
}

/** A score with the weight of who measured it. */
export interface WeightedScore {
  readonly score: number;
  readonly weight: bigint;
}

/** The same, with the influence that it has. */
export interface InfluencedScore extends WeightedScore {
  /** From 0 to {@link influenceMax}. */
  readonly influence: number;
}

/**
 * The score that is stated: the median by weight times influence, held between the lowest score that a third of `total`
 * measured it at or below, and the highest that a third measured at or above. Where nobody has influence, all have.
 * `scored` must be worth more than two thirds of `total`.
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

/** The weighted median: the lowest score at which at least half of the weight is reached. `scored` must not be empty. */
export function weightedMedian(scored: readonly WeightedScore[]): number {
  const ascending = [...scored].sort((a, b) => a.score - b.score);
  return firstReaching(
    ascending,
    ascending.reduce((sum, one) => sum + one.weight, 0n),
    2n,
  );
}

/** The first score by which a part (one over `parts`) of `whole` is reached. */
function firstReaching(scored: readonly WeightedScore[], whole: bigint, parts: bigint): number {
  let reached = 0n;
  for (const { score, weight } of scored) {
    reached += weight;
    if (reached * parts >= whole) return score;
  }
  throw new RangeError('The weighted median of nothing is not defined.');
}
