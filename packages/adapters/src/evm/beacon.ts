/** The chain's own randomness. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { asked, evmClient } from './client.ts';

/** A beacon value and the block that it is from. */
export interface BlockBeacon {
  readonly beacon: Hex;
  readonly blockNumber: number;
}

/**
 * The prevrandao of a block (EIP-4399), of the latest one if no number is given. A block's proposer can withhold its block,
 * and so discard one value; whoever draws fixes the pool and names the block beforehand.
 */
export async function blockBeacon(rpcUrl: string, blockNumber?: number): Promise<BlockBeacon> {
  const client = evmClient(rpcUrl);
  const block = await asked('a block', () =>
    client.getBlock(blockNumber === undefined ? {} : { blockNumber: BigInt(blockNumber) }),
  );
  return { beacon: block.mixHash, blockNumber: Number(block.number) };
}
