/** Which of several RPC endpoints to ask first, from what is known of them. No I/O. */
import { backoffMs } from '@assay/protocol/backoff';

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
