/** All that the gateway works with. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Bus, Clock, ContentStore, Telemetry } from '@assay/protocol/ports';
import type { NetworkView } from '@assay/runtime/service/network-view';

/** Says whether one more request of a client may pass. */
export interface RateLimiter {
  take(key: string): Promise<{ readonly allowed: boolean; readonly retryAfterMs: number }>;
}

export interface Gateway {
  readonly view: NetworkView;
  readonly bus: Bus;
  readonly contentStore: ContentStore;
  /** Whether small content goes along with its task: not where it is kept elsewhere than on the bus. */
  readonly enclosesContent: boolean;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly rateLimiter: RateLimiter;
  /** Where clients find the contracts and the key participant. */
  readonly contracts: { readonly registry: Hex; readonly keystore: Hex };
  readonly oracle: Hex | undefined;
}
