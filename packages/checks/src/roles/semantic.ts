/** The check of the role `semantic`. */
import { semanticGrounds } from '../semantic/deciding-passages.ts';
import { semanticCheck } from '../semantic/semantic-check.ts';
import { semanticMeasured } from '../semantic/semantic-measured.ts';
import type { RoleCheck } from './role-check.ts';

export const semantic: RoleCheck<'semantic'> = {
  role: 'semantic',
  needs: 'content',
  check: semanticCheck,
  measured: semanticMeasured,
  grounds: semanticGrounds,
};
