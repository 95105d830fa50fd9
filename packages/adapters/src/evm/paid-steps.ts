/**
 * Transactions that set a network up or change it, one after another, each only if the chain does not show its effect
 * yet. So whoever is interrupted runs the same again, and it goes on.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { fromHex, type Hex, keccak256 } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import type { Keyring } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import type { PublicClient } from 'viem';
import { asked, evmClient, revertOf } from './client.ts';
import { DataFees } from './fees.ts';
import { transactionSigner } from './signing-account.ts';

/** Beyond the node's estimate: other transactions may come first. */
const gasMarginPercent = 125n;
const pollMs = 500;

const withMargin = (gas: bigint) => (gas * gasMarginPercent) / 100n;

/** One transaction and its effect. */
export interface PaidStep {
  readonly what: string;
  readonly account: Keyring;
  /** Absent: the transaction creates a contract. */
  readonly to?: Hex;
  readonly data: Hex;
  /** The nonce that it must have, where its effect depends on it. */
  readonly nonce?: number;
  /** Gas that is enough as a rule; shown where the node cannot estimate yet. */
  readonly gas: bigint;
  /** Whether the chain shows its effect. */
  isDone(): Promise<boolean>;
}

/** A step as the chain is now. */
export interface StepPlan {
  readonly what: string;
  readonly from: Hex;
  readonly isDone: boolean;
  /** 0 if it is done. */
  readonly gas: bigint;
  /** What a rollup takes for its data on Ethereum beside the gas, wei; 0 if it is done. */
  readonly dataFee: bigint;
  /** The node's estimate; false: the usual amount, because earlier steps are missing. */
  readonly isEstimate: boolean;
  /** Why the contract refuses the transaction now; it may depend on earlier steps. */
  readonly refusal?: string;
}

/** All steps, and the most that the open ones cost at the present fee. */
export interface Plan {
  readonly steps: readonly StepPlan[];
  /** The limits that the transactions are sent with: an account must have the fee for all of it. */
  readonly gas: bigint;
  /** Most that a unit of gas costs, wei. */
  readonly feePerGas: bigint;
  /** Of all steps, wei: a part of `costWei`. */
  readonly dataFee: bigint;
  readonly costWei: bigint;
  /** Accounts that pay, with what they have, wei. */
  readonly payers: readonly { readonly address: Hex; readonly balanceWei: bigint; readonly costWei: bigint }[];
}

/** Looks at each step without sending anything. Rejects if the chain does not answer. */
export async function planSteps(rpcUrl: string, steps: readonly PaidStep[]): Promise<Plan> {
  const client = evmClient(rpcUrl);
  const { maxFeePerGas: feePerGas } = await asked('fees', () => client.estimateFeesPerGas());
  const dataFees = new DataFees(client);
  const plans: StepPlan[] = [];
  for (const step of steps) {
    const plan = await planOf(client, step);
    const dataFee = plan.isDone ? 0n : await asked('the fee for data', () => dataFees.of(step.data));
    plans.push({ ...plan, dataFee });
  }
  const limitOf = (some: readonly StepPlan[]) => some.reduce((sum, { gas }) => sum + withMargin(gas), 0n);
  const dataFeeOf = (some: readonly StepPlan[]) => some.reduce((sum, { dataFee }) => sum + dataFee, 0n);
  const costOf = (some: readonly StepPlan[]) => limitOf(some) * feePerGas + dataFeeOf(some);
  const addresses = [...new Set(plans.filter(({ isDone }) => !isDone).map(({ from }) => from))];
  const payers = await Promise.all(
    addresses.map(async (address) => ({
      address,
      balanceWei: await asked('a balance', () => client.getBalance({ address })),
      costWei: costOf(plans.filter(({ from }) => from === address)),
    })),
  );
  return {
    steps: plans,
    gas: limitOf(plans),
    feePerGas,
    dataFee: dataFeeOf(plans),
    costWei: costOf(plans),
    payers,
  };
}

