/**
 * The signing journal in a key-value bucket of a NATS that the operator runs itself (its leaf node, never the network's
 * servers): for replicas on several machines. A key is created by an expected last sequence of 0, which the bucket's
 * leader decides; production keeps three copies and syncs always.
 */

import type { JournalEntry, Recorded, SigningJournal } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { jetstream, StorageType } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { type NatsOptions, openNatsLink } from './connection.ts';
import { withRetries } from './transient-failure.ts';

const bucket = 'assay-signing-journal';
const firstEpochKey = 'first-epoch';

/** Address of the operator's own NATS, and its number of replicas. */
export interface NatsJournalOptions extends Omit<NatsOptions, 'name'> {
  readonly replicas?: number;
}

/** Opens a journal that {@link createNatsJournal} created. Rejects with the next step if there is none. */
export async function openNatsJournal(options: NatsJournalOptions): Promise<SigningJournal> {
  const link = await openNatsLink({ ...options, name: 'assay-signing-journal' });
  const journal = await new Kvm(jetstream(link.nc, { timeout: tuning.journalTimeoutMs })).open(bucket);
  const firstEpoch = await firstEpochIn(journal).catch(() => undefined);
  if (firstEpoch === undefined) {
    await link.nc.close();
    throw new Error(
      `There is no signing journal at ${String(options.servers)}. For a new operator create one: assay journal create. ` +
        'A lost journal is replaced by one that signs from the next epoch on: --from-epoch <n>.',
    );
  }
  return journalOn(journal, () => link.nc.drain());
}

/** Creates a journal that signs from `firstEpoch`, or opens an existing one without changes. */
export async function createNatsJournal(options: NatsJournalOptions, firstEpoch: number): Promise<SigningJournal> {
  const link = await openNatsLink({ ...options, name: 'assay-signing-journal' });
  const buckets = new Kvm(jetstream(link.nc, { timeout: tuning.journalTimeoutMs }));
  const journal = await withRetries(link, 'Creating the signing journal', () =>
    buckets.create(bucket, {
      history: 1,
      max_bytes: tuning.journalBytesMax,
      maxValueSize: tuning.journalValueBytesMax,
      replicas: options.replicas ?? 1,
      storage: StorageType.File,
      // A replica may lag, so the leader is read.
      allow_direct: false,
    }),
  );
  await createOrRead(journal, firstEpochKey, Buffer.from(String(firstEpoch)));
  return journalOn(journal, () => link.nc.drain());
}

function journalOn(journal: KV, close: () => Promise<void>): SigningJournal {
  return {
    record: async (epoch, entries) => {
      const firstEpoch = (await firstEpochIn(journal)) ?? Number.POSITIVE_INFINITY;
      return epoch < firstEpoch ? { status: 'epoch-closed', firstEpoch } : recordAll(journal, epoch, entries);
    },
    find: (epoch, key) => readLatest(journal, placeOf(epoch, key)),
    forgetBefore: async (epoch) => {
      const before = (await firstEpochIn(journal)) ?? 0;
      if (epoch > before) await journal.put(firstEpochKey, String(epoch));
      for (let past = before; past < epoch; past++)
        for await (const key of await journal.keys(`${past}.>`)) await journal.purge(key);
    },
    close,
  };
}

/** Reads all keys before it adds one. If two replicas add at once, the first writer of each key wins. */
async function recordAll(journal: KV, epoch: number, entries: readonly JournalEntry[]): Promise<Recorded> {
  const places = entries.map(({ key }) => placeOf(epoch, key));
  const seen = await Promise.all(places.map((place) => readLatest(journal, place)));
  const before = entries.findIndex(({ value }, index) => differs(seen[index], value));
  if (before !== -1) return heldBy(entries[before], seen[before]);
  const held = await Promise.all(
    entries.map(async ({ value }, index) => seen[index] ?? (await createOrRead(journal, places[index] ?? '', value))),
  );
  const meanwhile = entries.findIndex(({ value }, index) => differs(held[index], value));
  return meanwhile === -1 ? { status: 'recorded' } : heldBy(entries[meanwhile], held[meanwhile]);
}

/** The value of a key after this try to create it. */
async function createOrRead(journal: KV, place: string, value: Uint8Array): Promise<Uint8Array> {
  try {
    await journal.create(place, value);
    return value;
  } catch (error) {
    const held = await readLatest(journal, place);
    if (held === undefined) throw error;
    return held;
  }
}

async function readLatest(journal: KV, place: string): Promise<Uint8Array | undefined> {
  const entry = await journal.get(place);
  return entry === null || entry.operation !== 'PUT' ? undefined : entry.value;
}

async function firstEpochIn(journal: KV): Promise<number | undefined> {
  const stored = await readLatest(journal, firstEpochKey);
  return stored === undefined ? undefined : Number(Buffer.from(stored).toString());
}

function heldBy(entry: JournalEntry | undefined, value: Uint8Array | undefined): Recorded {
  if (entry === undefined || value === undefined) throw new RangeError('No entry is held.');
  return { status: 'held', key: entry.key, value };
}

function differs(held: Uint8Array | undefined, value: Uint8Array): boolean {
  return held !== undefined && Buffer.compare(held, value) !== 0;
}

function placeOf(epoch: number, key: string): string {
  return `${epoch}.${key.replaceAll('/', '.')}`;
}
