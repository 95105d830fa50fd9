/**
 * Decides a transmitter's next step from what it has signed and what the chain shows, without clock or network. A
 * transmitter has one open transaction at a time, so it keeps no list of nonces: it reads the next nonce from the
 * chain, and replaces a transaction that has become useless.
 */

import type { Intent } from '@assay/protocol/batch/intent';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { TransactionEvent } from '@assay/protocol/ports';

/** Maximum fees for each unit of gas, in wei (EIP-1559). */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** The open transaction: the one signed last. */
export interface Flight {
  readonly intent: Pick<Intent, 'nonce' | 'callDigest' | 'gas' | keyof Fees>;
  /** When it was signed or read from the journal; milliseconds. */
  readonly signedMs: number;
  /** When a node last accepted it; undefined if none has yet. */
  readonly sentMs: number | undefined;
  /** A node said that a more expensive transaction has this nonce. */
  readonly isUnderpriced: boolean;
}

/** The chain's state for one wanted call. */
export interface ChainView {
  readonly nowMs: number;
  /** Transactions of the account in blocks, and including those pending in the node's pool. */
  readonly minedCount: number;
  readonly pendingCount: number;
  /** A transaction with the wanted call, at whatever nonce, is in a block and succeeded. */
  readonly isMined: boolean;
  /** The node knows the open transaction. */
  readonly isKnown: boolean;
  /** Gas of the wanted call; undefined if the contract would refuse it now. */
  readonly gas: bigint | undefined;
  /** The open transaction makes another call, and the contract would refuse that one now. */
  readonly isObsolete: boolean;
  /** Fees that get a transaction into one of the next blocks, and the current base fee. */
  readonly price: Fees;
  readonly baseFee: bigint;
  /** What a rollup takes for the call's data on Ethereum beside its gas, wei. */
  readonly dataFee: bigint;
  /** The account's balance in wei. */
  readonly balance: bigint;
}

/** Waiting times and fee limits. */
export interface TransactionRules {
  readonly feePerGasMax: bigint;
  /** Increase of both fees for a replacement, in percent. */
  readonly feeBumpPercent: bigint;
  readonly replaceAfterMs: number;
  readonly sendAgainAfterMs: number;
}

export type SignReason = Extract<TransactionEvent, { kind: 'signed' }>['why'];

export type Step =
  | { readonly kind: 'mined' }
  /** The contract refuses the call. */
  | { readonly kind: 'refused' }
  /** Sign the wanted call, store it, send it. */
  | { readonly kind: 'sign'; readonly nonce: number; readonly fees: Fees; readonly why: SignReason }
  /** Send the signed transaction, again or for the first time. */
  | { readonly kind: 'send' }
  | { readonly kind: 'wait'; readonly why: 'block' | 'funds' | 'fee-cap' };

/** The next step for the call with digest `wanted`. `open` is the transaction signed last, for this call or another. */
export function nextStep(wanted: Hex, open: Flight | undefined, view: ChainView, rules: TransactionRules): Step {
  if (view.isMined) return { kind: 'mined' };
  const { gas } = view;
  if (gas === undefined) return { kind: 'refused' };
  const sign = (why: SignReason, nonce: number, above?: Fees) =>
    signed(why, nonce, { view, rules, gas, above, wait: isLost(open, view, rules) ? { kind: 'send' } : undefined });
  const isOwn = open?.intent.callDigest === wanted;
  if (open === undefined) return sign('first', Math.max(view.minedCount, view.pendingCount));
  const { nonce } = open.intent;
  if (nonce < view.minedCount) return sign(isOwn ? 'passed' : 'first', Math.max(view.minedCount, view.pendingCount));
  const waitedMs = view.nowMs - open.signedMs;
  // No node has the transactions before it (a reorganisation removed them), so it would wait forever.
  const isGap = nonce > Math.max(view.minedCount, view.pendingCount) && waitedMs >= rules.sendAgainAfterMs;
  const isBehind = nonce > view.minedCount && waitedMs >= rules.replaceAfterMs;
  if (isGap || isBehind) return sign('gap', view.minedCount);
  if (!isOwn && view.isObsolete) return sign('obsolete', nonce, open.intent);
  if (open.isUnderpriced) return sign('underpriced', nonce, open.intent);
  if (isStuck(open, view, rules)) return sign('stuck', nonce, open.intent);
  if (open.sentMs === undefined || isLost(open, view, rules)) return { kind: 'send' };
  return { kind: 'wait', why: 'block' };
}

/** It has been open for too long, or the base fee has risen above its maximum. */
function isStuck({ intent, signedMs, sentMs }: Flight, view: ChainView, rules: TransactionRules): boolean {
  if (sentMs === undefined) return false;
  const waitedMs = view.nowMs - signedMs;
  return waitedMs >= rules.replaceAfterMs || (view.baseFee > intent.maxFeePerGas && waitedMs >= rules.sendAgainAfterMs);
}

/** Sent some time ago, and the node does not know it: dropped, lost, or removed by a reorganisation. */
function isLost(open: Flight | undefined, view: ChainView, rules: TransactionRules): boolean {
  return open?.sentMs !== undefined && !view.isKnown && view.nowMs - open.sentMs >= rules.sendAgainAfterMs;
}

/** Signs if the fee cap and the account's balance allow it; otherwise returns what it waits for. */
function signed(
  why: SignReason,
  nonce: number,
  on: {
    readonly view: ChainView;
    readonly rules: TransactionRules;
    readonly gas: bigint;
    /** What it replaces. */
    readonly above: Fees | undefined;
    /** The step if a replacement would be too expensive. */
    readonly wait: Step | undefined;
  },
): Step {
  const { view, rules, gas, above } = on;
  const fees = feesAbove(view.price, above, rules);
  if (fees === undefined) return on.wait ?? { kind: 'wait', why: 'fee-cap' };
  if (view.balance < gas * fees.maxFeePerGas + view.dataFee) return { kind: 'wait', why: 'funds' };
  return { kind: 'sign', nonce, fees, why };
}

/**
 * The market's fees, or the fees needed to replace `above` if higher, up to the cap. Undefined if a replacement would
 * exceed the cap.
 */
export function feesAbove(
  price: Fees,
  above: Fees | undefined,
  { feePerGasMax, feeBumpPercent }: Pick<TransactionRules, 'feePerGasMax' | 'feeBumpPercent'>,
): Fees | undefined {
  const least = (fee: bigint | undefined) => (fee === undefined ? 0n : (fee * (100n + feeBumpPercent)) / 100n + 1n);
  const [leastFee, leastTip] = [least(above?.maxFeePerGas), least(above?.maxPriorityFeePerGas)];
  if (leastFee > feePerGasMax) return undefined;
  const maxFeePerGas = smaller(larger(price.maxFeePerGas, leastFee), feePerGasMax);
  return { maxFeePerGas, maxPriorityFeePerGas: smaller(larger(price.maxPriorityFeePerGas, leastTip), maxFeePerGas) };
}

const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
