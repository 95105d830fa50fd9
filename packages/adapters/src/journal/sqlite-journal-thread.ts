/**
 * The worker thread of the signing journal: it holds the database, so that a sync to disk does not block the process.
 * Records that arrive during a commit share the next one (group commit).
 */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';
import type { JournalEntry, Recorded } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { serveCalls } from '../process/thread-calls.ts';

/** The thread's start data. */
export interface JournalThreadSetup {
  readonly file: string;
  /** If given, create the journal if it does not exist. */
  readonly firstEpoch?: number;
}

/** One call of `record`. */
export interface RecordCall {
  readonly epoch: number;
  readonly entries: readonly JournalEntry[];
}

interface Waiting {
  readonly run: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const schema = `
  CREATE TABLE IF NOT EXISTS signed (
    epoch INTEGER NOT NULL, key TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (epoch, key)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY CHECK (id = 1), first_epoch INTEGER NOT NULL) STRICT;`;

const setup = workerData as JournalThreadSetup;
const isThere = existsSync(setup.file);
if (!isThere && setup.firstEpoch === undefined) {
  serveCalls({ isThere: false }, {});
} else {
  const database = openDatabase();
  serveCalls({ isThere: true }, database);
}

/** Opens the file; a commit returns once it is on disk (write-ahead log, synchronous = FULL). */
function openDatabase() {
  const database = new DatabaseSync(setup.file, { timeout: tuning.journalTimeoutMs });
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;');
  database.exec(schema);
  database
    .prepare('INSERT INTO journal (id, first_epoch) VALUES (1, ?) ON CONFLICT DO NOTHING')
    .run(setup.firstEpoch ?? 0);
  const readValue = database.prepare('SELECT value FROM signed WHERE epoch = ? AND key = ?');
  const addValue = database.prepare('INSERT INTO signed (epoch, key, value) VALUES (?, ?, ?)');
  const readFirstEpoch = database.prepare('SELECT first_epoch FROM journal');
  const find = (epoch: number, key: string) => {
    const row = readValue.get(epoch, key) as { value: Uint8Array } | undefined;
    return row === undefined ? undefined : Uint8Array.from(row.value);
  };
  const firstEpoch = () => (readFirstEpoch.get() as { first_epoch: number }).first_epoch;

  const recordAll = ({ epoch, entries }: RecordCall): Recorded => {
    const first = firstEpoch();
    if (epoch < first) return { status: 'epoch-closed', firstEpoch: first };
    for (const { key, value } of entries) {
      const held = find(epoch, key);
      if (held !== undefined && Buffer.compare(held, value) !== 0) return { status: 'held', key, value: held };
    }
    for (const { key, value } of entries) if (find(epoch, key) === undefined) addValue.run(epoch, key, value);
    return { status: 'recorded' };
  };
  const forgetBefore = (epoch: number) => {
    database.prepare('UPDATE journal SET first_epoch = max(first_epoch, ?)').run(epoch);
    database.prepare('DELETE FROM signed WHERE epoch < ?').run(epoch);
  };

  let waiting: Waiting[] = [];
  const commitAll = () => {
    const batch = waiting;
    waiting = [];
    try {
      // IMMEDIATE: the lock is taken before the first read, so no other process writes in between.
      database.exec('BEGIN IMMEDIATE');
      const results = batch.map(({ run }) => run());
      database.exec('COMMIT');
      batch.forEach(({ resolve }, index) => resolve(results[index]));
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      for (const { reject } of batch) reject(error);
    }
  };
  const committed = (run: () => unknown) =>
    new Promise<unknown>((resolve, reject) => {
      if (waiting.push({ run, resolve, reject }) === 1) setImmediate(commitAll);
    });

  return {
    record: (call: RecordCall) => committed(() => recordAll(call)),
    find: ({ epoch, key }: { readonly epoch: number; readonly key: string }) => find(epoch, key),
    forgetBefore: (epoch: number) => committed(() => forgetBefore(epoch)),
    close: () => database.close(),
  };
}
