/** Selects the operator's signing journal by its location: a folder on one machine, or the operator's own NATS. */
import { fileURLToPath } from 'node:url';
import { createSqliteJournal, openSqliteJournal } from '@assay/adapters/journal/sqlite-journal';
import { secretInFile } from '@assay/adapters/keys/key-file';
import { createNatsJournal, type NatsJournalOptions, openNatsJournal } from '@assay/adapters/nats/signing-journal';
import type { Log, SigningJournal } from '@assay/protocol/ports';

/** Location of a journal, and for one in NATS how to log in. Field names are those of the environment variables. */
export interface JournalSettings {
  /** `file:///folder`, or `nats://host:4222`. */
  readonly SIGNING_JOURNAL: string;
  readonly SIGNING_JOURNAL_USER: string;
  /** Without it there is no log-in. */
  readonly SIGNING_JOURNAL_PASSWORD_FILE?: string | undefined;
  /** Sets TLS. */
  readonly SIGNING_JOURNAL_CA_FILE?: string | undefined;
}

/** Opens the journal. Rejects with the next step if there is none. */
export async function openSigningJournal(settings: JournalSettings, log: Log): Promise<SigningJournal> {
  const url = new URL(settings.SIGNING_JOURNAL);
  return url.protocol === 'file:'
    ? openSqliteJournal({ folder: fileURLToPath(url), log })
    : openNatsJournal({ ...natsOptionsOf(settings), log });
}

/** Creates the journal for signatures from `firstEpoch`; does not change an existing one. */
export async function createSigningJournal(
  settings: JournalSettings,
  firstEpoch: number,
  replicas: number,
): Promise<void> {
  const url = new URL(settings.SIGNING_JOURNAL);
  const journal =
    url.protocol === 'file:'
      ? await createSqliteJournal({ folder: fileURLToPath(url) }, firstEpoch)
      : await createNatsJournal({ ...natsOptionsOf(settings), replicas }, firstEpoch);
  await journal.close();
}

function natsOptionsOf(settings: JournalSettings): Omit<NatsJournalOptions, 'replicas' | 'log'> {
  const { SIGNING_JOURNAL: servers, SIGNING_JOURNAL_PASSWORD_FILE: file, SIGNING_JOURNAL_CA_FILE: caFile } = settings;
  return {
    servers,
    ...(file === undefined ? {} : { user: settings.SIGNING_JOURNAL_USER, pass: secretInFile(file) }),
    ...(caFile === undefined ? {} : { caFile }),
  };
}
