/**
 * Statistics over the answers of a task that move little when one answer comes or goes: a median or a second-highest value jumps to
 * its neighbour then, and a verdict that is near a border with it.
 */

/** The mean of the middle half of some values: a quarter on either side has no say. 0 if there is none. */
export function middleOf(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  const outside = ascending.length / 4;
  let [sum, weight] = [0, 0];
  for (const [at, value] of ascending.entries()) {
    const inside = Math.max(0, Math.min(at + 1, ascending.length - outside) - Math.max(at, outside));
    sum += inside * value;
    weight += inside;
  }
  return weight === 0 ? 0 : sum / weight;
}

/** Values that {@link amongDrawn} draws, where there are more. */
const drawn = 3;

/**
 * The value of a rank (1: the highest) among three of some values in descending order, on average over all such choices: so that
 * chance finds no more in many values than in few. With fewer values than the rank, 0.
 */
export function amongDrawn(descending: readonly number[], rank: number): number {
  const size = Math.min(drawn, descending.length);
  const all = choices(descending.length, size);
  return descending.reduce(
    (sum, value, at) => sum + (value * choices(at, rank - 1) * choices(descending.length - at - 1, size - rank)) / all,
    0,
  );
}

function choices(of: number, count: number): number {
  let product = count > of || count < 0 ? 0 : 1;
  for (let at = 0; at < count && product > 0; at++) product = (product * (of - at)) / (at + 1);
  return product;
}
