/** The roles of the policy `standard`, under which most end-to-end tests hand tasks in. Not every role is in every policy. */
import { policyNamed, readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { rolesOf } from '@assay/protocol/policy/policy';

export const standardRoles = rolesOf(policyNamed(await readPolicies(shippedPoliciesFile), 'standard'));
