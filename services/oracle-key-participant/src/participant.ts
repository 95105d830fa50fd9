/** All that the oracle key participant works with. */
import type { Bus, Chain, Clock, Telemetry } from '@assay/protocol/ports';
import type { NetworkView } from '@assay/runtime/network-view';
import type { TaskSource } from '@assay/runtime/task-source';
import type { Random } from '@assay/session-keys/encoding';
import type { Identity, IdentitySecret } from '@assay/session-keys/identity';
import type { SessionStore } from './session-store.ts';

export interface Participant {
  readonly service: string;
  readonly view: NetworkView;
  readonly bus: Bus;
  readonly chain: Chain;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly tasks: TaskSource;
  readonly sessions: SessionStore;
  readonly identity: Identity & { readonly party: 'oracle' };
  readonly secret: IdentitySecret;
  readonly random: Random;
}
