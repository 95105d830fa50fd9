/** A role that asks a model of the operator's must abstain when that model fails. */
import { faultFlags } from '@assay/checks/inference/fault-flag';
import type { Role } from '@assay/protocol/observation/role';
import { type Policy, rulesOf } from '@assay/protocol/policy/policy';
import { SettingsError } from '@assay/runtime/service/settings';

/**
 * Throws {@link SettingsError} with a policy in which a fault of the operator's own server would count for or against a
 * miner. `besides`: other flags of the role that say so.
 */
export function requireFaultsAbstain(role: Role, policies: Iterable<Policy>, besides: readonly string[] = []): void {
  for (const policy of policies) {
    const rules = rulesOf(policy, role);
    const missing =
      rules === undefined ? [] : [...faultFlags, ...besides].filter((flag) => !rules.abstainFlags.includes(flag));
    if (missing.length > 0)
      throw new SettingsError(
        `POLICIES_FILE: policy "${policy.name}" must abstain for ${missing.join(', ')} in the role ${role}.`,
      );
  }
}
