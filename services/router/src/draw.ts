/** In which order miners are asked: a seeded draw by score, load and price. Pure. */
import { fromHex, type Hex, keccak256, utf8 } from '@assay/protocol/encoding/bytes';
import type { Miner } from './miners.ts';

/** What the Router has seen of a miner. */
export interface Standing {
  /** Share of its judged answers that were accepted, 0…1; ½ before the first. */
  readonly score: number;
  /** Requests at it now. */
  readonly load: number;
  /** It failed lately: asked after all others. */
  readonly paused: boolean;
}

const weightMin = 1e-4;
const drawBits = 2 ** 48;

/**
 * The active miners of a model that have room, in the order to ask them: paused ones last, each group drawn without
 * replacement with a weight of score² / (1 + load) × √(lowest price / price). One seed gives one order.
 */
export function drawMiners(
  miners: readonly Miner[],
  model: string,
  standingOf: (miner: Miner) => Standing,
  seed: string,
): Miner[] {
  const able = miners.filter((one) => one.state === 'active' && one.models.includes(model));
  const cheapest = Math.min(...able.map(({ price }) => price));
  return able
    .map((miner) => ({ miner, standing: standingOf(miner) }))
    .filter(({ miner, standing }) => standing.load < miner.concurrentMax)
    .map(({ miner, standing }) => ({
      miner,
      paused: Number(standing.paused),
      // The first of exponential clocks with these rates is a weighted draw; so is the order of all.
      rings: -Math.log(uniform(seed, miner.address)) / weightOf(miner, standing, cheapest),
    }))
    .sort((a, b) => a.paused - b.paused || a.rings - b.rings)
    .map(({ miner }) => miner);
}

function weightOf({ price }: Miner, { score, load }: Standing, cheapest: number): number {
  const fair = price === 0 ? 1 : Math.sqrt(cheapest / price);
  return Math.max(weightMin, (score * score * fair) / (1 + load));
}

/** A number in (0, 1) from seed and address. */
function uniform(seed: string, address: Hex): number {
  const bytes = fromHex(keccak256(utf8(`${seed} ${address}`)));
  const drawn = bytes.slice(0, 6).reduce((sum, byte) => sum * 256 + byte, 0);
  return (drawn + 0.5) / drawBits;
}
