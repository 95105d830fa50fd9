/** The checksum role: content against CID, commitment, miner's signature and other deterministic runs, hashed by a thread. */
import { type CheckThread, checkByThread } from '@assay/runtime/validator/check-call';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';

/** The check, computed by a thread. */
export function checksumRole(thread: CheckThread): RoleCheck {
  return checkByThread(thread);
}
