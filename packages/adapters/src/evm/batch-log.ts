/** Finds when batches were posted: their events, by their indexed topics, newest blocks first. */

import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Chain, EndedBatch } from '@assay/protocol/ports';
import type { PublicClient } from 'viem';
import { finalHeight } from './blocks.ts';

/** Maximum block range of one request; common RPCs allow this many. */
const spanBlocks = 5_000n;
const spansMax = 200;

/** What the event says. */
export interface PostedEvent {
  readonly root: Hex;
  readonly count: number;
  readonly transmitter: Hex;
  readonly transactionHash: Hex;
  readonly blockNumber: bigint;
}

/**
 * The event of a batch that the hub has and that was posted at second `notBefore` or later; undefined if a
 * reorganisation has just removed it.
 */
export async function postedEvent(
  client: PublicClient,
  hub: Hex,
  batch: { readonly epoch: number; readonly sequence: number; readonly notBefore: bigint; readonly head: bigint },
): Promise<PostedEvent | undefined> {
  let toBlock = batch.head;
  for (let span = 0; span < spansMax; span++) {
    const fromBlock = toBlock < spanBlocks ? 0n : toBlock - spanBlocks + 1n;
    const [event] = await client.getContractEvents({
      address: hub,
      abi: assayHubAbi,
      eventName: 'BatchPosted',
      args: { epoch: BigInt(batch.epoch), sequence: BigInt(batch.sequence) },
      fromBlock,
      toBlock,
      strict: true,
    });
    if (event !== undefined) {
      return {
        root: event.args.root,
        count: event.args.count,
        transmitter: event.args.transmitter,
        transactionHash: event.transactionHash,
        blockNumber: event.blockNumber,
      };
    }
    if (fromBlock === 0n) return undefined;
    const oldest = await client.getBlock({ blockNumber: fromBlock });
    if (oldest.timestamp < batch.notBefore) return undefined;
    toBlock = fromBlock - 1n;
  }
  throw new Error(
    `the event of batch ${batch.epoch}-${batch.sequence} is not in the last ${spanBlocks * BigInt(spansMax)} blocks`,
  );
}

/** The batches of an epoch that is over: see {@link Chain.endedBatches}. Throws if they are spread over too many blocks. */
export async function endedBatches(
  client: PublicClient,
  hub: Hex,
  epoch: number,
  { sinceMs, endedMs, finality }: Parameters<Chain['endedBatches']>[1],
): Promise<EndedBatch[] | undefined> {
  const final = BigInt(await finalHeight(client, finality));
  if ((await timeMs(client, final)) < endedMs) return undefined;
  const last = await firstBlockAt(client, endedMs, final);
  const first = await firstBlockAt(client, sinceMs, last);
  if (last - first >= spanBlocks * BigInt(spansMax))
    throw new Error(`the batches of epoch ${epoch} since block ${first} are too many blocks to look through`);
  const batches: EndedBatch[] = [];
  for (let toBlock = last; toBlock >= first; toBlock -= spanBlocks) {
    const fromBlock = toBlock - first < spanBlocks ? first : toBlock - spanBlocks + 1n;
    const events = await client.getContractEvents({
      address: hub,
      abi: assayHubAbi,
      eventName: 'BatchPosted',
      args: { epoch: BigInt(epoch) },
      fromBlock,
      toBlock,
      strict: true,
    });
    for (const { args } of events.reverse())
      batches.push({ sequence: Number(args.sequence), root: args.root, count: args.count });
  }
  return batches;
}

/** The first block whose time is `atMs` or later, up to `last`, which is. */
async function firstBlockAt(client: PublicClient, atMs: number, last: bigint): Promise<bigint> {
  let [low, high] = [0n, last];
  while (low < high) {
    const middle = (low + high) / 2n;
    if ((await timeMs(client, middle)) < atMs) low = middle + 1n;
    else high = middle;
  }
  return low;
}

async function timeMs(client: PublicClient, blockNumber: bigint): Promise<number> {
  return Number((await client.getBlock({ blockNumber })).timestamp) * 1_000;
}
