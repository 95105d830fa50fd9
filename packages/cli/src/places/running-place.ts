/** A network that runs already, reached through its gateway and its chain. */
import { ChainReader } from '@assay/sdk/chain-reader';
import { type ConnectionOptions, connectionOf, gatewayAt } from '../network/connection.ts';
import { judgeTasks } from '../tasks/judge-tasks.ts';
import { publicRequestOf } from '../tasks/public-request.ts';
import { statedEvidence } from '../tasks/stated-evidence.ts';
import { inFlightMax, taskTimeoutMs, unlessStopped } from './network-judging.ts';
import type { Place } from './place.ts';

/** Reads the network's policies. Throws `UsageError` if it is not known where the chain and its contracts are. */
export async function runningPlace(policy: string, options: ConnectionOptions): Promise<Place> {
  const connection = await connectionOf(options);
  const gateway = gatewayAt(connection.gatewayUrl);
  const { policies } = await gateway.readNetwork();
  return {
    policies,
    certifies: true,
    judge: async (tasks, hooks) => {
      hooks.onStart();
      const judged = judgeTasks(tasks, {
        gateway,
        chain: new ChainReader(connection),
        policies,
        requestOf: async (task) => publicRequestOf(task, policy),
        timeoutMs: taskTimeoutMs,
        inFlightMax,
        signal: hooks.signal,
        evidenceOf: hooks.evidence ? (_, report) => statedEvidence(gateway, report) : undefined,
        onJudged: hooks.onJudged,
      });
      await unlessStopped(hooks.signal, judged);
      return {};
    },
    close: () => Promise.resolve(),
  };
}
