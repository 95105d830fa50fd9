/** The plan of one simulated network, drawn from a seed. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type Adversaries, drawAdversaries } from './hostile-ports.ts';
import { SeededRandom } from './seeded-random.ts';
import { drawWeather, type Weather } from './weather.ts';

/**
 * `lying`: its checks report the opposite. `withholding`: lies and never cosigns. `equivocating`: signs a second,
 * different observation of every task and role. `silent`: does not run. `copying`: does no work and signs the first
 * observation of another operator that it sees.
 */
export type Conduct = 'honest' | 'silent' | 'lying' | 'withholding' | 'equivocating' | 'copying';

export interface OperatorPlan {
  /** In the first epoch; 0: no member of it. */
  readonly weight: bigint;
  readonly conduct: Conduct;
  /** Replicas of each of its three validators. */
  readonly replicas: number;
}

/** The quality of a submission that an honest check finds. */
export type Quality = 'good' | 'wrong' | 'unclear';

export interface Plan {
  readonly seed: string;
  readonly operators: readonly OperatorPlan[];
  readonly aggregators: number;
  /** An additional aggregator that publishes garbage and invalid proposals. */
  readonly hasLyingAggregator: boolean;
  /** Submissions of each task. */
  readonly tasks: readonly (readonly Quality[])[];
  /** Tasks are submitted within this time. */
  readonly tasksWithinMs: number;
  /** Another epoch starts: when, how long the hub accepts certificates of the first, and each operator's weight. */
  readonly nextEpoch?: {
    readonly atMs: number;
    readonly graceMs: number;
    readonly weights: readonly bigint[];
    /** The checks that its policy is for; those of the first epoch if absent. */
    readonly checksDigest?: Hex;
  };
  readonly deadlineMs: number;
  /** Time for commitments before observations are revealed; absent: they publish at once. */
  readonly commitMs?: number;
  readonly batchReportsMax: number;
  readonly confirmations: number;
  readonly weather: Weather;
  /** Neighbours that attack until the weather calms; absent: none. */
  readonly adversaries?: Adversaries;
  /** False: operators keep no signing journal, to show what it prevents. */
  readonly keepsJournals?: boolean;
}

/** A network from a seed: liars, if any, have less than a third of the weight. */
export function drawPlan(seed: string): Plan {
  const random = new SeededRandom(seed);
  const operators = drawOperators(random.fork('operators'));
  const shape = random.fork('shape');
  return {
    seed,
    operators,
    aggregators: shape.pick([1, 2, 2, 3]),
    hasLyingAggregator: shape.chance(0.4),
    tasks: Array.from({ length: shape.pick([1, 1, 2, 3]) }, () => drawTask(shape)),
    tasksWithinMs: shape.pick([0, 5_000, 30_000]),
    deadlineMs: shape.pick([3_000, 15_000, 60_000]),
    batchReportsMax: shape.pick([1, 2, 256]),
    confirmations: 1,
    weather: drawWeather(random.fork('weather')),
    adversaries: drawAdversaries(random.fork('adversaries'), operators.length),
  };
}

function drawTask(random: SeededRandom): Quality[] {
  return Array.from({ length: random.integer(1, 3) }, () => random.pick(['good', 'good', 'wrong', 'unclear']));
}

function drawOperators(random: SeededRandom): OperatorPlan[] {
  const count = random.pick([4, 4, 4, 4, 5, 5, 7]);
  const weights = Array.from({ length: count }, () => BigInt(random.pick([100, 100, 101, 130])));
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  let faulty = 0n;
  return weights.map((weight) => {
    const mayFail = (faulty + weight) * 3n < total && random.chance(0.4);
    if (mayFail) faulty += weight;
    const conduct = mayFail ? random.pick<Conduct>(['silent', 'lying', 'withholding', 'equivocating']) : 'honest';
    return { weight, conduct, replicas: random.pick([1, 1, 2]) };
  });
}

/** The weight of the possible liars, and of all. */
export function shareOfLiars({ operators }: Plan): { readonly liars: bigint; readonly total: bigint } {
  const sum = (some: readonly OperatorPlan[]) => some.reduce((weight, one) => weight + one.weight, 0n);
  return { liars: sum(operators.filter(({ conduct }) => conduct !== 'honest')), total: sum(operators) };
}
