/** Which blocks the chain has, which it will keep, and the randomness in them. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Finality } from '@assay/protocol/ports';
import { BlockNotFoundError, type PublicClient } from 'viem';
import { asked, evmClient } from './client.ts';

/** Hash of the block at a height; undefined if the chain is lower. */
export async function blockHashAt(client: PublicClient, height: number): Promise<Hex | undefined> {
  try {
    return (await client.getBlock({ blockNumber: BigInt(height) })).hash;
  } catch (error) {
    if (error instanceof BlockNotFoundError) return undefined;
    throw error;
  }
}

/** The height up to which blocks are final: by depth, or as the chain reports. */
export async function finalHeight(client: PublicClient, finality: Finality): Promise<number> {
  if (finality !== 'finalized') return Math.max(0, Number(await client.getBlockNumber()) - finality + 1);
  try {
    return Number((await client.getBlock({ blockTag: 'finalized' })).number);
  } catch (error) {
    if (error instanceof BlockNotFoundError) return 0;
    throw error;
  }
}

/** A beacon value and the block that it is from. */
export interface BlockBeacon {
  readonly beacon: Hex;
  readonly blockNumber: number;
}

/**
 * The prevrandao of a block (EIP-4399), of the latest one if no number is given. A block's proposer can withhold its
 * block and so discard one value. Whoever draws must fix the pool and name the block beforehand.
 */
export async function blockBeacon(rpcUrl: string, blockNumber?: number): Promise<BlockBeacon> {
  const client = evmClient(rpcUrl);
  const block = await asked('a block', () =>
    client.getBlock(blockNumber === undefined ? {} : { blockNumber: BigInt(blockNumber) }),
  );
  return { beacon: block.mixHash, blockNumber: Number(block.number) };
}
