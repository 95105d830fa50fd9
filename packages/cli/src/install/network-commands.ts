/** `assay contracts deploy`, `operator`, `epoch` and `policy`: what changes a network on its chain. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chainIdOf, deploymentSteps, firstNonceOf, NetworkSteps } from '@assay/adapters/evm/network-steps';
import type { PaidStep } from '@assay/adapters/evm/paid-steps';
import { keyringFromFile, keyringFromKeyFile } from '@assay/adapters/keys/key-file';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import type { Keyring } from '@assay/protocol/ports';
import type { ToSign } from '@assay/protocol/signature/eip712';
import { UsageError } from '../commands/usage-error.ts';
import { readPolicies } from '../network/policy-file.ts';
import { settingsFor } from './chain-presets.ts';
import { contractsOf, type InstalledNetwork, pathIn, readNetworkFolder, writeNetworkFolder } from './network-folder.ts';
import { carryOut, type PaidCommand, payerOf, presetOf } from './paid-command.ts';

/** Deploys what is missing of the contracts and publishes the key participant's key. Resolves with the exit code. */
export async function deployCommand(folder: string, options: PaidCommand): Promise<number> {
  const network = await readNetworkFolder(folder);
  const account = await payerOf(folder, network, options);
  const chainId = await chainIdOf(options.rpc);
  const preset = presetOf(network, chainId);
  const { certificates, epochSeconds, graceSeconds } = network;
  const digest =
    network.deployment?.policiesDigest ?? policiesDigest(await readPolicies(pathIn(folder, network.policiesFile)));
  const begun = network.deployment && {
    firstNonce: network.deployment.firstNonce,
    firstContract: network.deployment.contracts.stakeToken,
  };
  const firstNonce = await firstNonceOf(options.rpc, account.address, begun);
  const settings = {
    policiesDigest: digest,
    certificates,
    ...(epochSeconds !== undefined && { epochSeconds }),
    ...(graceSeconds !== undefined && { graceSeconds }),
  };
  const { deployed, steps } = deploymentSteps(options.rpc, account, settings, { chainId, firstNonce });
  if (network.deployment?.firstNonce === firstNonce && network.deployment.contracts.hub !== deployed.hub)
    throw new UsageError(`The deployment of ${folder} was begun from another account than ${account.address}.`);
  const oracle = keyringFromFile(pathIn(folder, network.oracle.keyFile));
  const publishing = new NetworkSteps(options.rpc, oracle, deployed).publishAgreementKey(network.oracle.agreementKey);
  const all = [...steps, ...publishing];
  const isSending = options.confirm && !options.dryRun;
  const deployment = { firstNonce, policiesDigest: digest, contracts: deployed };
  // Before the first transaction: whoever is interrupted goes on with these addresses.
  if (isSending)
    await writeNetworkFolder(folder, {
      ...network,
      deployment: { ...deployment, isComplete: network.deployment?.isComplete ?? false },
    });
  const code = await carryOut(all, options, preset, { contracts: deployed });
  if (isSending) {
    const complete: InstalledNetwork = { ...network, deployment: { ...deployment, isComplete: true } };
    await writeNetworkFolder(folder, complete);
    await writeFile(join(folder, 'network.env'), environmentOf(complete, settingsFor(preset)));
  }
  return code;
}

/** Options of `operator add`. */
export interface AddOperatorCommand extends PaidCommand {
  /** The stake of each, in the smallest unit of the token. */
  readonly stake: bigint;
  /** The signature of an operator whose key is not in the folder. */
  readonly consent?: Hex;
}

/** Lists operators of the folder, gives them seats and registers their BLS keys where the hub takes them: one, or all. */
export async function addOperatorCommand(
  folder: string,
  operator: Hex | undefined,
  options: AddOperatorCommand,
): Promise<number> {
  return onNetwork(folder, options, async (steps, network) => {
    const wanted = operator === undefined ? network.operators.map(({ address }) => address) : [operator];
    const all: PaidStep[] = [];
    for (const address of wanted) {
      const hasJoined = (await steps.standingOf(address)).owner !== undefined;
      const usesBls = network.certificates === 'bls';
      const keyring = hasJoined && !usesBls ? undefined : await keyringOf(folder, network, address);
      const consent = hasJoined ? '0x' : await consentOf(address, keyring, await steps.wishOf(address), options);
      all.push(...(await steps.join(address, options.stake, consent)));
      if (usesBls && keyring !== undefined) all.push(await steps.registerBlsKey(keyring));
    }
    return all;
  });
}

