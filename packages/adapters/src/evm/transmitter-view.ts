/** The requests with which a transmitter reads the chain's state. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import {
  type Address,
  type PublicClient,
  TransactionNotFoundError,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from 'viem';
import { type Revert, revertOf } from './client.ts';
import type { Fees } from './transaction-step.ts';

/** Margin for state that changes between estimate and block. */
const gasRoomPercent = 120n;
/** The base fee can rise by an eighth with each block: margin for four full blocks. */
const baseFeeRoomPercent = 160n;

/**
 * Gas for a call with a margin, or why the contract refuses it. Estimated without a price, so that it also works for an
 * account without funds.
 */
export async function gasOf(
  client: PublicClient,
  account: Address,
  { to, data }: { readonly to: Address; readonly data: Hex },
): Promise<bigint | Revert> {
  try {
    // Of the newest block, because some nodes otherwise count pending transactions, including our own.
    const gas = await client.estimateGas({ account, to, data, blockTag: 'latest' });
    return (gas * gasRoomPercent) / 100n;
  } catch (error) {
    const revert = revertOf(error);
    if (revert !== undefined) return revert;
    throw error;
  }
}

/** Fees that get a transaction into one of the next blocks, and the newest block's base fee. */
export async function priceOf(client: PublicClient): Promise<{ readonly price: Fees; readonly baseFee: bigint }> {
  const [block, maxPriorityFeePerGas] = await Promise.all([
    client.getBlock({ blockTag: 'latest' }),
    client.estimateMaxPriorityFeePerGas(),
  ]);
  if (block.baseFeePerGas === null) throw new Error('The chain has no base fee: it is from before EIP-1559.');
  const maxFeePerGas = (block.baseFeePerGas * baseFeeRoomPercent) / 100n + maxPriorityFeePerGas;
  return { price: { maxFeePerGas, maxPriorityFeePerGas }, baseFee: block.baseFeePerGas };
}

/** The receipt of the one of these that is in a block and succeeded. */
export async function receiptOf(client: PublicClient, hashes: readonly Hex[]): Promise<TransactionReceipt | undefined> {
  for (const hash of [...hashes].reverse()) {
    try {
      const receipt = await client.getTransactionReceipt({ hash });
      if (receipt.status === 'success') return receipt;
    } catch (error) {
      if (!(error instanceof TransactionReceiptNotFoundError)) throw error;
    }
  }
  return undefined;
}

/** True if the node has the transaction, in a block or pending. */
export async function isKnown(client: PublicClient, hash: Hex): Promise<boolean> {
  try {
    await client.getTransaction({ hash });
    return true;
  } catch (error) {
    if (error instanceof TransactionNotFoundError) return false;
    throw error;
  }
}
