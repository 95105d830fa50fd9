/** A closed loop of HTTP clients: each sends its next request when it has the answer to the last one. */
import { Agent, type RequestOptions, request } from 'node:http';
import { quantile, rounded } from '../spread.ts';

/** What a loop measured. */
export interface HttpRun {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers with another status than wanted. */
  readonly refused: number;
}

/** Where requests go, and how many at once. */
export interface HttpLoad {
  readonly url: string;
  /** The body of each request, by its number. */
  readonly bodyOf: (index: number) => string;
  readonly requests: number;
  readonly clients: number;
  readonly statusWanted: number;
  readonly signal: AbortSignal;
}

/** Sends the requests. Rejects if one fails without an answer, or if the signal aborts. */
export async function runHttpLoad(load: HttpLoad): Promise<HttpRun> {
  const agent = new Agent({ keepAlive: true, maxSockets: load.clients });
  const times: number[] = [];
  let next = 0;
  let refused = 0;
  const client = async () => {
    while (next < load.requests) {
      load.signal.throwIfAborted();
      const body = load.bodyOf(next++);
      const sentMs = performance.now();
      if ((await post(load.url, body, { agent, signal: load.signal })) !== load.statusWanted) refused += 1;
      times.push(performance.now() - sentMs);
    }
  };
  const startedMs = performance.now();
  try {
    await Promise.all(Array.from({ length: load.clients }, client));
  } finally {
    agent.destroy();
  }
  return {
    perSecond: rounded((1_000 * times.length) / (performance.now() - startedMs), 0),
    p50Ms: rounded(quantile(times, 0.5)),
    p99Ms: rounded(quantile(times, 0.99)),
    refused,
  };
}

/** The status of the answer, once all of it has come. */
function post(url: string, body: string, options: RequestOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const sent = request(url, { ...options, method: 'POST', headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
      response.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
