/**
 * A JSON-RPC endpoint in front of anvil that answers as a rollup of the OP stack does: `finalized` is far behind, each
 * block begins with a transaction that nobody sent, receipts state a fee for the data on Ethereum, the price oracle
 * states it beforehand, and a transaction whose account cannot pay it is not taken.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  decodeFunctionData,
  numberToHex,
  parseAbi,
  parseTransaction,
  recoverTransactionAddress,
  type TransactionSerialized,
} from 'viem';
import { ask, type RpcCall } from './faulty-rpc.ts';

/** The endpoint. */
export interface RollupRpc {
  readonly url: string;
  /** How many blocks `finalized` and `safe` are behind the newest one. */
  behind: number;
  /** Price of gas on Ethereum, wei, which the fee for data follows. */
  l1BaseFee: bigint;
  /** What it says its chain is; undefined: what anvil says. Transactions of another chain are refused. */
  chainId: number | undefined;
  /** How many times `finalized` was asked for. */
  readonly finalizedAsked: number;
  close(): Promise<void>;
}

/** What each receipt says of the data on Ethereum, as an OP stack node after Ecotone. */
export const l1Fields = {
  l1Fee: '0x1d1a94a2000',
  l1GasUsed: '0x640',
  l1GasPrice: '0x3b9aca00',
  l1BaseFeeScalar: '0x558',
  l1BlobBaseFee: '0x1',
  l1BlobBaseFeeScalar: '0xc5fc5',
} as const;

/** Where the OP stack has its price oracle. */
const oracle = '0x420000000000000000000000000000000000000f';
const oracleAbi = parseAbi(['function getL1FeeUpperBound(uint256 unsignedTxSize) view returns (uint256)']);

/** As `GasPriceOracle` of Fjord computes it. */
export function l1FeeUpperBound(unsignedBytes: bigint, l1BaseFee: bigint): bigint {
  const bytes = unsignedBytes + 68n;
  const size = -42_585_600n + 836_500n * (bytes + bytes / 255n + 16n);
  const feeScaled =
    BigInt(l1Fields.l1BaseFeeScalar) * 16n * l1BaseFee +
    BigInt(l1Fields.l1BlobBaseFeeScalar) * BigInt(l1Fields.l1BlobBaseFee);
  return ((size > 100_000_000n ? size : 100_000_000n) * feeScaled) / 10n ** 12n;
}

/** The transaction by which a block takes over what is new on Ethereum (type 0x7e). */
const depositHash = `0x${'7e'.repeat(32)}`;

type Json = Record<string, unknown>;

/** Starts an endpoint in front of `target`. */
export async function startRollupRpc(target: string): Promise<RollupRpc> {
  const rollup: Answering = {
    behind: 0,
    finalizedAsked: 0,
    l1BaseFee: BigInt(l1Fields.l1GasPrice),
    chainId: undefined,
  };
  const server = createServer((request, response) => {
    void serve(target, rollup, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(rollup, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
}

type Answering = { -readonly [K in Exclude<keyof RollupRpc, 'url' | 'close'>]: RollupRpc[K] };

async function serve(
  target: string,
  rollup: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const call = JSON.parse(Buffer.concat(chunks).toString()) as RpcCall;
  const [block, ...others] = call.params ?? [];
  const isBehind = call.method === 'eth_getBlockByNumber' && (block === 'finalized' || block === 'safe');
  if (block === 'finalized') rollup.finalizedAsked += 1;
  const head = isBehind ? Number((await ask(target, { id: 1, method: 'eth_blockNumber', params: [] })).result) : 0;
  const seen = `0x${Math.max(0, head - rollup.behind).toString(16)}`;
  const answer =
    (await ownAnswer(target, rollup, call)) ??
    (await ask(target, isBehind ? { ...call, params: [seen, ...others] } : call));
  if (typeof answer.result === 'object' && answer.result !== null)
    answer.result = asRollup(call.method, answer.result as Json);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', ...answer, id: call.id }));
}

/** What anvil knows nothing of; undefined: it is asked. */
async function ownAnswer(
  target: string,
  { l1BaseFee, chainId }: Answering,
  { method, params = [] }: RpcCall,
): Promise<Awaited<ReturnType<typeof ask>> | undefined> {
  if (method === 'eth_chainId' && chainId !== undefined) return { result: numberToHex(chainId) };
  const [first] = params;
  if (method === 'eth_getCode' && isOracle(first)) return { result: '0xfe' };
  if (method === 'eth_call' && isOracle((first as { to?: string }).to)) {
    const { args } = decodeFunctionData({ abi: oracleAbi, data: (first as { data: `0x${string}` }).data });
    return { result: numberToHex(l1FeeUpperBound(args[0], l1BaseFee), { size: 32 }) };
  }
  if (method !== 'eth_sendRawTransaction') return undefined;
  const serializedTransaction = first as TransactionSerialized;
  const { gas = 0n, maxFeePerGas = 0n, data = '0x' } = parseTransaction(serializedTransaction);
  const from = await recoverTransactionAddress({ serializedTransaction });
  const { result } = await ask(target, { id: 1, method: 'eth_getBalance', params: [from, 'latest'] });
  const l1Fee = l1FeeUpperBound(BigInt((data.length - 2) / 2), l1BaseFee);
  if (BigInt(String(result)) >= gas * maxFeePerGas + l1Fee) return undefined;
  return { error: { code: -32_000, message: 'insufficient funds for l1Cost + gas * price + value' } };
}

const isOracle = (address: unknown) => typeof address === 'string' && address.toLowerCase() === oracle;

function asRollup(method: string, result: Json | Json[]): unknown {
  if (Array.isArray(result)) return method === 'eth_getLogs' ? result.map(later) : result;
  if (method.startsWith('eth_getBlockBy')) {
    const transactions = result.transactions as readonly unknown[];
    return transactions.every((one) => typeof one === 'string')
      ? { ...result, transactions: [depositHash, ...transactions] }
      : result;
  }
  if (method !== 'eth_getTransactionReceipt') return result;
  return { ...later(result), ...l1Fields, logs: (result.logs as Json[]).map(later) };
}

/** The deposit is the first transaction of its block. */
function later(entry: Json): Json {
  return { ...entry, transactionIndex: `0x${(Number(entry.transactionIndex) + 1).toString(16)}` };
}
