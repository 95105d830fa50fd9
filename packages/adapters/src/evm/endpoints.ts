/**
 * One way to a chain over several RPC endpoints. Each question goes to the first endpoint that is well: near the best
 * head, and neither failing nor limiting the rate; when it fails, to the next. Transactions go to all of them.
 * (viem's own `fallback` ranks by latency and asks a lagging node as readily as any; it has no notion of a head.)
 */
import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '@assay/protocol/backoff';
import { hideAddress } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import { createTransport, type EIP1193RequestFn, HttpRequestError, http, type Transport } from 'viem';

/** Codes of JSON-RPC by which providers say that there were too many requests. */
const rateLimitCodes = [429, -32_005, -32_007];
/** viem's own, for whatever it has no name for: what it was stands in the cause. */
const unknownCode = -1;
const pauses = { pauseMs: limits.endpointPauseMs, pauseMsMax: limits.endpointPauseMsMax };
/** A request waits at most so long for an endpoint that is to be left in peace. */
const waitMsMax = 2_000;

interface Question {
  readonly method: string;
  readonly params?: unknown;
}

interface Endpoint extends EndpointHealth {
  readonly ask: (question: Question) => Promise<unknown>;
  height: number | undefined;
  quietUntilMs: number;
  failures: number;
}

/** Transport over one address or several, with commas between. Throws a RangeError on none, and on more than the limit. */
export function evmTransport(rpcUrl: string): Transport {
  const urls = rpcUrl.split(',').map((url) => url.trim());
  if (urls.length > limits.endpointsMax || urls.includes(''))
    throw new RangeError(`CHAIN_RPC_URL names ${urls.length} addresses: 1 to ${limits.endpointsMax}, none empty.`);
  const endpoints = new Endpoints(urls.map(endpointAt));
  const request = (question: Question) => endpoints.request(question);
  return () =>
    createTransport({
      key: 'assay',
      name: 'RPC endpoints by health',
      type: 'assay',
      retryCount: 0,
      request: request as unknown as EIP1193RequestFn,
    });
}

function endpointAt(url: string): Endpoint {
  const { request } = http(url, { timeout: limits.chainRequestTimeoutMs, retryCount: 0 })({});
  const ask: Endpoint['ask'] = async (question) => {
    try {
      return await request(question as never);
    } catch (error) {
      hideAddress(error, url);
      throw error;
    }
  };
  return { ask, height: undefined, quietUntilMs: 0, failures: 0 };
}

class Endpoints {
  readonly #all: readonly Endpoint[];
  #probedMs = 0;
  #probing: Promise<unknown> | undefined;

  constructor(all: readonly Endpoint[]) {
    this.#all = all;
  }

  async request(question: Question): Promise<unknown> {
    if (this.#all.length > 1) await this.#probe();
    let failure: unknown;
    for (let round = 0; round < limits.endpointRoundsMax; round++) {
      let order = this.#order();
      if (order.length === 0) {
        await pause(this.#leastQuietMs());
        order = this.#order();
      }
      if (question.method === 'eth_sendRawTransaction') {
        const sent = await this.#sendToAll(order, question);
        if ('answer' in sent) return sent.answer;
        failure = sent.failure;
      } else {
        for (const endpoint of order) {
          try {
            return await this.#ask(endpoint, question);
          } catch (error) {
            if (isAnswer(error)) throw error;
            failure = error;
          }
        }
      }
    }
    throw new ChainUnreachable(
      `No RPC endpoint of ${this.#all.length} answers ${question.method}${failure === undefined ? ': all limit the rate or failed a moment ago' : ''}.`,
      { cause: failure },
    );
  }

  #order(): Endpoint[] {
    return endpointOrder(this.#all, Date.now(), limits.headLagBlocksMax).flatMap((place) => this.#all[place] ?? []);
  }

  /** One node that takes it is enough; what a node says against it counts only when none takes it. */
  async #sendToAll(
    order: readonly Endpoint[],
    question: Question,
  ): Promise<{ readonly answer: unknown } | { readonly failure: unknown }> {
    const outcomes = await Promise.allSettled(order.map((endpoint) => this.#ask(endpoint, question)));
    const taken = outcomes.find((outcome) => outcome.status === 'fulfilled');
    if (taken !== undefined) return { answer: taken.value };
    const errors: unknown[] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    const answer = errors.find(isAnswer);
    if (answer !== undefined) throw answer;
    return { failure: errors[0] };
  }

  async #ask(endpoint: Endpoint, question: Question): Promise<unknown> {
    try {
      const answer = await endpoint.ask(question);
      endpoint.failures = 0;
      return answer;
    } catch (error) {
      if (isAnswer(error)) endpoint.failures = 0;
      else {
        endpoint.failures++;
        endpoint.quietUntilMs = Date.now() + quietMs(endpoint.failures, askedForMs(error), pauses);
      }
      throw error;
    }
  }

  #leastQuietMs(): number {
    const untilMs = Math.min(...this.#all.map(({ quietUntilMs }) => quietUntilMs));
    return Math.min(waitMsMax, Math.max(1, untilMs - Date.now()));
  }

  /** Learns the endpoints' heads when what is known of them is old: all at once, one such look at a time. */
  async #probe(): Promise<void> {
    if (Date.now() - this.#probedMs < limits.headProbeMs) return;
    this.#probing ??= this.#readHeads().finally(() => {
      this.#probing = undefined;
    });
    await this.#probing;
  }

