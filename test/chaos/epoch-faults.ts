/** Epochs that start while everything else goes wrong, each with other weights. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { evmClient } from '@assay/adapters/evm/client';
import { EvmTransmitter } from '@assay/adapters/evm/transmitter';
import { accounts } from '@assay/cli/network/network-keys';
import { stakeTokenAbi } from '@assay/contracts/generated/stake-token';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeFunctionData } from 'viem';
import type { SeededRandom } from '../sim/seeded-random.ts';
import type { ChaosNetwork } from './chaos-network.ts';
import { alone, type Inject } from './fault.ts';

const registryCall = { abi: validatorRegistryAbi } as const;

/** Starts the next epoch, if the running one has lasted long enough; one operator has more weight in it. */
const newEpoch: Inject = (network, random) =>
  alone(network.contracts, async () => {
    const { registry } = network.contracts;
    const owner = new EvmTransmitter(evmClient(network.servers.anvil.url), anvilAccountKey(accounts.deployer));
    const call = async (to: Hex, data: Hex) => !('revert' in (await owner.send(to, data)));
    if (!(await isStartable(network))) return false;
    // A reorganisation may undo the stake: then the next epoch has the weights of this one.
    await stakeMore(network, random, call);
    return call(registry, encodeFunctionData({ ...registryCall, functionName: 'startEpoch' }));
  });

async function stakeMore(
  { operators, contracts: { registry, stakeToken } }: ChaosNetwork,
  random: SeededRandom,
  call: (to: Hex, data: Hex) => Promise<boolean>,
): Promise<void> {
  const operator = random.pick(operators as [Hex, ...Hex[]]);
  await call(stakeToken, encodeFunctionData({ abi: stakeTokenAbi, functionName: 'approve', args: [registry, 1n] }));
  await call(registry, encodeFunctionData({ ...registryCall, functionName: 'addStake', args: [operator, 1n] }));
}

/** Whether the registry lets anyone start the next epoch. */
async function isStartable({ servers, contracts }: ChaosNetwork): Promise<boolean> {
  const client = evmClient(servers.anvil.url);
  const data = encodeFunctionData({ ...registryCall, functionName: 'startEpoch' });
  return client.call({ to: contracts.registry, data }).then(
    () => true,
    () => false,
  );
}

/** Faults of this kind by name. */
export const epochFaults: Readonly<Record<string, Inject>> = { 'new epoch': newEpoch };
