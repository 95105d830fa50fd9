/** The check of the role `embedding`. */
import { embeddingCheck } from '../agreement/embedding-check.ts';
import type { RoleCheck } from './role-check.ts';

export const embedding: RoleCheck<'embedding'> = { role: 'embedding', needs: 'vectors', check: embeddingCheck };
