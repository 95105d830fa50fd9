/** The check of the role `semantic`. */
import { semanticGrounds } from '../semantic/deciding-passages.ts';
import { semanticCheck } from '../semantic/semantic-check.ts';
import type { RoleCheck } from './role-check.ts';

export const semantic: RoleCheck<'semantic'> = {
  role: 'semantic',
  needs: 'content',
  check: semanticCheck,
  grounds: semanticGrounds,
};