/** Raises an operator's stake to a total. */
export function stakeCommand(folder: string, operator: Hex, total: bigint, options: PaidCommand): Promise<number> {
  return onNetwork(folder, options, (steps) => steps.raise(operator, total));
}

/** Gives up an operator's seat; it counts until the running epoch is over. */
export function removeOperatorCommand(folder: string, operator: Hex, options: PaidCommand): Promise<number> {
  return onNetwork(folder, options, (steps) => steps.leave(operator));
}

/** Starts the next epoch, or the one of a number unless it has started. */
export function startEpochCommand(folder: string, number: number | undefined, options: PaidCommand): Promise<number> {
  return onNetwork(folder, options, async (steps) => {
    const { currentEpoch } = await steps.state();
    return steps.startEpoch(number ?? currentEpoch + 1);
  });
}

/** Announces the policies of a file for the next epoch. */
export async function proposePoliciesCommand(folder: string, file: string, options: PaidCommand): Promise<number> {
  const digest = policiesDigest(await readPolicies(file));
  return onNetwork(folder, options, (steps) => steps.announce(digest));
}

/** Starts the epoch that has the announced policies, unless the running one has them. */
export function activatePoliciesCommand(folder: string, options: PaidCommand): Promise<number> {
  return onNetwork(folder, options, async (steps) => {
    const { currentEpoch, policiesDigest: running, nextPoliciesDigest } = await steps.state();
    return running === nextPoliciesDigest ? [] : steps.startEpoch(currentEpoch + 1);
  });
}

/** Carries out steps on an installed network. */
async function onNetwork(
  folder: string,
  options: PaidCommand,
  stepsOf: (steps: NetworkSteps, network: InstalledNetwork) => readonly PaidStep[] | Promise<readonly PaidStep[]>,
): Promise<number> {
  const network = await readNetworkFolder(folder);
  const contracts = contractsOf(network, folder);
  const account = await payerOf(folder, network, options);
  const preset = presetOf(network, await chainIdOf(options.rpc));
  const steps = new NetworkSteps(options.rpc, account, contracts);
  return carryOut(await stepsOf(steps, network), options, preset);
}

/** The key of an operator in the folder; undefined if it keeps its key elsewhere. */
async function keyringOf(
  folder: string,
  { operators, passwordFile }: InstalledNetwork,
  operator: Hex,
): Promise<Keyring | undefined> {
  const keyFile = operators.find(({ address }) => address === operator)?.keyFile;
  return keyFile === undefined ? undefined : keyringFromKeyFile(pathIn(folder, keyFile), pathIn(folder, passwordFile));
}

/** The signature of an operator: by its key in the folder, or as given. */
async function consentOf(
  operator: Hex,
  keyring: Keyring | undefined,
  { digest, preimage }: ToSign,
  { consent }: AddOperatorCommand,
): Promise<Hex> {
  if (keyring !== undefined) return keyring.sign(digest, preimage);
  if (consent !== undefined) return consent;
  throw new UsageError(
    `The key of ${operator} is not in the folder. Let it sign ${preimage} (Keccak-256 ${digest}), and give the signature with --consent.`,
  );
}

/** What every service of the network needs to know of the chain. */
function environmentOf(network: InstalledNetwork, more: Readonly<Record<string, string>>): string {
  const { contracts } = network.deployment ?? {};
  const values = {
    HUB_ADDRESS: contracts?.hub ?? '',
    REGISTRY_ADDRESS: contracts?.registry ?? '',
    KEYSTORE_ADDRESS: contracts?.keystore ?? '',
    SLASHING_ADDRESS: contracts?.slashing ?? '',
    ORACLE_ADDRESS: network.oracle.address,
    ...more,
  };
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
