/** The semantic role: is it an answer to this prompt? */
import { semanticCheck } from '@assay/checks/semantic-check';
import type { RoleCheck } from '@assay/runtime/validator-context';

/** The check; it needs nothing but the task's content and policy. */
export const semanticRole: RoleCheck = (input) => Promise.resolve(semanticCheck(input));
