/** Finds when a batch was posted: its event, by its indexed topics, newest blocks first. */

import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { PublicClient } from 'viem';

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
