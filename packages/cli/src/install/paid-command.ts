/** What all commands that send transactions have in common: plan, confirmation, account, exit codes. */

import { type PaidStep, type Plan, planSteps, runSteps } from '@assay/adapters/evm/paid-steps';
import { keyringFromKeyFile } from '@assay/adapters/keys/key-file';
import { connectRemoteSigner } from '@assay/adapters/keys/remote-signer';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { UsageError } from '../commands/usage-error.ts';
import { counted, Progress, paint, print } from '../output/terminal.ts';
import { type ChainPreset, chainPresets } from './chain-presets.ts';
import { type InstalledNetwork, pathIn } from './network-folder.ts';

/** Options of each such command. */
export interface PaidCommand {
  readonly rpc: string;
  readonly dryRun: boolean;
  readonly confirm: boolean;
  readonly json: boolean;
  /** Another account than the folder's admin. */
  readonly keyFile?: string;
  readonly passwordFile?: string;
  readonly signerUrl?: string;
  readonly signerAddress?: Hex;
}

const weiPerGwei = 1_000_000_000n;
const gweiPerEther = 1_000_000_000;

/** The account that pays: a key file, a remote signer, or the folder's admin. */
export async function payerOf(folder: string, network: InstalledNetwork, options: PaidCommand): Promise<Keyring> {
  const { keyFile, passwordFile, signerUrl, signerAddress } = options;
  if (signerUrl !== undefined) {
    if (signerAddress === undefined) throw new UsageError('Name the account of the signer: --signer-address.');
    return connectRemoteSigner({ url: signerUrl, address: signerAddress });
  }
  if (keyFile !== undefined) return keyringFromKeyFile(keyFile, passwordFile);
  return keyringFromKeyFile(pathIn(folder, network.admin.keyFile), pathIn(folder, network.passwordFile));
}

/** The preset of a network's chain. Throws {@link UsageError} if the RPC is of another chain. */
export function presetOf({ chain }: InstalledNetwork, chainId: number): ChainPreset {
  const preset = chainPresets.find(({ name }) => name === chain);
  if (preset?.chainId === chainId) return preset;
  throw new UsageError(`The RPC is of chain ${chainId}, but the network is for ${chain} (${preset?.chainId}).`);
}

/**
 * Shows the plan, or carries it out with `--confirm`. Resolves with 0 once everything is done or with `--dry-run`, and with
 * 2 if a confirmation is missing. Rejects when a step fails; those before it stay done.
 */
export async function carryOut(
  steps: readonly PaidStep[],
  options: PaidCommand,
  preset: ChainPreset,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<number> {
  const plan = await planSteps(options.rpc, steps);
  const isOpen = plan.steps.some(({ isDone }) => !isDone);
  if (options.dryRun || (isOpen && !options.confirm)) {
    if (options.json) print(JSON.stringify({ status: 'planned', ...jsonOf(plan), ...facts }));
    else for (const line of linesOf(plan, preset)) print(line);
    if (options.dryRun) return 0;
    process.stderr.write('Nothing was sent. Add --confirm to send it.\n');
    return 2;
  }
  requireFunds(plan);
  const progress = new Progress();
  const sent = await runSteps(options.rpc, steps, {
    confirmations: preset.confirmations,
    onStep: (what) => progress.say(what),
  });
  progress.end();
  const gasUsed = sent.reduce((sum, one) => sum + one.gasUsed, 0n);
  if (options.json) {
    const transactions = sent.map(({ what, hash, gasUsed: used }) => ({ what, hash, gasUsed: Number(used) }));
    print(JSON.stringify({ status: 'done', transactions, gasUsed: Number(gasUsed), ...facts }));
  } else {
    for (const { what, hash } of sent) print(`  ${paint('green', 'done')}  ${what}  ${paint('dim', hash)}`);
    print(
      sent.length === 0 ? 'Everything is already done.' : `${counted(sent.length, 'transaction')}, ${gasUsed} gas.`,
    );
  }
  return 0;
}

function requireFunds({ payers }: Plan): void {
  const short = payers.find(({ balanceWei, costWei }) => balanceWei < costWei);
  if (short === undefined) return;
  throw new UsageError(
    `${short.address} has ${etherOf(short.balanceWei)} ether, and this costs up to ${etherOf(short.costWei)}. Send it funds.`,
  );
}

function linesOf(plan: Plan, { chainId, name }: ChainPreset): string[] {
  const rows = plan.steps.map(({ what, isDone, gas, isEstimate, refusal }) => {
    if (isDone) return `  done  ${what}`;
    return `  open  ${what}: ${isEstimate ? gas : `about ${gas}`} gas${refusal === undefined ? '' : ` (now: ${refusal})`}`;
  });
  const data = plan.dataFee === 0n ? '' : `, with ${etherOf(plan.dataFee)} for its data on Ethereum`;
  return [
    `On ${name} (${chainId}):`,
    ...rows,
    `Up to ${plan.gas} gas at ${Number(plan.feePerGas) / Number(weiPerGwei)} gwei: ${etherOf(plan.costWei)} ether${data}.`,
    ...plan.payers.map(({ address, balanceWei }) => `  ${address} has ${etherOf(balanceWei)} ether`),
  ];
}

function jsonOf(plan: Plan): Record<string, unknown> {
  return {
    steps: plan.steps.map((step) => ({ ...step, gas: Number(step.gas), dataFee: String(step.dataFee) })),
    gas: Number(plan.gas),
    feePerGas: String(plan.feePerGas),
    dataFee: String(plan.dataFee),
    costWei: String(plan.costWei),
    payers: plan.payers.map(({ address, balanceWei }) => ({ address, balanceWei: String(balanceWei) })),
  };
}

/** Wei as a decimal number of the chain's coin. */
export function etherOf(wei: bigint): string {
  return (Number(wei / weiPerGwei) / gweiPerEther).toString();
}
