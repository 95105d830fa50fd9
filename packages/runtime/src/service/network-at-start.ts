/** Reads the network at a service's start, whether or not an RPC responds by then. */

import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import type { Network } from '@assay/protocol/network/validator-set';
import type { Chain, Clock, Log } from '@assay/protocol/ports';

/** One request: undefined if no RPC responds. Rejects if the chain's answer is an error. */
export async function networkIfReachable(chain: Pick<Chain, 'network'>): Promise<Network | undefined> {
  try {
    return await chain.network();
  } catch (error) {
    if (error instanceof ChainUnreachable) return undefined;
    throw error;
  }
}

/** Retries until an RPC responds, without a time limit; undefined if the signal aborts first. */
export async function networkWhenReachable(
  { chain, clock, log }: { readonly chain: Pick<Chain, 'network'>; readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
): Promise<Network | undefined> {
  for (let attempt = 0; !signal.aborted; attempt++) {
    const network = await networkIfReachable(chain).catch((error: unknown) => {
      log.error('the chain answers with an error', { error: errorText(error) });
      throw error;
    });
    if (network !== undefined) return network;
    if (attempt === 0) log.warn('no RPC responds, the service waits for one');
    await clock.sleep(backoffMs(retryBackoff, attempt + 1), signal);
  }
  return undefined;
}
