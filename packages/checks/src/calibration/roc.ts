/** How well a score separates honest submissions from the rest, at every threshold and as one number. */

/** One border: what it would accept of each side. */
export interface RocPoint {
  /** Scores from here on are accepted. */
  readonly scoreMin: number;
  /** Share (0…1) of the submissions that are not honest and would be accepted. */
  readonly falseAcceptShare: number;
  /** Share (0…1) of the honest submissions that would be rejected. */
  readonly falseRejectShare: number;
}

/** An interval of a share, both 0…1. */
export interface ShareInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * The thresholds at which something changes, from the lowest score (accepts all) to one above the highest (accepts
 * none). Both lists have one entry for each submission. A share of nothing is 0.
 */
export function rocOf(scores: readonly number[], isHonest: readonly boolean[]): RocPoint[] {
  const ranked = rankedOf(scores, isHonest);
  const honest = isHonest.filter(Boolean).length;
  const others = ranked.length - honest;
  const points: RocPoint[] = [];
  let honestBelow = 0;
  let othersBelow = 0;
  ranked.forEach((one, index) => {
    if (index === 0 || one.score !== ranked[index - 1]?.score)
      points.push(pointOf(one.score, honestBelow, honest, othersBelow, others));
    if (one.honest) honestBelow++;
    else othersBelow++;
  });
  points.push(pointOf((ranked.at(-1)?.score ?? 0) + 1, honestBelow, honest, othersBelow, others));
  return points;
}

/**
 * Probability (0…1) that an honest submission scores higher than another; equal scores count half. 0.5 if either kind
 * is missing.
 */
export function aucOf(scores: readonly number[], isHonest: readonly boolean[]): number {
  const ranked = rankedOf(scores, isHonest);
  const honest = isHonest.filter(Boolean).length;
  const others = ranked.length - honest;
  if (honest === 0 || others === 0) return 0.5;
  let othersBelow = 0;
  let won = 0;
  for (let start = 0; start < ranked.length; ) {
    let end = start;
    while (end < ranked.length && ranked[end]?.score === ranked[start]?.score) end++;
    const tied = ranked.slice(start, end);
    const tiedHonest = tied.filter((one) => one.honest).length;
    const tiedOthers = tied.length - tiedHonest;
    won += tiedHonest * (othersBelow + tiedOthers / 2);
    othersBelow += tiedOthers;
    start = end;
  }
  return won / (honest * others);
}

/** Of the normal distribution, for 95 %. */
const normalQuantile = 1.959_963_984_540_054;

/** The 95 % interval of a share after `hits` of `count` trials (Wilson); 0…1 without trials. */
export function wilsonInterval(hits: number, count: number): ShareInterval {
  if (count <= 0) return { low: 0, high: 1 };
  const z = normalQuantile;
  const share = hits / count;
  const scale = 1 + (z * z) / count;
  const centre = share + (z * z) / (2 * count);
  const reach = z * Math.sqrt((share * (1 - share)) / count + (z * z) / (4 * count * count));
  return { low: Math.max(0, (centre - reach) / scale), high: Math.min(1, (centre + reach) / scale) };
}

/** The 95 % interval of an area under the curve over so many honest submissions and others (Hanley & McNeil, 1982). */
export function aucInterval(auc: number, honest: number, others: number): ShareInterval {
  if (honest === 0 || others === 0) return { low: 0, high: 1 };
  const square = auc * auc;
  const variance =
    (auc * (1 - auc) + (honest - 1) * (auc / (2 - auc) - square) + (others - 1) * ((2 * square) / (1 + auc) - square)) /
    (honest * others);
  const reach = normalQuantile * Math.sqrt(Math.max(0, variance));
  return { low: Math.max(0, auc - reach), high: Math.min(1, auc + reach) };
}

interface Ranked {
  readonly score: number;
  readonly honest: boolean;
}

function rankedOf(scores: readonly number[], isHonest: readonly boolean[]): Ranked[] {
  if (scores.length !== isHonest.length) throw new RangeError('There must be one label for each score.');
  return scores.map((score, index) => ({ score, honest: isHonest[index] === true })).sort((a, b) => a.score - b.score);
}

function pointOf(scoreMin: number, honestBelow: number, honest: number, othersBelow: number, others: number): RocPoint {
  return {
    scoreMin,
    falseAcceptShare: others === 0 ? 0 : (others - othersBelow) / others,
    falseRejectShare: honest === 0 ? 0 : honestBelow / honest,
  };
}
