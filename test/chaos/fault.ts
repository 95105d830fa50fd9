/** What a fault of a chaos run is. */
import type { SeededRandom } from '../sim/seeded-random.ts';
import type { ChaosNetwork } from './chaos-network.ts';

/** Injects one fault; resolves when it is over and cleaned up, with false if it was not injected. */
export type Inject = (network: ChaosNetwork, random: SeededRandom) => Promise<boolean>;

/** A time that a fault lasts, milliseconds. */
export const spellMs = (random: SeededRandom): number => random.integer(200, 2_000);

/** If two faults conflict, the later one is not injected and does not count. */
const busy = new Set<object>();

/** Injects a fault on something unless another one is on it. */
export async function alone(on: object, work: () => Promise<unknown>): Promise<boolean> {
  if (busy.has(on)) return false;
  busy.add(on);
  try {
    return (await work()) !== false;
  } finally {
    busy.delete(on);
  }
}

/** Whether a fault is on something now. */
export function isBusy(on: object): boolean {
  return busy.has(on);
}
