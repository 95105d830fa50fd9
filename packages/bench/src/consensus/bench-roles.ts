/** The roles of the consensus bench: those of every policy. */
import { isInEveryPolicy, type Role, roles } from '@assay/protocol/observation/role';

export const benchRoles: readonly Role[] = roles.filter(isInEveryPolicy);
