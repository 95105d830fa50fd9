/** All that the oracle key participant works with. */
import type { Hex } from '@assay/protocol/bytes';
import type { Bus, Chain, Clock, SessionEntry, Telemetry } from '@assay/protocol/ports';
import type { NetworkView } from '@assay/runtime/network-view';
import type { TaskSource } from '@assay/runtime/task-source';
import type { StepContext } from '@assay/session-keys/agreement';
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
  /** Signatures of the session messages that this process sent last. */
  readonly sent: Set<Hex>;
  /** Takes entries and gets them on chain in its own time; see `recordSessions`. */
  readonly enter: (entry: SessionEntry) => void;
  readonly identity: Identity & { readonly party: 'oracle' };
  readonly secret: IdentitySecret;
  readonly random: Random;
}

/** What a step of the oracle's side needs. */
export function stepContext({ secret, random }: Participant): StepContext {
  return { secret, random };
}
