/** What both halves of a validator share in one epoch: its ports, its identity and its role's check. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Measured } from '@assay/protocol/observation/evidence';
import type { Role } from '@assay/protocol/observation/role';
import type {
  Bus,
  BusMessage,
  Cache,
  Clock,
  ContentStore,
  Keyring,
  SigningJournal,
  Telemetry,
} from '@assay/protocol/ports';
import type { Checked } from '@assay/protocol/refusal';
import type { KnownTask } from '@assay/protocol/task/known-task';
import type { Task } from '@assay/protocol/task/task';
import type { TaskContent } from '@assay/protocol/task/task-content';
import type { Random } from '@assay/session-keys/identity/encoding';
import type { EpochView } from '../service/epochs.ts';
import type { NetworkView } from '../service/network-view.ts';
import type { Unseal } from './content-loader.ts';
import type { EvidenceKeeper } from './evidence-keeper.ts';
import type { TaskSource } from './task-source.ts';

/** A role's check: one measurement for each submission, in order, with the evidence that it keeps. */
export type RoleCheck = (input: {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policy: KnownTask['policy'];
}) => Promise<readonly Measured[]>;

/** Everything that a validator uses in one epoch. */
export interface ValidatorContext {
  /** Service name, for dead letters. */
  readonly service: string;
  readonly role: Role;
  readonly view: NetworkView & Pick<EpochView, 'takesOver'>;
  readonly bus: Bus;
  readonly contentStore: ContentStore;
  readonly cache: Cache;
  readonly keyring: Keyring;
  /** Where the hub takes BLS certificates: signs a digest with the operator's BLS key, which the epoch knows. */
  readonly signBls?: ((digest: Hex) => Hex) | undefined;
  /** The operator's own record of what it signed. */
  readonly journal: SigningJournal;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly tasks: TaskSource;
  /** Which tasks the epoch before has left over. */
  readonly leftOver: { readonly find: (message: BusMessage) => Promise<Checked<BusMessage>> };
  readonly check: RoleCheck;
  readonly evidence: EvidenceKeeper;
  readonly unseal: Unseal;
  readonly random: Random;
  /** Tasks that this replica checks at once. */
  readonly concurrency: number;
}
