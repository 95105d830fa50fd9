/**
 * Robust scores. The score that a report states is a weighted median. A minority that always measures too low, or too high,
 * cannot take it out of the honest scores, but it can pull it to their edge. Two rules take that from it:
 *
 * - **Clipping.** An operator whose scores of a role keep being far from the stated ones has less influence on the median in
 *   the next epoch: the policy file of that epoch says how much, and {@link influenceOf} says what it must be, from the
 *   certified reports of the epoch before alone. Everybody who has them comes to the same numbers.
 * - **Clamping.** Whatever the influence, the stated score has at least a third of the whole weight at or below it, and at
 *   or above it (clipping cannot silence the honest: with liars of less than a third, the score stays between two honest ones).
 *
 * Influence moves scores only. Votes, quorums and certificates count whole weights: nobody loses its part in a verdict.
 * After the clipping of norms in Byzantine-robust aggregation (Karimireddy, He and Jaggi, 2021). Integers only.
 */
import { z } from 'zod';
import type { Hex } from './bytes.ts';
import type { CertifiedReport } from './certified-report.ts';
import { addressSchema } from './fields.ts';
import { limits } from './limits.ts';
import { unpackMeasurements } from './measurement.ts';
import { type Role, roles } from './role.ts';

/** The whole influence of an operator, in basis points. */
export const influenceMax = 10_000;

const basisPoints = z.int().min(0).max(influenceMax);
const byRole = z.strictObject({
  checksum: basisPoints.optional(),
  embedding: basisPoints.optional(),
  semantic: basisPoints.optional(),
});

/** The part of a policy that clips: from which distance a score is far, and who has lost how much. */
export const clippingSchema = z.strictObject({
  /** A score further than this from the stated one is far (basis points). */
  farFrom: z.int().min(1).max(10_000),
  /** Fewer scores than this of an operator and role say nothing about it. */
  scoresMin: z.int().min(1).max(1_000_000),
  /** Influence by operator and role, basis points; whoever is not in it has all of it. */
  influence: z
    .record(addressSchema, byRole)
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

/** How often an operator's scores of a role were compared, and far. */
interface Standing {
  far: number;
  all: number;
}

/**
 * The table for the next epoch, from the certified reports of one: of each place on chain, the last
 * {@link limits.influenceReportsMax} count, so that it does not matter in which order they were read, or twice. The reports
 * must have been checked. `clipping` gives the distance and the least number of scores; its own table plays no part: an
 * operator that measures well again has its influence back an epoch later.
 */
export function influenceOf(
  reports: readonly CertifiedReport[],
  { farFrom, scoresMin }: Pick<Clipping, 'farFrom' | 'scoresMin'>,
): InfluenceTable {
  const standings = new Map<string, Standing>();
  for (const report of latestOf(reports)) {
    for (const { operator, role, measurements } of report.observations) {
      const measured = unpackMeasurements(measurements, report.results.length);
      if (!measured.ok) continue;
      const key = `${operator} ${role}`;
      const standing = standings.get(key) ?? { far: 0, all: 0 };
      standings.set(key, standing);
      for (const [index, { score }] of measured.value.entries()) {
        const stated = report.results[index]?.scores[role];
        if (stated === undefined) continue;
        standing.all++;
        if (Math.abs(score - stated) > farFrom) standing.far++;
      }
    }
  }
  return tableOf(standings, scoresMin);
}

/** Each report once, the latest by epoch, sequence and task. */
function latestOf(reports: readonly CertifiedReport[]): CertifiedReport[] {
  const byTask = new Map(reports.map((report) => [report.task.taskId, report]));
  const latestFirst = [...byTask.values()].sort(
    (a, b) => b.epoch - a.epoch || b.sequence - a.sequence || (a.task.taskId < b.task.taskId ? -1 : 1),
  );
  return latestFirst.slice(0, limits.influenceReportsMax);
}

function tableOf(standings: ReadonlyMap<string, Standing>, scoresMin: number): InfluenceTable {
  const operators = [...new Set([...standings.keys()].map((key) => key.split(' ')[0] as Hex))].sort();
  const table: InfluenceTable = {};
  for (const operator of operators) {
    for (const role of roles) {
      const { far, all } = standings.get(`${operator} ${role}`) ?? { far: 0, all: 0 };
      const left = all < scoresMin ? influenceMax : clippedInfluence(far, all);
      if (left < influenceMax) table[operator] = { ...table[operator], [role]: left };
    }
  }
  return table;
}

/** A score with the weight of who measured it, and the influence that it has. */
export interface InfluencedScore {
  readonly score: number;
  readonly weight: bigint;
  /** From 0 to {@link influenceMax}. */
  readonly influence: number;
}

/**
 * The score that is stated: the median by weight times influence, held between the lowest score that a third of `total`
 * measured it at or below, and the highest that a third measured at or above. Where nobody has influence, all have.
 * `scored` must be worth more than two thirds of `total`.
 */
export function statedScore(scored: readonly InfluencedScore[], total: bigint): number {
  const ascending = [...scored].sort((a, b) => a.score - b.score);
  const isSilent = ascending.every(({ weight, influence }) => weight * BigInt(influence) === 0n);
  const pull = ({ weight, influence }: InfluencedScore) => (isSilent ? weight : weight * BigInt(influence));
  const median = firstReaching(
    ascending,
    pull,
    ascending.reduce((sum, one) => sum + pull(one), 0n),
    2n,
  );
  const low = firstReaching(ascending, ({ weight }) => weight, total, 3n);
  const high = firstReaching([...ascending].reverse(), ({ weight }) => weight, total, 3n);
  return Math.max(low, Math.min(high, median));
}

/** The first score by which a part (one over `parts`) of `whole` is reached. */
function firstReaching(
  scored: readonly InfluencedScore[],
  amount: (one: InfluencedScore) => bigint,
  whole: bigint,
  parts: bigint,
): number {
  let reached = 0n;
  for (const one of scored) {
    reached += amount(one);
    if (reached * parts >= whole) return one.score;
  }
  throw new RangeError('The scores are worth too little for one to be stated.');
}
