/**
 * The checksum role: checks content against CID, commitment, miner's signature and other deterministic runs, in a
 * thread.
 */
import { type CheckThread, checkByThread } from '@assay/runtime/validator/check-call';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';

/** The check, computed by a thread. */
export function checksumRole(thread: CheckThread): RoleCheck {
  return checkByThread(thread);
}
