/** The check of the role `embedding`. */
import { agreementMeasured } from '../agreement/agreement-measured.ts';
import { agreementGrounds } from '../agreement/differing-words.ts';
import { embeddingCheck } from '../agreement/embedding-check.ts';
import type { RoleCheck } from './role-check.ts';

export const embedding: RoleCheck<'embedding'> = {
  role: 'embedding',
  needs: 'vectors',
  check: embeddingCheck,
  measured: agreementMeasured,
  grounds: agreementGrounds,
};
