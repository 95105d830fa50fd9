/** Which blocks the chain has, and which it will keep. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Finality } from '@assay/protocol/ports';
import { BlockNotFoundError, type PublicClient } from 'viem';

/** Hash of the block at a height; undefined when the chain is not that high. */
export async function blockHashAt(client: PublicClient, height: number): Promise<Hex | undefined> {
  try {
    return (await client.getBlock({ blockNumber: BigInt(height) })).hash;
  } catch (error) {
    if (error instanceof BlockNotFoundError) return undefined;
    throw error;
  }
}

/** The height up to which blocks are final: by depth, or as the chain says. */
export async function finalHeight(client: PublicClient, finality: Finality): Promise<number> {
  if (finality !== 'finalized') return Math.max(0, Number(await client.getBlockNumber()) - finality + 1);
  try {
    return Number((await client.getBlock({ blockTag: 'finalized' })).number);
  } catch (error) {
    if (error instanceof BlockNotFoundError) return 0;
    throw error;
  }
}
