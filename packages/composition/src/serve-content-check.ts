/** The thread of a check that looks at the content alone: the process itself does nothing but I/O. */
import { workerData } from 'node:worker_threads';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import { measuredBy } from '@assay/checks/roles/measured-by';
import type { RoleCheck } from '@assay/checks/roles/role-check';
import { type CheckCall, checkWork, policiesByName } from '@assay/runtime/check/check-call';
import type { CheckSetup } from './content-check.ts';

/** Serves a role's check in this thread. */
export function serveContentCheck(role: RoleCheck): void {
  const { policies, domain } = workerData as CheckSetup;
  const policyOf = policiesByName(policies);
  const measure = measuredBy(role);
  serveCalls(
    {},
    {
      [checkWork]: ({ task, content, policyName }: CheckCall) =>
        measure({ task, content, policy: policyOf(policyName), domain, vectors: [] }),
    },
  );
}
