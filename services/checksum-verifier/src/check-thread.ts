/** The worker thread of the checksum verifier: it hashes contents, so that the process stays responsive. */
import { workerData } from 'node:worker_threads';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import { checksumCheck } from '@assay/checks/checksum/checksum-check';
import type { Policy } from '@assay/protocol/policy/policy';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import { type CheckCall, checkWork, policiesByName } from '@assay/runtime/validator/check-call';

/** The thread's start data: the policies, and the chain and hub that miners' signatures are bound to. */
export interface ChecksumThread {
  readonly policies: readonly Policy[];
  readonly domain: SigningDomain;
}

const { policies, domain } = workerData as ChecksumThread;
const policyOf = policiesByName(policies);

serveCalls(
  {},
  {
    [checkWork]: ({ task, content, policyName }: CheckCall) =>
      checksumCheck({ task, content, policy: policyOf(policyName), domain }),
  },
);
