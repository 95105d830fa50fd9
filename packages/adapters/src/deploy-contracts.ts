/** Puts the contracts on a chain and starts the first epoch. */
import { assayHubAbi, assayHubBytecode } from '@assay/contracts/generated/assay-hub';
import { ecdsaQuorumVerifierAbi, ecdsaQuorumVerifierBytecode } from '@assay/contracts/generated/ecdsa-quorum-verifier';
import { sessionKeystoreAbi, sessionKeystoreBytecode } from '@assay/contracts/generated/session-keystore';
import { validatorRegistryAbi, validatorRegistryBytecode } from '@assay/contracts/generated/validator-registry';
import type { Hex } from '@assay/protocol/bytes';
import { limits } from '@assay/protocol/limits';
import type { Member } from '@assay/protocol/validator-set';
import { createWalletClient, encodeDeployData, encodeFunctionData, getContractAddress } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { evmClient, evmTransport } from './evm-client.ts';
import { EvmTransmitter } from './evm-transmitter.ts';
import { reasonOf, silentLog } from './silent-log.ts';

const graceSecondsDefault = 3_600;
const deployGas = 5_000_000n;
const startEpochGas = 5_000_000n;
const receiptPollMs = 100;

/** What to deploy, and who pays and owns it. */
export interface DeployOptions {
  readonly rpcUrl: string;
  readonly deployerKey: Hex;
  readonly members: readonly Member[];
  readonly policiesDigest: Hex;
  /** For how long certificates of an epoch are taken after the next one has begun. */
  readonly graceSeconds?: number;
}

/** Where the contracts are; addresses in lower case. */
export interface Deployed {
  readonly chainId: number;
  readonly hub: Hex;
  readonly registry: Hex;
  readonly verifier: Hex;
  readonly keystore: Hex;
}

/** Deploys registry, verifier, hub and keystore and starts epoch 1, all in one block where the chain allows. */
export async function deployContracts(options: DeployOptions): Promise<Deployed> {
  const client = evmClient(options.rpcUrl);
  const account = privateKeyToAccount(options.deployerKey);
  const wallet = createWalletClient({ transport: evmTransport(options.rpcUrl), account });
  const [chainId, nonce, fees] = await Promise.all([
    client.getChainId(),
    client.getTransactionCount({ address: account.address }),
    client.estimateFeesPerGas(),
  ]);
  const addressAt = (offset: number) =>
    getContractAddress({ from: account.address, nonce: BigInt(nonce + offset) }).toLowerCase() as Hex;
  const deployed = {
    chainId,
    registry: addressAt(0),
    verifier: addressAt(1),
    hub: addressAt(2),
    keystore: addressAt(3),
  };
  const steps = stepsOf(options, deployed, account.address);
  const hashes: Hex[] = [];
  for (const [offset, step] of steps.entries()) {
    const place = { nonce: nonce + offset, ...fees, chain: null } as const;
    hashes.push(
      await wallet
        .sendTransaction({ ...step.transaction, ...place, type: 'eip1559' })
        .catch((error: unknown) => failed(step.what, reasonOf(error), error)),
    );
  }
  for (const [index, hash] of hashes.entries()) {
    const what = steps[index]?.what ?? 'Deploying';
    const receipt = await client
      .waitForTransactionReceipt({ hash, timeout: limits.receiptTimeoutMs, pollingInterval: receiptPollMs })
      .catch((error: unknown) => failed(what, reasonOf(error), error));
    if (receipt.status !== 'success') failed(what, `transaction ${hash} was reverted`, undefined);
  }
  return deployed;
}

/** Publishes a participant's X25519 agreement key from its own account. */
export async function publishAgreementKey(options: {
  readonly rpcUrl: string;
  readonly keystore: Hex;
  readonly privateKey: Hex;
  readonly agreementKey: Hex;
}): Promise<void> {
  const transmitter = new EvmTransmitter(evmClient(options.rpcUrl), options.rpcUrl, options.privateKey, silentLog);
  const data = encodeFunctionData({
    abi: sessionKeystoreAbi,
    functionName: 'setAgreementKey',
    args: [options.agreementKey],
  });
  const sent = await transmitter.send(options.keystore, data);
  if ('revert' in sent) failed(`Publishing the agreement key of ${transmitter.address}`, sent.revert.detail, undefined);
}

function stepsOf(options: DeployOptions, deployed: Deployed, owner: Hex) {
  const members = [...options.members].sort((a, b) => (a.operator < b.operator ? -1 : 1));
  const startEpoch = encodeFunctionData({
    abi: validatorRegistryAbi,
    functionName: 'startEpoch',
    args: [members, options.policiesDigest],
  });
  const deploys = {
    ValidatorRegistry: encodeDeployData({
      abi: validatorRegistryAbi,
      bytecode: validatorRegistryBytecode,
      args: [owner, options.graceSeconds ?? graceSecondsDefault],
    }),
    EcdsaQuorumVerifier: encodeDeployData({
      abi: ecdsaQuorumVerifierAbi,
      bytecode: ecdsaQuorumVerifierBytecode,
      args: [deployed.registry],
    }),
    AssayHub: encodeDeployData({
      abi: assayHubAbi,
      bytecode: assayHubBytecode,
      args: [deployed.registry, deployed.verifier],
    }),
    SessionKeystore: encodeDeployData({ abi: sessionKeystoreAbi, bytecode: sessionKeystoreBytecode }),
  };
  return [
    ...Object.entries(deploys).map(([name, data]) => ({
      what: `Deploying ${name}`,
      transaction: { data, gas: deployGas },
    })),
    { what: 'Starting the first epoch', transaction: { to: deployed.registry, data: startEpoch, gas: startEpochGas } },
  ];
}

function failed(what: string, why: string, cause: unknown): never {
  throw new Error(
    `${what} failed: ${why}. Check the RPC, that the deployer has funds, and that members have unique addresses and weights above zero.`,
    { cause },
  );
}
