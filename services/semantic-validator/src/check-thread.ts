/** The worker thread of the semantic validator: it analyses texts, so that the process stays responsive. */
import { workerData } from 'node:worker_threads';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import { semanticCheck } from '@assay/checks/semantic/semantic-check';
import type { Policy } from '@assay/protocol/policy/policy';
import { type CheckCall, checkWork, policiesByName } from '@assay/runtime/validator/check-call';

const policyOf = policiesByName((workerData as { readonly policies: readonly Policy[] }).policies);

serveCalls(
  {},
  {
    [checkWork]: ({ task, content, policyName }: CheckCall) =>
      semanticCheck({ task, content, policy: policyOf(policyName) }),
  },
);
