/** Everything that the oracle key participant uses. */
import type { Bus, Chain, Clock, SessionLedger, Telemetry } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import type { AuditLog } from '@assay/runtime/audit/audit-log';
import type { NetworkView } from '@assay/runtime/service/network-view';
import type { TaskSource } from '@assay/runtime/validator/task-source';
import type { StepContext } from '@assay/session-keys/agreement/agreement';
import type { Random } from '@assay/session-keys/identity/encoding';
import type { Identity, IdentitySecret } from '@assay/session-keys/identity/identity';
import { LRUCache } from 'lru-cache';
import type { SessionStore } from './session-store.ts';

/** An epoch whose members may ask for keys, and its tasks. */
export interface ParticipantEpoch extends NetworkView {
  readonly tasks: TaskSource;
}

export interface Participant {
  readonly service: string;
  /** The epochs whose certificates count, the latest last. */
  readonly epochs: () => readonly ParticipantEpoch[];
  readonly bus: Bus;
  readonly chain: Chain;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** The audit log: no grant without its record. */
  readonly records: AuditLog;
  readonly sessions: SessionStore;
  /** Names of the latest messages and announcements of this process. */
  readonly sent: LRUCache<string, true>;
  /** The keystore's record of sessions; undefined: this process does not write it. */
  readonly ledger: SessionLedger | undefined;
  readonly identity: Identity & { readonly party: 'oracle' };
  readonly secret: IdentitySecret;
  readonly random: Random;
}

/** No names yet; room for {@link tuning.sessionsInMemoryMax}, the latest. */
export function noneSent(): LRUCache<string, true> {
  return new LRUCache({ max: tuning.sessionsInMemoryMax });
}

/** What a step of the oracle's side needs. */
export function stepContext({ secret, random }: Participant): StepContext {
  return { secret, random };
}
