/** The thread of the checksum verifier: contents are hashed here, so that the process stays awake. */
import { workerData } from 'node:worker_threads';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import { checksumCheck } from '@assay/checks/checksum/checksum-check';
import type { Policy } from '@assay/protocol/policy/policy';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import { type CheckCall, checkWork, policiesByName } from '@assay/runtime/validator/check-call';

/** What the thread is started with: the policies, and the chain and hub that miners' signatures are for. */
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