async function planOf(client: PublicClient, step: PaidStep): Promise<Omit<StepPlan, 'dataFee'>> {
  const { what, account } = step;
  const from = account.address;
  if (await step.isDone()) return { what, from, isDone: true, gas: 0n, isEstimate: true };
  const { to } = step;
  const isThere = to === undefined || (await asked('code', () => client.getCode({ address: to }))) !== undefined;
  // An account without code takes any call for a transfer.
  if (!isThere) return { what, from, isDone: false, gas: step.gas, isEstimate: false };
  try {
    const gas = await client.estimateGas({ account: from, ...callOf(step) });
    return { what, from, isDone: false, gas, isEstimate: true };
  } catch (error) {
    const refusal = revertOf(error)?.detail;
    return { what, from, isDone: false, gas: step.gas, isEstimate: false, ...(refusal !== undefined && { refusal }) };
  }
}

/**
 * Sends each step that is not done, and waits until it has its confirmations. Rejects with the step's name, and the steps
 * before it stay done.
 */
export async function runSteps(
  rpcUrl: string,
  steps: readonly PaidStep[],
  { confirmations, onStep }: { readonly confirmations: number; readonly onStep: (what: string) => void },
): Promise<{ readonly what: string; readonly hash: Hex; readonly gasUsed: bigint }[]> {
  const client = evmClient(rpcUrl);
  const sent: { what: string; hash: Hex; gasUsed: bigint }[] = [];
  for (const step of steps) {
    try {
      const nonce = await settledNonce(client, step.account.address);
      if (await step.isDone()) continue;
      onStep(step.what);
      const hash = await send(client, step, nonce);
      const receipt = await client.waitForTransactionReceipt({
        hash,
        confirmations,
        timeout: tuning.receiptTimeoutMs * Math.max(1, confirmations),
        pollingInterval: pollMs,
      });
      if (receipt.status !== 'success') throw new Error(`transaction ${hash} was reverted`);
      sent.push({ what: step.what, hash, gasUsed: receipt.gasUsed });
    } catch (error) {
      const reason = revertOf(error)?.detail ?? errorText(error);
      throw new Error(
        `${step.what} failed: ${reason}. Mend that and run the command again: it goes on where it stopped.`,
        { cause: error },
      );
    }
  }
  return sent;
}

/** The account's next nonce, once none of its transactions is under way: one of an interrupted call may still be. */
async function settledNonce(client: PublicClient, address: Hex): Promise<number> {
  for (const deadline = Date.now() + tuning.receiptTimeoutMs; ; ) {
    const [latest, pending] = await Promise.all([
      client.getTransactionCount({ address, blockTag: 'latest' }),
      client.getTransactionCount({ address, blockTag: 'pending' }),
    ]);
    if (pending <= latest) return latest;
    if (Date.now() > deadline) throw new Error(`a transaction of ${address} with nonce ${latest} is in no block yet`);
    await pause(pollMs);
  }
}

async function send(client: PublicClient, step: PaidStep, nonce: number): Promise<Hex> {
  if (step.nonce !== undefined && step.nonce !== nonce)
    throw new Error(
      `the account ${step.account.address} is at nonce ${nonce}, and this needs nonce ${step.nonce}: it has sent something else meanwhile`,
    );
  const call = callOf(step);
  const [estimated, fees, chainId] = await Promise.all([
    client.estimateGas({ account: step.account.address, ...call }),
    client.estimateFeesPerGas(),
    client.getChainId(),
  ]);
  const gas = withMargin(estimated);
  const transaction = await transactionSigner(step.account).signTransaction({
    ...call,
    nonce,
    gas,
    chainId,
    maxFeePerGas: fees.maxFeePerGas,
    maxPriorityFeePerGas: fees.maxPriorityFeePerGas,
    type: 'eip1559',
  });
  await client.sendRawTransaction({ serializedTransaction: transaction });
  return keccak256(fromHex(transaction));
}

function callOf({ to, data }: PaidStep): { readonly to?: Hex; readonly data: Hex } {
  return { ...(to !== undefined && { to }), data };
}
