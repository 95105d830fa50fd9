/** Deploys the contracts, stakes for the operators and starts the first epoch. */
import { sessionKeystoreAbi } from '@assay/contracts/generated/session-keystore';
import { stakeTokenAbi } from '@assay/contracts/generated/stake-token';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import { joinDigest } from '@assay/protocol/signature/operator-consent';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { tuning } from '@assay/protocol/tuning';
import { createWalletClient, encodeFunctionData, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { keyringFromSecret } from '../keys/key-file.ts';
import { registerBlsKeyCall } from './bls-key-call.ts';
import { evmClient } from './client.ts';
import { type ContractSettings, contractCreations, type Deployed } from './contract-creations.ts';
import { evmTransport } from './endpoints.ts';
import { EvmTransmitter } from './transmitter.ts';

const epochGas = { base: 1_000_000n, eachOperator: 120_000n } as const;
const callGas = 500_000n;
const receiptPollMs = 100;

/** An operator that the deployer stakes for. Its keys sign its consent and nothing else here. */
export interface StakedOperator {
  readonly privateKey: Hex;
  readonly stake: bigint;
  /** With BLS certificates: the key that it cosigns with. */
  readonly blsSecretKey?: Hex;
}

/** The deployment, and the account that pays for it, owns the operators and is the first admin. */
export interface DeployOptions extends ContractSettings {
  readonly rpcUrl: string;
  readonly deployerKey: Hex;
  readonly operators: readonly StakedOperator[];
}

interface Step {
  readonly what: string;
  readonly transaction: { readonly to?: Hex; readonly data: Hex; readonly gas: bigint };
}

/** Deploys all contracts, stakes for the operators and starts epoch 1, in as few blocks as the chain allows. */
export async function deployContracts(options: DeployOptions): Promise<Deployed> {
  const client = evmClient(options.rpcUrl);
  const account = privateKeyToAccount(options.deployerKey);
  const owner = account.address.toLowerCase() as Hex;
  const [chainId, nonce] = await Promise.all([
    client.getChainId(),
    client.getTransactionCount({ address: account.address }),
  ]);
  const { deployed, creations } = contractCreations(options, chainId, owner, nonce);
  const creating = creations.map(({ name, data, gas }) => ({ what: `Deploying ${name}`, transaction: { data, gas } }));
  await run(client, options, nonce, [...creating, ...(await operatorSteps(options, deployed, owner))]);
  return deployed;
}

/** Publishes a participant's X25519 agreement key from its own account. */
export async function publishAgreementKey(options: {
  readonly rpcUrl: string;
  readonly keystore: Hex;
  readonly privateKey: Hex;
  readonly agreementKey: Hex;
}): Promise<void> {
  const transmitter = new EvmTransmitter(evmClient(options.rpcUrl), options.privateKey);
  const data = encodeFunctionData({
    abi: sessionKeystoreAbi,
    functionName: 'setAgreementKey',
    args: [options.agreementKey],
  });
  const sent = await transmitter.send(options.keystore, data);
  if ('revert' in sent) failed(`Publishing the agreement key of ${transmitter.address}`, sent.revert.detail, undefined);
}

async function operatorSteps(options: DeployOptions, deployed: Deployed, owner: Hex): Promise<Step[]> {
  const { registry, stakeToken } = deployed;
  const operators = options.operators.map((one) => ({ ...one, address: addressOf(fromHex(one.privateKey)) }));
  const total = operators.reduce((sum, { stake }) => sum + stake, 0n);
  const registryCall = { abi: validatorRegistryAbi } as const;
  const call = (what: string, to: Hex, data: Hex, gas = callGas): Step => ({ what, transaction: { to, data, gas } });
  const approve = encodeFunctionData({ abi: stakeTokenAbi, functionName: 'approve', args: [registry, total] });
  const list = operators.map(({ address }) =>
    encodeFunctionData({ ...registryCall, functionName: 'list', args: [[address], true] }),
  );
  const joins = operators.map(({ address, privateKey, stake }) => {
    const consent = signDigest(
      joinDigest({ chainId: deployed.chainId, contract: registry }, address, owner),
      fromHex(privateKey),
    );
    return encodeFunctionData({ ...registryCall, functionName: 'join', args: [address, stake, consent] });
  });
  const keyRegistry = { chainId: deployed.chainId, contract: deployed.blsKeys };
  const keys = await Promise.all(
    operators.flatMap(({ privateKey, blsSecretKey }) =>
      blsSecretKey === undefined
        ? []
        : [registerBlsKeyCall(keyRegistry, keyringFromSecret(privateKey), fromHex(blsSecretKey))],
    ),
  );
  const gas = epochGas.base + epochGas.eachOperator * BigInt(operators.length);
  return [
    call('Approving the stake', stakeToken, approve),
    ...list.map((data) => call('Listing an operator', registry, data)),
    ...joins.map((data) => call('Staking for an operator', registry, data)),
    ...keys.map((data) => call('Registering a BLS key', deployed.blsKeys, data)),
    call(
      'Starting the first epoch',
      registry,
      encodeFunctionData({ ...registryCall, functionName: 'startEpoch' }),
      gas,
    ),
  ];
}

/** Sends all steps with consecutive nonces from `nonce`, waits for the last and checks each. */
async function run(client: PublicClient, options: DeployOptions, nonce: number, steps: readonly Step[]): Promise<void> {
  const account = privateKeyToAccount(options.deployerKey);
  const wallet = createWalletClient({ transport: evmTransport(options.rpcUrl), account });
  const fees = await client.estimateFeesPerGas();
  const hashes: Hex[] = [];
  for (const [offset, step] of steps.entries()) {
    const place = { nonce: nonce + offset, ...fees, chain: null } as const;
    hashes.push(
      await wallet
        .sendTransaction({ ...step.transaction, ...place, type: 'eip1559' })
        .catch((error: unknown) => failed(step.what, errorText(error), error)),
    );
  }
  const last = hashes.at(-1);
  if (last === undefined) return;
  await client
    .waitForTransactionReceipt({ hash: last, timeout: tuning.receiptTimeoutMs, pollingInterval: receiptPollMs })
    .catch((error: unknown) => failed('Deploying', errorText(error), error));
  for (const [index, hash] of hashes.entries()) {
    const what = steps[index]?.what ?? 'Deploying';
    const receipt = await client
      .getTransactionReceipt({ hash })
      .catch((error: unknown) => failed(what, errorText(error), error));
    if (receipt.status !== 'success') failed(what, `transaction ${hash} was reverted`, undefined);
  }
}

function failed(what: string, why: string, cause: unknown): never {
  throw new Error(
    `${what} failed: ${why}. Check the RPC, that the deployer has funds, and that operators are there once, with stakes above zero.`,
    { cause },
  );
}
