/** The checks of all roles, to judge a task in one process, for benches and calibration. */
import type { Role } from '@assay/protocol/observation/role';
import { checksum } from './checksum.ts';
import { embedding } from './embedding.ts';
import { inference } from './inference.ts';
import type { RoleCheck } from './role-check.ts';
import { semantic } from './semantic.ts';

export const roleChecks: { readonly [R in Role]: RoleCheck<R> } = { checksum, embedding, semantic, inference };
