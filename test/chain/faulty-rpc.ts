/** A JSON-RPC endpoint in front of a real chain that injects the faults of typical providers. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call of JSON-RPC. */
export interface RpcCall {
  readonly id: number;
  readonly method: string;
  readonly params?: readonly unknown[];
}

/** The outcome of a call. */
export type Fault =
  /** HTTP 429, with `Retry-After` if given. */
  | { readonly kind: 'too-many'; readonly retryAfterSeconds?: number }
  /** An error in a successful HTTP response. */
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  /** The connection breaks before the node sees the call, or after it has answered. */
  | { readonly kind: 'broken'; readonly after?: boolean }
  /** A transaction is accepted and discarded. */
  | { readonly kind: 'swallowed'; readonly hash: string }
  /** The node answers as of a number of blocks ago. */
  | { readonly kind: 'lagging'; readonly blocks: number }
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'answer'; readonly result: unknown };

/** Chooses the fault of each call; undefined: none. */
export type Weather = (call: RpcCall) => Fault | undefined;

export interface FaultyRpc {
  readonly url: string;
  weather: Weather;
  /** Called methods in order, including faulty calls. */
  readonly calls: string[];
  close(): Promise<void>;
}

export const fair: Weather = () => undefined;
/** The endpoint is down. */
export const away: Weather = () => ({ kind: 'broken' });

const timeoutMs = 60_000;
const callsKept = 10_000;

/** Starts an endpoint in front of `target`, without faults. */
export async function startFaultyRpc(target: string): Promise<FaultyRpc> {
  const faulty = { weather: fair, calls: [] as string[] };
  const server = createServer((request, response) => {
    void serve(target, faulty, request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(faulty, {
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
  faulty: { readonly weather: Weather; readonly calls: string[] },
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const call = JSON.parse(Buffer.concat(chunks).toString()) as RpcCall;
  faulty.calls.push(call.method);
  if (faulty.calls.length > callsKept) faulty.calls.shift();
  const fault = faulty.weather(call);
  const answer = (body: object, status = 200, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: call.id, ...body }));
  };
  switch (fault?.kind) {
    case undefined:
      return answer(await ask(target, call));
    case 'too-many':
      return answer(
        {},
        429,
        fault.retryAfterSeconds === undefined ? {} : { 'retry-after': `${fault.retryAfterSeconds}` },
      );
    case 'error':
      return answer({ error: { code: fault.code, message: fault.message } });
    case 'broken':
      if (fault.after) await ask(target, call);
      return void request.socket.destroy();
    case 'swallowed':
      return answer({ result: fault.hash });
    case 'lagging':
      return answer(await askBehind(target, call, fault.blocks));
    case 'late':
      await new Promise((resolve) => setTimeout(resolve, fault.ms));
      return answer(await ask(target, call));
    case 'answer':
      return answer({ result: fault.result });
  }
}

interface Answer {
  result?: unknown;
  error?: { code: number; message: string };
}

/** Sends a call to a chain and gives its answer, be it an error. */
export async function ask(target: string, call: RpcCall): Promise<Answer> {
  const response = await fetch(target, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', ...call }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  return (await response.json()) as Answer;
}

/**
 * Answers like a node that lags behind the chain by this many blocks: state and counts of that block, nothing newer.
 */
async function askBehind(target: string, call: RpcCall, blocks: number): Promise<Answer> {
  const head = Number((await ask(target, { id: 1, method: 'eth_blockNumber', params: [] })).result);
  const seen = `0x${Math.max(0, head - blocks).toString(16)}`;
  if (call.method === 'eth_blockNumber') return { result: seen };
  const params = (call.params ?? []).map((value) => (value === 'latest' || value === 'pending' ? seen : value));
  const answer = await ask(target, { ...call, params });
  const at = (answer.result as { blockNumber?: string } | null | undefined)?.blockNumber;
  return typeof at === 'string' && Number(at) > Number(seen) ? { result: null } : answer;
}

/** Sends a request directly to a chain. Rejects with its error. */
export async function rpc<T = unknown>(url: string, method: string, params: readonly unknown[] = []): Promise<T> {
  const answer = await ask(url, { id: 1, method, params });
  if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
  return answer.result as T;
}
