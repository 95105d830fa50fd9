/** The account that deployed a local network's contracts, and may change its registry. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { evmClient } from '@assay/adapters/evm/client';
import { EvmTransmitter } from '@assay/adapters/evm/transmitter';
import type { LocalNetwork } from '@assay/cli/network/local-network';
import { accounts } from '@assay/cli/network/network-keys';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeFunctionData } from 'viem';
import { expect } from 'vitest';

const patienceMs = 120_000;
const registryCall = { abi: validatorRegistryAbi };

/** Changes the registry. Each call fails the test if the contract refuses it. */
export class RegistryOwner {
  readonly #network: Pick<LocalNetwork, 'rpcUrl' | 'contracts'>;
  readonly #owner: EvmTransmitter;

  constructor(network: Pick<LocalNetwork, 'rpcUrl' | 'contracts'>) {
    this.#network = network;
    this.#owner = new EvmTransmitter(evmClient(network.rpcUrl), anvilAccountKey(accounts.deployer));
  }

  /** Sends a call to any contract. */
  async call(to: Hex, data: Hex): Promise<void> {
    expect(await this.#sent(to, data)).toBe('done');
  }

  /** Announces the policies of the next epoch. */
  announce(policiesDigest: Hex): Promise<void> {
    const data = encodeFunctionData({ ...registryCall, functionName: 'announcePolicies', args: [policiesDigest] });
    return this.call(this.#network.contracts.registry, data);
  }

  /** Starts the next epoch as soon as the registry lets anyone. */
  async startEpoch(): Promise<void> {
    const start = encodeFunctionData({ ...registryCall, functionName: 'startEpoch' });
    const started = () => this.#sent(this.#network.contracts.registry, start);
    await expect.poll(started, { timeout: patienceMs, interval: 500 }).toBe('done');
  }

  /** Whether certificates of an epoch are taken now. */
  isCheckable(epoch: number): Promise<boolean> {
    const address = this.#network.contracts.registry;
    const { rpcUrl } = this.#network;
    return evmClient(rpcUrl).readContract({
      ...registryCall,
      address,
      functionName: 'isCheckable',
      args: [BigInt(epoch)],
    });
  }

  async #sent(to: Hex, data: Hex): Promise<string> {
    const sent = await this.#owner.send(to, data);
    return 'revert' in sent ? sent.revert.name : 'done';
  }
}
