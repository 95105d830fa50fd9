/** A check that looks at the content alone, computed by a thread (see `serve-content-check.ts`). */
import { startWorkThread } from '@assay/adapters/process/work-thread';
import type { Policy } from '@assay/protocol/policy/policy';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import { checkByThread } from '@assay/runtime/check/check-call';
import type { CheckParts, ConnectCheck } from './run-validator.ts';

/** What every check's thread is started with: the policies, and the chain and hub that miners' signatures are for. */
export interface CheckSetup {
  readonly policies: readonly Policy[];
  readonly domain: SigningDomain;
}

/** The setup of a check's thread for a network. */
export function checkSetup({ network, policies }: CheckParts['view']): CheckSetup {
  return { policies: [...policies.values()], domain: { chainId: network.chainId, hub: network.hub } };
}

/** Starts the thread whose file is `entry`. */
export function contentCheck(entry: URL): ConnectCheck {
  return async ({ ports, view }) => {
    const thread = await startWorkThread({ entry, data: checkSetup(view), log: ports.telemetry.log });
    return { check: checkByThread(thread), thread };
  };
}
