/** The thread of the checksum verifier: contents are hashed here, so that the process stays awake. */
import { workerData } from 'node:worker_threads';
import { serveCalls } from '@assay/adapters/thread-calls';
import { checksumCheck } from '@assay/checks/checksum-check';
import type { Policy } from '@assay/protocol/policy';
import type { SigningDomain } from '@assay/protocol/typed-data';
import { type CheckCall, checkWork, policiesByName } from '@assay/runtime/check-call';

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
