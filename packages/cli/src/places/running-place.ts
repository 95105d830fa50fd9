/** A network that runs already, reached through its gateway and its chain. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { ChainReader } from '@assay/sdk/chain-reader';
import { type ConnectionOptions, connectionOf, gatewayAt } from '../network/connection.ts';
import { judgeTasks } from '../tasks/judge-tasks.ts';
import { publicRequestOf } from '../tasks/public-request.ts';
import { statedEvidence } from '../tasks/stated-evidence.ts';
import type { VerdictLine } from '../verdicts/verdict-line.ts';
import { inFlightMax, taskTimeoutMs, unlessStopped } from './network-judging.ts';
import type { Place } from './place.ts';

/** Reads the network's policies. Throws `UsageError` if it is not known where the chain and its contracts are. */
export async function runningPlace(policy: string, options: ConnectionOptions): Promise<Place> {
  const connection = await connectionOf(options);
  const gateway = gatewayAt(connection.gatewayUrl);
  const { policies, network } = await gateway.readNetwork();
  const chain = new ChainReader(connection);
  return {
    policies,
    certifies: true,
    foreign: (line) => whyForeign(line, { chain, chainId: network.chainId, hub: connection.hub }),
    judge: async (tasks, hooks) => {
      hooks.onStart();
      const judged = judgeTasks(tasks, {
        gateway,
        chain,
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

/** A local chain that was started anew may have the same id and addresses, but not the same transactions. */
async function whyForeign(
  { batch, transaction, network }: VerdictLine,
  { chain, chainId, hub }: { readonly chain: ChainReader; readonly chainId: number; readonly hub: Hex },
): Promise<string | undefined> {
  const here = `hub ${hub} on chain ${chainId}`;
  if (network !== undefined && (network.chainId !== chainId || network.hub !== hub))
    return `of hub ${network.hub} on chain ${network.chainId}, and this is ${here}`;
  if (transaction === undefined || (await chain.hasTransaction(transaction))) return undefined;
  return `of batch ${batch} in transaction ${transaction}, which the chain of ${here} does not have`;
}
