/** The report of one operator alone: what its own observations amount to. Nothing of it is certified. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { loadNetwork, type Network } from '@assay/protocol/network/validator-set';
import type { Measurement } from '@assay/protocol/observation/measurement';
import {
  type CheckedObservation,
  checkObservation,
  digestOfObservation,
  unsignedObservation,
} from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { type Policy, rolesOf } from '@assay/protocol/policy/policy';
import { deriveReport, type Report } from '@assay/protocol/report/report';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import type { Task } from '@assay/protocol/task/task';

/** Miners' signatures and observations are bound to no chain here. */
const nowhere = { chainId: 1, hub: `0x${'00'.repeat(20)}` } as const satisfies Pick<Network, 'chainId' | 'hub'>;

/** A network of one operator. */
export class LoneOperator {
  readonly #key: Uint8Array;
  readonly #address: Hex;
  readonly #network: Network;

  /** `key` has 32 bytes. */
  constructor(key: Uint8Array, policies: readonly Policy[]) {
    this.#key = key;
    this.#address = addressOf(key);
    this.#network = loadNetwork({
      ...nowhere,
      epoch: 1,
      members: [{ operator: this.#address, weight: 1n }],
      policiesDigest: policiesDigest(policies),
    });
  }

  /** Signs the measurements of each role, in submission order, and derives the report as every network does. */
  report(policy: Policy, task: Task, measured: (role: Role) => readonly Measurement[]): Report {
    const observations = rolesOf(policy).map((role) => this.#observe(policy, task, role, measured(role)));
    return deriveReport(this.#network, policy, task, observations);
  }

  #observe(policy: Policy, task: Task, role: Role, measurements: readonly Measurement[]): CheckedObservation {
    const unsigned = unsignedObservation(this.#network, policy, task, role, this.#address, measurements);
    const signature = signDigest(digestOfObservation(this.#network, unsigned), this.#key);
    const checked = checkObservation(this.#network, policy, task, { ...unsigned, signature });
    if (!checked.ok) throw new Error(`The observation of the role ${role} does not count: ${checked.refusal.detail}`);
    return checked.value;
  }
}
