/** Selects the operator's signing journal by its location: a folder on one machine, or the operator's own NATS. */
import { fileURLToPath } from 'node:url';
import { createSqliteJournal, openSqliteJournal } from '@assay/adapters/journal/sqlite-journal';
import { absentSigningJournal } from '@assay/adapters/memory/memory-signing-journal';
import { createNatsJournal, openNatsJournal } from '@assay/adapters/nats/signing-journal';
import type { Log, SigningJournal } from '@assay/protocol/ports';

/**
 * Opens the journal at `file:///folder` or `nats://host:4222`; without a location, none. Rejects with the next step.
 */
export async function openSigningJournal(place: string | undefined, log: Log): Promise<SigningJournal> {
  if (place === undefined) return absentSigningJournal;
  const url = new URL(place);
  return url.protocol === 'file:'
    ? openSqliteJournal({ folder: fileURLToPath(url), log })
    : openNatsJournal({ servers: place, log });
}

/** Creates the journal at a location, for signatures from `firstEpoch`; does not change an existing one. */
export async function createSigningJournal(place: string, firstEpoch: number, replicas: number): Promise<void> {
  const url = new URL(place);
  const journal =
    url.protocol === 'file:'
      ? await createSqliteJournal({ folder: fileURLToPath(url) }, firstEpoch)
      : await createNatsJournal({ servers: place, replicas }, firstEpoch);
  await journal.close();
}
