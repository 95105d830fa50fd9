/** Reads the heads of the audit log that transmitters have put behind their posts. */
import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import { decodeAnchor } from '@assay/protocol/audit/anchor';
import type { AuditAnchor } from '@assay/protocol/audit/chain-check';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeFunctionData, encodeFunctionData, type PublicClient } from 'viem';
import { asked, evmClient } from './client.ts';

/** Blocks of one request for events, and transactions that are read at once. */
const spanBlocks = 5_000;
const readAtOnce = 16;

/** What was found on chain. */
export interface FoundAnchors {
  /** By the transmitters that are trusted, in the order of their blocks. */
  readonly anchors: readonly AuditAnchor[];
  /** Blocks that were searched. */
  readonly fromBlock: number;
  readonly toBlock: number;
}

/**
 * The anchors in posts to a hub by accounts that are trusted with them, from a block on. Anyone may post a certified
 * batch with any bytes behind it, so other accounts' are not looked at. Posts through another contract are not found.
 */
export async function readAuditAnchors(options: {
  readonly rpcUrl: string;
  readonly hub: Hex;
  readonly transmitters: readonly Hex[];
  readonly fromBlock: number;
}): Promise<FoundAnchors> {
  const { hub, transmitters, fromBlock } = options;
  const client = evmClient(options.rpcUrl);
  const toBlock = Number(await asked('its height', () => client.getBlockNumber()));
  const anchors: AuditAnchor[] = [];
  for (let from = fromBlock; from <= toBlock; from += spanBlocks) {
    const to = Math.min(toBlock, from + spanBlocks - 1);
    const posts = await asked(`posts in the blocks ${from} to ${to}`, () => postsIn(client, hub, from, to));
    const trusted = posts.filter(({ transmitter }) => transmitters.includes(transmitter));
    for (let at = 0; at < trusted.length; at += readAtOnce) {
      const some = trusted.slice(at, at + readAtOnce);
      const found = await asked('transactions of posts', () =>
        Promise.all(some.map((one) => anchorIn(client, hub, one))),
      );
      anchors.push(...found.flatMap((one) => one ?? []));
    }
  }
  return { anchors, fromBlock, toBlock };
}

interface Post {
  readonly transactionHash: Hex;
  readonly blockNumber: number;
  readonly transmitter: Hex;
}

async function postsIn(client: PublicClient, hub: Hex, from: number, to: number): Promise<Post[]> {
  const [fromBlock, toBlock] = [BigInt(from), BigInt(to)];
  const wanted = {
    address: hub,
    abi: assayHubAbi,
    eventName: 'BatchPosted',
    fromBlock,
    toBlock,
    strict: true,
  } as const;
  const events = await client.getContractEvents(wanted);
  return events.map(({ transactionHash, blockNumber, args }) => ({
    transactionHash,
    blockNumber: Number(blockNumber),
    transmitter: args.transmitter.toLowerCase() as Hex,
  }));
}

/** The head behind the call data of a post; undefined if there is none, or if another contract made the call. */
async function anchorIn(client: PublicClient, hub: Hex, post: Post): Promise<AuditAnchor | undefined> {
  const { transactionHash, blockNumber, transmitter } = post;
  const { to, from, input } = await client.getTransaction({ hash: transactionHash });
  if (to?.toLowerCase() !== hub || from.toLowerCase() !== transmitter) return undefined;
  const { functionName, args } = decodeFunctionData({ abi: assayHubAbi, data: input });
  if (functionName !== 'post') return undefined;
  const call = encodeFunctionData({ abi: assayHubAbi, functionName, args });
  const head = input.startsWith(call) ? decodeAnchor(`0x${input.slice(call.length)}`) : undefined;
  return head === undefined ? undefined : { ...head, transactionHash, blockNumber };
}
