/** A service's view of the network: validator set and policies, checked against the chain. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import type { Network } from '@assay/protocol/network/validator-set';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { type Policy, policiesSchema } from '@assay/protocol/policy/policy';
import { withChecks } from '@assay/protocol/policy/stated-checks';
import { SettingsError } from './settings.ts';

/** The network of the current epoch and its policies by name. */
export interface NetworkView {
  readonly network: Network;
  readonly policies: ReadonlyMap<string, Policy>;
}

/**
 * Checks a policy file's content against the chain. Policies that name no checks are for those of this build,
 * `checksDigest`. Throws {@link SettingsError} if the file does not match its schema
 * or its digest differs from the chain's: its operator's signatures would not match those of the others.
 */
export function viewOf(network: Network, policiesText: string, file: string, checksDigest: Hex): NetworkView {
  let value: unknown;
  try {
    value = JSON.parse(policiesText);
  } catch (cause) {
    throw new SettingsError(`POLICIES_FILE ${file} is not JSON`, { cause });
  }
  const parsed = checkShape(policiesSchema, withChecks(value, checksDigest));
  if (!parsed.ok) throw new SettingsError(`POLICIES_FILE ${file}: ${parsed.refusal.detail}`);
  const digest = policiesDigest(parsed.value);
  if (digest !== network.policiesDigest) {
    throw new SettingsError(
      `POLICIES_FILE ${file} has digest ${digest}, but the chain says ${network.policiesDigest} for epoch ${network.epoch}; use the network's policy file, and the release whose checks it is for`,
    );
  }
  return { network, policies: new Map(parsed.value.map((policy) => [policy.name, policy])) };
}

/** Refuses to start an operator that is in none of the sets. */
export function requireOperator(networks: readonly Network[], operator: Hex): void {
  if (networks.some(({ members }) => members.some((member) => member.operator === operator))) return;
  const epochs = networks.map(({ epoch }) => epoch).join(' or ');
  throw new SettingsError(
    `OPERATOR_KEY_FILE (or OPERATOR_ADDRESS) is of ${operator}, which is not in the validator set of epoch ${epochs}`,
  );
}
