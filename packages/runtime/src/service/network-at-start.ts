/** Reads from the chain at a service's start, whether or not an RPC responds by then. */

import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import type { Clock, Log } from '@assay/protocol/ports';

/** One try: undefined if no RPC responds. Rejects if the chain's answer is an error. */
export async function ifReachable<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ChainUnreachable) return undefined;
    throw error;
  }
}

/** Retries until an RPC responds, without a time limit; undefined if the signal aborts first. */
export async function whenReachable<T>(
  read: () => Promise<T>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<T | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const found = await ifReachable(read).catch((error: unknown) => {
      log.error('the chain answers with an error', { error: errorText(error) });
      throw error;
    });
    if (found !== undefined) return found;
    if (attempt === 0) log.warn('no RPC responds; the service waits for one');
    await clock.sleep(backoffMs(retryBackoff, attempt + 1), signal);
  }
  return undefined;
}
