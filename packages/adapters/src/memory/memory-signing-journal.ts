/**
 * The in-memory twin of the signing journal: it lives as long as its process. For simulations and tests only, never for
 * an operator.
 */
import type { JournalEntry, Recorded, SigningJournal } from '@assay/protocol/ports';

/** No journal: nothing is stored, and only the bus shows what was signed. A service that uses it reports `degraded`. */
export const absentSigningJournal: SigningJournal = {
  record: () => Promise.resolve({ status: 'recorded' }),
  find: () => Promise.resolve(undefined),
  forgetBefore: () => Promise.resolve(),
  close: () => Promise.resolve(),
};

/** An empty journal that signs from `firstEpoch`. */
export function memorySigningJournal(firstEpoch = 0): SigningJournal {
  const values = new Map<string, Uint8Array>();
  let first = firstEpoch;
  return {
    record: (epoch, entries) =>
      Promise.resolve(epoch < first ? closedBefore(first) : recordAll(values, epoch, entries)),
    find: (epoch, key) => Promise.resolve(values.get(placeOf(epoch, key))),
    forgetBefore: (epoch) => {
      first = Math.max(first, epoch);
      for (const place of values.keys()) if (Number(place.split('/', 1)[0]) < epoch) values.delete(place);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

function recordAll(values: Map<string, Uint8Array>, epoch: number, entries: readonly JournalEntry[]): Recorded {
  for (const { key, value } of entries) {
    const held = values.get(placeOf(epoch, key));
    if (held !== undefined && Buffer.compare(held, value) !== 0) return { status: 'held', key, value: held };
  }
  for (const { key, value } of entries) values.set(placeOf(epoch, key), value.slice());
  return { status: 'recorded' };
}

function placeOf(epoch: number, key: string): string {
  return `${epoch}/${key}`;
}

function closedBefore(firstEpoch: number): Recorded {
  return { status: 'epoch-closed', firstEpoch };
}
