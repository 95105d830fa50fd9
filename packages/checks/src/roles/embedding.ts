/** The check of the role `embedding`. */
import { agreementGrounds } from '../agreement/differing-words.ts';
import { embeddingCheck } from '../agreement/embedding-check.ts';
import type { RoleCheck } from './role-check.ts';

export const embedding: RoleCheck<'embedding'> = {
  role: 'embedding',
  needs: 'vectors',
  check: embeddingCheck,
  grounds: agreementGrounds,
};
