/**
 * A transport over several RPC endpoints. Each request goes to the first healthy endpoint, which is near the best head
 * and neither fails nor limits the rate; if it fails, to the next one. Transactions go to all of them. (viem's own
 * `fallback` ranks by latency and ignores the head, so it asks a lagging node as readily as any other.)
 */
import { setTimeout as pause } from 'node:timers/promises';
import { backoffMs } from '@assay/protocol/backoff';
import { hideAddress } from '@assay/protocol/error-text';
import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import { tuning } from '@assay/protocol/tuning';
import { BaseError, createTransport, type EIP1193RequestFn, HttpRequestError, http, type Transport } from 'viem';

/** JSON-RPC codes with which providers report too many requests. */
const rateLimitCodes = [429, -32_005, -32_007];
/** viem's code for unnamed errors; the cause has the details. */
const unknownCode = -1;
const pauseBounds = { pauseMs: tuning.endpointPauseMs, pauseMsMax: tuning.endpointPauseMsMax };
/** The longest that a request waits for an endpoint that is not usable yet. */
const waitMsMax = 2_000;
/**
 * Messages of geth, erigon, reth, nethermind, besu and anvil for a block that the node does not have. A node behind a
 * load balancer, or in the middle of a reorganisation, gives them even for `latest`.
 */
const missingBlockWords =
  /\b(?:block|header)(?: for hash)? not found|unknown block|BlockOutOfRange|beyond current head/i;
/** JSON-RPC codes with them: invalid input, resource not found, invalid parameters. A contract's revert has another. */
const missingBlockCodes = [-32_000, -32_001, -32_602];

interface Question {
  readonly method: string;
  readonly params?: unknown;
}

/** What a round over the endpoints came to. */
type Asked = { readonly answer: unknown } | { readonly failure: unknown };

interface Endpoint extends EndpointHealth {
  readonly ask: (question: Question) => Promise<unknown>;
  height: number | undefined;
  quietUntilMs: number;
  failures: number;
  /** How often it was left in peace. */
  pauses: number;
}

/** Transport over one address or several, with commas between. Throws a RangeError on none, and on more than the limit. */
export function evmTransport(rpcUrl: string): Transport {
  const urls = rpcUrl.split(',').map((url) => url.trim());
  if (urls.length > tuning.endpointsMax || urls.includes(''))
    throw new RangeError(`CHAIN_RPC_URL names ${urls.length} addresses: 1 to ${tuning.endpointsMax}, none empty.`);
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
  const { request } = http(url, { timeout: tuning.chainRequestTimeoutMs, retryCount: 0 })({});
  const ask: Endpoint['ask'] = async (question) => {
    try {
      return await request(question as never);
    } catch (error) {
      hideAddress(error, url);
      throw error;
    }
  };
  return { ask, height: undefined, quietUntilMs: 0, failures: 0, pauses: 0 };
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
    for (let round = 0; round < tuning.endpointRoundsMax; round++) {
      let order = this.#order();
      if (order.length === 0) {
        await pause(this.#leastQuietMs());
        order = this.#order();
      }
      const isSend = question.method === 'eth_sendRawTransaction';
      const asked = isSend ? await this.#sendToAll(order, question) : await this.#askInOrder(order, question);
      if ('answer' in asked) return asked.answer;
      failure = asked.failure ?? failure;
      if (lacksBlock(failure)) await pause(tuning.endpointPauseMs);
    }
    throw new ChainUnreachable(
      `No RPC endpoint of ${this.#all.length} answers ${question.method}${failure === undefined ? ': all limit the rate or failed a moment ago' : ''}.`,
      { cause: failure },
    );
  }

  #order(): Endpoint[] {
    return endpointOrder(this.#all, Date.now(), tuning.headLagBlocksMax).flatMap((place) => this.#all[place] ?? []);
  }

  /** The first answer. A node that lacks the block has none, and is no worse for the next request. */
  async #askInOrder(order: readonly Endpoint[], question: Question): Promise<Asked> {
    let failure: unknown;
    for (const endpoint of order) {
      try {
        return { answer: await this.#ask(endpoint, question) };
      } catch (error) {
        if (isAnswer(error) && !lacksBlock(error)) throw error;
        failure = error;
      }
    }
    return { failure };
  }

  /** One node that accepts it is enough. A node's error counts only if no node accepts it. */
  async #sendToAll(order: readonly Endpoint[], question: Question): Promise<Asked> {
    const outcomes = await Promise.allSettled(order.map((endpoint) => this.#ask(endpoint, question)));
    const taken = outcomes.find((outcome) => outcome.status === 'fulfilled');
    if (taken !== undefined) return { answer: taken.value };
    const errors: unknown[] = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    const answer = errors.find(isAnswer);
    if (answer !== undefined) throw answer;
    return { failure: errors[0] };
  }

  async #ask(endpoint: Endpoint, question: Question): Promise<unknown> {
    const { pauses } = endpoint;
    try {
      const answer = await endpoint.ask(question);
      endpoint.failures = 0;
      return answer;
    } catch (error) {
      if (isAnswer(error)) endpoint.failures = 0;
      else leaveInPeace(endpoint, pauses, askedForMs(error));
      throw error;
    }
  }

  #leastQuietMs(): number {
    const untilMs = Math.min(...this.#all.map(({ quietUntilMs }) => quietUntilMs));
    return Math.min(waitMsMax, Math.max(1, untilMs - Date.now()));
  }

  /** Refreshes the endpoints' heads if they are outdated: all endpoints in parallel, one refresh at a time. */
  async #probe(): Promise<void> {
    if (Date.now() - this.#probedMs < tuning.headProbeMs) return;
    this.#probing ??= this.#readHeads().finally(() => {
      this.#probing = undefined;
    });
    await this.#probing;
  }

  async #readHeads(): Promise<void> {
    const well = this.#all.filter(({ quietUntilMs }) => quietUntilMs <= Date.now());
    const late = pause(tuning.headProbeMs, undefined, { ref: false });
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

