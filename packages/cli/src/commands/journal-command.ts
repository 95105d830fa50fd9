/** `assay journal create`: creates the signing journal of an operator. */
import { createSigningJournal } from '@assay/composition/signing-journal';
import { UsageError } from './usage-error.ts';

/** Options of the journal. */
export interface JournalOptions {
  /** First epoch in which the journal signs. */
  readonly fromEpoch: number;
  /** Replicas in NATS. */
  readonly copies: number;
  /** User in NATS, and the file with its password; without the file no log-in. */
  readonly user: string;
  readonly passwordFile?: string;
  /** CA certificates for NATS; switches TLS on. */
  readonly caFile?: string;
}

/**
 * Creates the journal at `file:///folder`, a plain path, or `nats://host:4222`; prints the setting to use. Returns the
 * exit code.
 */
export async function journalCommand(place: string, options: JournalOptions): Promise<number> {
  const { fromEpoch, copies } = options;
  const url = placeUrl(place);
  const settings = {
    SIGNING_JOURNAL: url,
    SIGNING_JOURNAL_USER: options.user,
    SIGNING_JOURNAL_PASSWORD_FILE: options.passwordFile,
    SIGNING_JOURNAL_CA_FILE: options.caFile,
  };
  await createSigningJournal(settings, fromEpoch, copies);
  process.stdout.write(
    `The signing journal is created; it signs from epoch ${fromEpoch} on.\nSIGNING_JOURNAL=${url}\n`,
  );
  return 0;
}

function placeUrl(place: string): string {
  if (place.startsWith('/')) return `file://${place}`;
  const url = URL.canParse(place) ? new URL(place) : undefined;
  if (url?.protocol === 'file:' || url?.protocol === 'nats:' || url?.protocol === 'tls:') return place;
  throw new UsageError(`A journal's URL is file:///folder or nats://host:4222, not "${place}".`);
}
