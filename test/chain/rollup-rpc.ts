/**
 * A JSON-RPC endpoint in front of anvil that answers as a rollup of the OP stack does: `finalized` is far behind, each
 * block begins with a transaction that nobody sent, and receipts state a fee for the data on Ethereum.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ask, type RpcCall } from './faulty-rpc.ts';

/** The endpoint. */
export interface RollupRpc {
  readonly url: string;
  /** How many blocks `finalized` and `safe` are behind the newest one. */
  behind: number;
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

/** The transaction by which a block takes over what is new on Ethereum (type 0x7e). */
const depositHash = `0x${'7e'.repeat(32)}`;

type Json = Record<string, unknown>;

/** Starts an endpoint in front of `target`. */
export async function startRollupRpc(target: string): Promise<RollupRpc> {
  const rollup = { behind: 0, finalizedAsked: 0 };
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

async function serve(
  target: string,
  rollup: { readonly behind: number; finalizedAsked: number },
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
  const answer = await ask(target, isBehind ? { ...call, params: [seen, ...others] } : call);
  if (typeof answer.result === 'object' && answer.result !== null)
    answer.result = asRollup(call.method, answer.result as Json);
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', ...answer, id: call.id }));
}

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