/**
 * Notes a failure of a request that was sent after this many pauses. Requests that fail together are one failure: those
 * that were under way when the pause began make it no longer, unless the node asks for more.
 */
function leaveInPeace(endpoint: Endpoint, pausesWhenAsked: number, askedMs: number | undefined): void {
  const isFirst = endpoint.pauses === pausesWhenAsked;
  if (isFirst) {
    endpoint.pauses++;
    endpoint.failures++;
  }
  const wantedMs = isFirst
    ? quietMs(endpoint.failures, askedMs, pauseBounds)
    : Math.min(askedMs ?? 0, pauseBounds.pauseMsMax);
  endpoint.quietUntilMs = Math.max(endpoint.quietUntilMs, Date.now() + wantedMs);
}

/** True if the error is about the request itself; false if the node did not respond or declined to. */
function isAnswer(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && !rateLimitCodes.includes(code);
}

/** True if the node says that it does not have the block that a request is about: it, or the chain, may have it soon. */
function lacksBlock(error: unknown): boolean {
  const code = codeOf(error);
  if (code === undefined || !missingBlockCodes.includes(code)) return false;
  return missingBlockWords.test(error instanceof BaseError ? `${error.message} ${error.details}` : String(error));
}

/** The code of a JSON-RPC error; undefined without one: no connection, an HTTP status, a time-out. */
function codeOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || error instanceof HttpRequestError) return undefined;
  if ('code' in error && typeof error.code === 'number' && error.code !== unknownCode) return error.code;
  return codeOf(error.cause);
}

/** The wait that an endpoint requested in its header `Retry-After`. */
function askedForMs(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof HttpRequestError) {
    const seconds = Number(error.headers?.get('retry-after') ?? Number.NaN);
    return Number.isFinite(seconds) ? seconds * 1000 : undefined;
  }
  return askedForMs(error.cause);
}

/** The known state of one endpoint. */
export interface EndpointHealth {
  /** Height of its newest block; undefined until it has responded. */
  readonly height: number | undefined;
  /** It failed or limits the rate: not used before this time, in milliseconds. */
  readonly quietUntilMs: number;
  /** Failures since its last response. */
  readonly failures: number;
}

/**
 * Indices of the usable endpoints in the order in which to ask them. Endpoints near the best head come first, then
 * those that lag. Within each group the configured order holds, so that related requests go to one node as long as it
 * is healthy.
 */
export function endpointOrder(all: readonly EndpointHealth[], nowMs: number, lagBlocksMax: number): number[] {
  const best = Math.max(0, ...all.map(({ height }) => height ?? 0));
  const lags = ({ height }: EndpointHealth) => height === undefined || best - height > lagBlocksMax;
  const places = all.flatMap((endpoint, place) => (endpoint.quietUntilMs > nowMs ? [] : [{ endpoint, place }]));
  return places
    .sort((a, b) => Number(lags(a.endpoint)) - Number(lags(b.endpoint)) || a.place - b.place)
    .map(({ place }) => place);
}

/** How long not to use an endpoint after its latest failure: doubling, or as it requested, within a bound. */
export function quietMs(
  failures: number,
  askedForMs: number | undefined,
  { pauseMs, pauseMsMax }: { readonly pauseMs: number; readonly pauseMsMax: number },
): number {
  return Math.min(pauseMsMax, Math.max(askedForMs ?? 0, backoffMs({ firstMs: pauseMs, maxMs: pauseMsMax }, failures)));
}
