/** The check of the role `checksum`. */
import { checksumCheck } from '../checksum/checksum-check.ts';
import { checksumGrounds } from '../checksum/checksum-grounds.ts';
import { checksumMeasured } from '../checksum/checksum-measured.ts';
import type { RoleCheck } from './role-check.ts';

export const checksum: RoleCheck<'checksum'> = {
  role: 'checksum',
  needs: 'content',
  check: checksumCheck,
  measured: checksumMeasured,
  grounds: checksumGrounds,
};
