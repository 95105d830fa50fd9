/** The log of whoever hands in none, and the text of errors for logs. */
import type { Log } from '@assay/protocol/ports';

const nothing = (): void => undefined;

/** Takes every entry and keeps none. */
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Text of an error for a log: its message, and its cause's where that says more. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = textOf(error);
  const cause = error.cause instanceof Error ? textOf(error.cause) : '';
  return cause === '' || message.includes(cause) ? message : `${message} (${cause})`;
}

/** Errors of viem have a short text as well; the long one shows the RPC's address, which may hold a key. */
function textOf(error: Error): string {
  return 'shortMessage' in error && typeof error.shortMessage === 'string' ? error.shortMessage : error.message;
}
