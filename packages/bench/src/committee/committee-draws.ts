/** Draws committees and counts outcomes, optimised for speed. Pure: the same seed gives the same counts. */
import { committeeBounds } from './committee-odds.ts';

const wordRange = 0x1_0000_0000;
const wordsAtOnce = 1 << 14;

/** One run of draws. */
export interface DrawRun {
  readonly pool: number;
  readonly liars: number;
  readonly size: number;
  readonly draws: number;
  readonly seed: number;
  /** Stakes of the operators, liars first; absent: equal stakes. */
  readonly stakes?: Uint32Array;
}

/** Number of captured committees, and of committees in which the liars could stop every certificate. */
export interface DrawCounts {
  readonly captured: number;
  readonly stalled: number;
}

/** Runs all draws. */
export function countDraws(run: DrawRun): DrawCounts {
  const random = new RandomWords(run.seed);
  return run.stakes === undefined ? countEqual(run, random) : countByStake(run, run.stakes, random);
}

/**
 * With equal stakes, the order of the pool does not matter: each seat goes to a liar with probability equal to the
 * remaining liars' share. The draw ends early when the remaining seats can no longer stop the committee.
 */
function countEqual({ pool, liars, size, draws }: DrawRun, random: RandomWords): DrawCounts {
  const { capturedFrom, stalledFrom } = committeeBounds(size);
  let captured = 0;
  let stalled = 0;
  for (let draw = 0; draw < draws; draw++) {
    if (random.left < size) random.refill();
    const { words } = random;
    let at = random.at;
    let left = liars;
    for (let seat = 0; seat < size && liars - left + size - seat >= stalledFrom; seat++)
      left -= Number((words[at++] ?? 0) * (pool - seat) < left * wordRange);
    random.at = at;
    captured += Number(liars - left >= capturedFrom);
    stalled += Number(liars - left >= stalledFrom);
  }
  return { captured, stalled };
}

/**
 * Successive sampling: draws with replacement, and redraws operators that were already drawn. A liar's weight is its
 * stake.
 */
function countByStake({ pool, liars, size, draws }: DrawRun, stakes: Uint32Array, random: RandomWords): DrawCounts {
  const { odds, other } = aliasTable(stakes);
  const drawnIn = new Int32Array(pool).fill(-1);
  let captured = 0;
  let stalled = 0;
  for (let draw = 0; draw < draws; draw++) {
    let total = 0;
    let lying = 0;
    for (let seat = 0; seat < size; ) {
      if (random.left < 2) random.refill();
      const column = Math.floor(((random.words[random.at++] ?? 0) / wordRange) * pool);
      const one = (random.words[random.at++] ?? 0) < (odds[column] ?? 0) ? column : (other[column] ?? 0);
      if (drawnIn[one] === draw) continue;
      drawnIn[one] = draw;
      seat++;
      const stake = stakes[one] ?? 0;
      total += stake;
      if (one < liars) lying += stake;
    }
    stalled += Number(3 * (total - lying) <= 2 * total);
    captured += Number(3 * lying > 2 * total);
  }
  return { captured, stalled };
}

/** Walker's alias method in Vose's form (1991): weighted choice in constant time. */
function aliasTable(stakes: Uint32Array): { readonly odds: Float64Array; readonly other: Uint32Array } {
  const total = stakes.reduce((sum, stake) => sum + stake, 0);
  const scaled = Float64Array.from(stakes, (stake) => (stake * stakes.length) / total);
  const odds = new Float64Array(stakes.length).fill(wordRange);
  const other = new Uint32Array(stakes.length);
  const small = [...scaled.keys()].filter((index) => (scaled[index] ?? 0) < 1);
  const large = [...scaled.keys()].filter((index) => (scaled[index] ?? 0) >= 1);
  while (small.length > 0 && large.length > 0) {
    const low = small.pop() ?? 0;
    const high = large.pop() ?? 0;
    odds[low] = (scaled[low] ?? 0) * wordRange;
    other[low] = high;
    const rest = (scaled[high] ?? 0) + (scaled[low] ?? 0) - 1;
    scaled[high] = rest;
    (rest < 1 ? small : large).push(high);
  }
  return { odds, other };
}

/** Uniform words of 32 bits from a seed: xoshiro128** 1.1 (Blackman and Vigna, 2018), its state by splitmix32. */
export class RandomWords {
  /** The unused words start at `at`. */
  readonly words = new Uint32Array(wordsAtOnce);
  at = wordsAtOnce;
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    let mix = seed | 0;
    for (let index = 0; index < this.#state.length; index++) {
      mix = (mix + 0x9e3779b9) | 0;
      let value = Math.imul(mix ^ (mix >>> 16), 0x21f0aaad);
      value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
      this.#state[index] = value ^ (value >>> 15);
    }
  }

  get left(): number {
    return wordsAtOnce - this.at;
  }

  /** Generates all words again. The state is in local variables meanwhile, for speed. */
  refill(): void {
    let [a = 0, b = 0, c = 0, d = 0] = this.#state;
    for (let index = 0; index < wordsAtOnce; index++) {
      const scrambled = Math.imul(b, 5);
      this.words[index] = Math.imul((scrambled << 7) | (scrambled >>> 25), 9);
      const shifted = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= shifted;
      d = (d << 11) | (d >>> 21);
    }
    this.#state.set([a, b, c, d]);
    this.at = 0;
  }
}
