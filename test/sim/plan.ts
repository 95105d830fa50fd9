/** What one simulated network is made of, drawn from a seed. */
import { SeededRandom } from './seeded-random.ts';
import { drawWeather, type Weather } from './weather.ts';

/**
 * `lying`: its checks say the opposite. `withholding`: lies, and never cosigns. `equivocating`: signs a second, different
 * observation of every task and role. `silent`: is not there. `copying`: does no work and signs what it first sees of another.
 */
export type Conduct = 'honest' | 'silent' | 'lying' | 'withholding' | 'equivocating' | 'copying';

export interface OperatorPlan {
  readonly weight: bigint;
  readonly conduct: Conduct;
  /** Replicas of each of its three validators. */
  readonly replicas: number;
}

/** What an honest check finds in a submission. */
export type Quality = 'good' | 'wrong' | 'unclear';

export interface Plan {
  readonly seed: string;
  readonly operators: readonly OperatorPlan[];
  readonly aggregators: number;
  /** One more aggregator that publishes garbage and proposals that must not pass. */
  readonly hasLyingAggregator: boolean;
  /** Submissions of each task. */
  readonly tasks: readonly (readonly Quality[])[];
  /** Tasks come in within this time. */
  readonly tasksWithinMs: number;
  readonly deadlineMs: number;
  /** How long operators may commit before they show; absent: they publish at once. */
  readonly commitMs?: number;
  readonly batchReportsMax: number;
  readonly confirmations: number;
  readonly weather: Weather;
}

/** A network of a seed: liars, if any, hold less than a third of the weight. */
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

/** The weight of those who may lie, out of all. */
export function shareOfLiars({ operators }: Plan): { readonly liars: bigint; readonly total: bigint } {
  const sum = (some: readonly OperatorPlan[]) => some.reduce((weight, one) => weight + one.weight, 0n);
  return { liars: sum(operators.filter(({ conduct }) => conduct !== 'honest')), total: sum(operators) };
}
