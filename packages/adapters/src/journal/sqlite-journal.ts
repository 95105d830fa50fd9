/**
 * The signing journal in a folder of the operator: an SQLite database, shared by the replicas on one machine (also in
 * several containers). The folder must be on a local disk, because SQLite's locks do not work on network file systems.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry, Log, SigningJournal } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { startWorkThread } from '../process/work-thread.ts';
import type { JournalThreadSetup } from './sqlite-journal-thread.ts';

/** Location of the journal. */
export interface SqliteJournalOptions {
  /** A folder of this operator on a local disk. */
  readonly folder: string;
  readonly log?: Log;
}

/** Opens a journal that {@link createSqliteJournal} created. Rejects with the next step if there is none. */
export async function openSqliteJournal(options: SqliteJournalOptions): Promise<SigningJournal> {
  const journal = await start(options, {});
  if (journal !== undefined) return journal;
  throw new Error(
    `There is no signing journal in ${options.folder}. For a new operator create one: ` +
      `assay journal create ${options.folder}. In place of a lost one, create one that signs from the next epoch on: ` +
      '--from-epoch <n>.',
  );
}

/** Creates a journal that signs from `firstEpoch`, or opens an existing one without changes. */
export async function createSqliteJournal(options: SqliteJournalOptions, firstEpoch: number): Promise<SigningJournal> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 });
  const journal = await start(options, { firstEpoch });
  if (journal === undefined) throw new Error(`The signing journal in ${options.folder} could not be made.`);
  return journal;
}

async function start(
  { folder, log }: SqliteJournalOptions,
  how: Pick<JournalThreadSetup, 'firstEpoch'>,
): Promise<SigningJournal | undefined> {
  const thread = await startWorkThread<{ readonly isThere: boolean }>({
    entry: new URL(`./sqlite-journal-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url),
    data: { file: join(folder, 'signing-journal.db'), ...how } satisfies JournalThreadSetup,
    callMs: 2 * tuning.journalTimeoutMs,
    ...(log === undefined ? {} : { log }),
  });
  if (!thread.facts.isThere) {
    await thread.close();
    return undefined;
  }
  return {
    record: async (epoch, entries) => {
      requireSizes(entries);
      return thread.call('record', { epoch, entries });
    },
    find: (epoch, key) => thread.call('find', { epoch, key }),
    forgetBefore: (epoch) => thread.call('forgetBefore', epoch),
    close: async () => {
      await thread.call('close', undefined).catch(() => undefined);
      await thread.close();
    },
  };
}

function requireSizes(entries: readonly JournalEntry[]): void {
  for (const { key, value } of entries)
    if (value.length > tuning.journalValueBytesMax)
      throw new RangeError(`The entry ${key} has ${value.length} bytes; the limit is ${tuning.journalValueBytesMax}.`);
}
