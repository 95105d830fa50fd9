/** Injects the faults of a run, drawn from its seed. */
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../sim/seeded-random.ts';
import type { ChaosNetwork } from './chaos-network.ts';
import type { Inject } from './fault.ts';
import { faultsByKind } from './faults.ts';

/** A fault by name, with its kind. */
interface NamedFault {
  readonly kind: string;
  readonly name: string;
  readonly inject: Inject;
}

/** Number and rate of faults. */
interface FaultPace {
  readonly count: number;
  /** Mean time from one to the next. */
  readonly everyMs: number;
  /** Resolves when the network has made progress, so that a slow machine gets the same load of faults as a fast one. */
  readonly progressed: () => Promise<void>;
}

/** How many of each fault were injected, by kind and name. */
export type FaultCounts = Record<string, Record<string, number>>;

/** How often a fault is in the deck; once unless stated here. */
const times: Readonly<Record<string, number>> = {
  reorganisation: 3,
  'aggregator killed': 2,
  'redis overwritten with garbage': 2,
  'new epoch': 3,
};

const faultsAtOnce = 10;

/** The order in which faults are tried: decks of all of them, each shuffled. The same seed gives the same order. */
function* faultOrder(random: SeededRandom): Generator<NamedFault> {
  const deck = Object.entries(faultsByKind).flatMap(([kind, faults]) =>
    Object.entries(faults).flatMap(([name, inject]) =>
      Array.from({ length: times[name] ?? 1 }, (): NamedFault => ({ kind, name, inject })),
    ),
  );
  for (let shuffle = 1; ; shuffle++) {
    const order = random.fork(`deck ${shuffle}`);
    const drawn = deck.map((fault) => ({ fault, place: order.next() })).sort((one, other) => one.place - other.place);
    for (const { fault } of drawn) yield fault;
  }
}

/** Injects faults, some at the same time; resolves with the number of each when all are cleaned up. */
export async function injectFaults(
  network: ChaosNetwork,
  random: SeededRandom,
  { count, everyMs, progressed }: FaultPace,
): Promise<FaultCounts> {
  const made: FaultCounts = {};
  const underWay = new Set<Promise<void>>();
  let total = 0;
  let number = 0;
  let failure: unknown;
  for (const { kind, name, inject } of faultOrder(random)) {
    if (total >= count || failure !== undefined) break;
    const one = inject(network, random.fork(`fault ${number}`))
      .then((wasMade) => {
        if (!wasMade) return;
        total++;
        const ofKind = made[kind] ?? {};
        made[kind] = { ...ofKind, [name]: (ofKind[name] ?? 0) + 1 };
      })
      .catch((error: unknown) => {
        failure ??= error;
      })
      .finally(() => underWay.delete(one));
    underWay.add(one);
    await pause(random.integer(0, 2 * everyMs));
    if (++number % faultsAtOnce === 0) await progressed();
  }
  await Promise.all(underWay);
  if (failure !== undefined) throw failure;
  return made;
}
