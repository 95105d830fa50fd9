/** The semantic role: is it an answer to this prompt? The thread gets the task's content and policy. */
import { type CheckThread, checkByThread } from '@assay/runtime/validator/check-call';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';

/** The check, computed by a thread. */
export function semanticRole(thread: CheckThread): RoleCheck {
  return checkByThread(thread);
}
