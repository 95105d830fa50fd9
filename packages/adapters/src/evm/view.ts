/** The questions by which a transmitter looks at the chain. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import {
  type Address,
  type PublicClient,
  TransactionNotFoundError,
  type TransactionReceipt,
  TransactionReceiptNotFoundError,
} from 'viem';
import { type Revert, revertOf } from './client.ts';
import type { Fees } from './transmission-step.ts';

/** Room for state that changes between estimate and block. */
const gasRoomPercent = 120n;
/** The base fee may rise by an eighth with each block: room for four full ones. */
const baseFeeRoomPercent = 160n;

/**
 * Gas for a call with room, or why the contract refuses it. Asked without a price, so that an account without funds
 * learns what it would take.
 */
export async function gasOf(
  client: PublicClient,
  account: Address,
  { to, data }: { readonly to: Address; readonly data: Hex },
): Promise<bigint | Revert> {
  try {
    // Of the newest block: some nodes else count what waits in their pool, our own transaction with it.
    const gas = await client.estimateGas({ account, to, data, blockTag: 'latest' });
    return (gas * gasRoomPercent) / 100n;
  } catch (error) {
    const revert = revertOf(error);
    if (revert !== undefined) return revert;
    throw error;
  }
}

/** What gets a transaction into one of the next blocks, and the newest block's base fee. */
export async function priceOf(client: PublicClient): Promise<{ readonly price: Fees; readonly baseFee: bigint }> {
  const [block, maxPriorityFeePerGas] = await Promise.all([
    client.getBlock({ blockTag: 'latest' }),
    client.estimateMaxPriorityFeePerGas(),
  ]);
  if (block.baseFeePerGas === null) throw new Error('The chain has no base fee: it is from before EIP-1559.');
  const maxFeePerGas = (block.baseFeePerGas * baseFeeRoomPercent) / 100n + maxPriorityFeePerGas;
  return { price: { maxFeePerGas, maxPriorityFeePerGas }, baseFee: block.baseFeePerGas };
}

/** The receipt of whichever of these is in a block and succeeded. */
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

/** True when the node has the transaction, in a block or waiting. */
export async function isKnown(client: PublicClient, hash: Hex): Promise<boolean> {
  try {
    await client.getTransaction({ hash });
    return true;
  } catch (error) {
    if (error instanceof TransactionNotFoundError) return false;
    throw error;
  }
}
