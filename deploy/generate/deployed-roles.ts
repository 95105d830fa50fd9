/** The roles that are deployed: those that a shipped policy has rules for. */
import { readFileSync } from 'node:fs';
import type { Role } from '@assay/protocol/observation/role';
import { type Policy, rolesUsedBy } from '@assay/protocol/policy/policy';

const file = new URL('../policies.json', import.meta.url);
// The file leaves open which checks measure, so its policies are not whole.
const shipped = JSON.parse(readFileSync(file, 'utf8')) as readonly Pick<Policy, 'roles'>[];

/** Their names, in the order of their index. */
export const deployedRoles: readonly Role[] = rolesUsedBy(shipped);