  async #readHeads(): Promise<void> {
    const well = this.#all.filter(({ quietUntilMs }) => quietUntilMs <= Date.now());
    const late = pause(limits.headProbeMs, undefined, { ref: false });
    const heads = well.map(async (endpoint) => {
      try {
        endpoint.height = Number(await this.#ask(endpoint, { method: 'eth_blockNumber', params: [] }));
      } catch {
        endpoint.height = undefined;
      }
    });
    await Promise.race([Promise.all(heads), late]);
    this.#probedMs = Date.now();
  }
}

/** True for what a node says of the question itself; false where it did not answer, or did not want to. */
function isAnswer(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && !rateLimitCodes.includes(code);
}

/** The code of a JSON-RPC error; undefined where there was none: no connection, an HTTP status, a time-out. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || error instanceof HttpRequestError) return undefined;
  if ('code' in error && typeof error.code === 'number' && error.code !== unknownCode) return error.code;
  return codeOf(error.cause);
}

/** How long an endpoint asked to be left in peace by its header `Retry-After`. */
function askedForMs(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof HttpRequestError) {
    const seconds = Number(error.headers?.get('retry-after') ?? Number.NaN);
    return Number.isFinite(seconds) ? seconds * 1000 : undefined;
  }
  return askedForMs(error.cause);
}

/** What is known of one endpoint. */
export interface EndpointHealth {
  /** Height of its newest block; undefined while it has not answered. */
  readonly height: number | undefined;
  /** It failed or limits the rate: not to be asked before this moment, in milliseconds. */
  readonly quietUntilMs: number;
  /** Failures since it last answered. */
  readonly failures: number;
}

/**
 * Places of the endpoints in the order in which to ask them, those that are to be left in peace excepted. Those near the
 * best head come first, then those that lag; within each, the order in which they are configured, so that questions that
 * belong together go to one node as long as it is well.
 */
export function endpointOrder(all: readonly EndpointHealth[], nowMs: number, lagBlocksMax: number): number[] {
  const best = Math.max(0, ...all.map(({ height }) => height ?? 0));
  const lags = ({ height }: EndpointHealth) => height === undefined || best - height > lagBlocksMax;
  const places = all.flatMap((endpoint, place) => (endpoint.quietUntilMs > nowMs ? [] : [{ endpoint, place }]));
  return places
    .sort((a, b) => Number(lags(a.endpoint)) - Number(lags(b.endpoint)) || a.place - b.place)
    .map(({ place }) => place);
}

/** How long to leave an endpoint in peace after its latest failure: doubling, or what it asked for, within a bound. */
export function quietMs(
  failures: number,
  askedForMs: number | undefined,
  { pauseMs, pauseMsMax }: { readonly pauseMs: number; readonly pauseMsMax: number },
): number {
  return Math.min(pauseMsMax, Math.max(askedForMs ?? 0, backoffMs({ firstMs: pauseMs, maxMs: pauseMsMax }, failures)));
}
