/** Deploys the contracts, stakes for the operators and starts the first epoch. */
import { assayHubAbi, assayHubBytecode } from '@assay/contracts/generated/assay-hub';
import { blsKeyRegistryAbi, blsKeyRegistryBytecode } from '@assay/contracts/generated/bls-key-registry';
import { blsQuorumVerifierAbi, blsQuorumVerifierBytecode } from '@assay/contracts/generated/bls-quorum-verifier';
import { ecdsaQuorumVerifierAbi, ecdsaQuorumVerifierBytecode } from '@assay/contracts/generated/ecdsa-quorum-verifier';
import { sessionKeystoreAbi, sessionKeystoreBytecode } from '@assay/contracts/generated/session-keystore';
import { slashingAbi, slashingBytecode } from '@assay/contracts/generated/slashing';
import { stakeTokenAbi, stakeTokenBytecode } from '@assay/contracts/generated/stake-token';
import { validatorRegistryAbi, validatorRegistryBytecode } from '@assay/contracts/generated/validator-registry';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import type { CertificateScheme } from '@assay/protocol/network/validator-set';
import { joinDigest } from '@assay/protocol/signature/operator-consent';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { tuning } from '@assay/protocol/tuning';
import { createWalletClient, encodeDeployData, encodeFunctionData, getContractAddress, type PublicClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { registerBlsKeyCall } from './bls-key-call.ts';
import { evmClient } from './client.ts';
import { evmTransport } from './endpoints.ts';
import { EvmTransmitter } from './transmitter.ts';

const graceSecondsDefault = 3_600;
const epochSecondsDefault = 24 * 3_600;
const unbondingSecondsDefault = 14 * 24 * 3_600;
const disputeSecondsDefault = 24 * 3_600;
const stakeTokenSupply = 10n ** 27n;
/** A tenth of the stake, of which the reporter gets three tenths. */
const slashedShareDefault = 1_000;
const reporterShareDefault = 3_000;
const deployGas = { base: 600_000n, eachByte: 240n } as const;
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
export interface DeployOptions {
  readonly rpcUrl: string;
  readonly deployerKey: Hex;
  readonly operators: readonly StakedOperator[];
  readonly policiesDigest: Hex;
  /** The kind of certificate; BLS needs a chain with EIP-2537 (Prague). */
  readonly certificates?: CertificateScheme;
  /** How long the hub accepts an epoch's certificates after the next epoch has begun. */
  readonly graceSeconds?: number;
  /** How long an epoch lasts at least; not less than the grace period. */
  readonly epochSeconds?: number;
}

/** Where the contracts are; addresses in lower case. */
export interface Deployed {
  readonly chainId: number;
  readonly hub: Hex;
  readonly registry: Hex;
  readonly verifier: Hex;
  readonly keystore: Hex;
  readonly stakeToken: Hex;
  readonly blsKeys: Hex;
  readonly slashing: Hex;
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
  const deployed = addressesFrom(chainId, owner, nonce);
  await run(client, options, nonce, [
    ...deploySteps(options, deployed, owner),
    ...operatorSteps(options, deployed, owner),
  ]);
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

/** Every contract's address follows from the deployer and its index in {@link deploySteps}. */
function addressesFrom(chainId: number, owner: Hex, nonce: number): Deployed {
  const at = (offset: number) =>
    getContractAddress({ from: owner, nonce: BigInt(nonce + offset) }).toLowerCase() as Hex;
  return {
    chainId,
    stakeToken: at(0),
    blsKeys: at(1),
    registry: at(2),
    verifier: at(3),
    hub: at(4),
    slashing: at(5),
    keystore: at(6),
  };
}

function deploySteps(options: DeployOptions, deployed: Deployed, owner: Hex): Step[] {
  const { stakeToken, blsKeys, registry, verifier, hub, slashing } = deployed;
  const { graceSeconds = graceSecondsDefault } = options;
  const verifierData =
    options.certificates === 'bls'
      ? encodeDeployData({ abi: blsQuorumVerifierAbi, bytecode: blsQuorumVerifierBytecode })
      : encodeDeployData({ abi: ecdsaQuorumVerifierAbi, bytecode: ecdsaQuorumVerifierBytecode });
  const settings = {
    stakeToken,
    minimumStake: 1n,
    epochSeconds: options.epochSeconds ?? Math.max(epochSecondsDefault, graceSeconds),
    graceSeconds,
    unbondingSeconds: unbondingSecondsDefault,
    slasher: slashing,
    hub,
    blsKeys,
  };
  const slashingSettings = {
    slashedShare: slashedShareDefault,
    reporterShare: reporterShareDefault,
    disputeSeconds: disputeSecondsDefault,
    arbiter: owner,
    treasury: owner,
  };
  const creations: readonly (readonly [string, Hex])[] = [
    [
      'StakeToken',
      encodeDeployData({ abi: stakeTokenAbi, bytecode: stakeTokenBytecode, args: [owner, stakeTokenSupply] }),
    ],
    ['BlsKeyRegistry', encodeDeployData({ abi: blsKeyRegistryAbi, bytecode: blsKeyRegistryBytecode })],
    [
      'ValidatorRegistry',
      encodeDeployData({
        abi: validatorRegistryAbi,
        bytecode: validatorRegistryBytecode,
        args: [owner, settings, options.policiesDigest],
      }),
    ],
    ['the verifier', verifierData],
    ['AssayHub', encodeDeployData({ abi: assayHubAbi, bytecode: assayHubBytecode, args: [registry, verifier] })],
    [
      'Slashing',
      encodeDeployData({ abi: slashingAbi, bytecode: slashingBytecode, args: [hub, registry, slashingSettings] }),
    ],
    ['SessionKeystore', encodeDeployData({ abi: sessionKeystoreAbi, bytecode: sessionKeystoreBytecode })],
  ];
  return creations.map(([name, data]) => {
    const gas = deployGas.base + deployGas.eachByte * BigInt(data.length / 2);
    return { what: `Deploying ${name}`, transaction: { data, gas } };
  });
}

function operatorSteps(options: DeployOptions, deployed: Deployed, owner: Hex): Step[] {
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
  const keys = operators.flatMap(({ privateKey, blsSecretKey }) =>
    blsSecretKey === undefined
      ? []
      : [registerBlsKeyCall({ chainId: deployed.chainId, contract: deployed.blsKeys }, privateKey, blsSecretKey)],
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
