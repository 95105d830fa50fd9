/** The semantic role: is it an answer to this prompt? The task's content and policy go to the thread that reads them. */
import { type CheckThread, checkByThread } from '@assay/runtime/validator/check-call';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';

/** The check, computed by a thread. */
export function semanticRole(thread: CheckThread): RoleCheck {
  return checkByThread(thread);
}
