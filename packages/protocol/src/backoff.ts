/**
 * Backoff: pauses between tries, for every retry and poll. Pure: the caller sleeps on its own clock and passes
 * randomness.
 */
import { tuning } from './tuning.ts';

/** How pauses grow. */
export interface Backoff {
  readonly firstMs: number;
  readonly maxMs: number;
  /** Factor from one pause to the next, above 1; 2 if absent. */
  readonly growth?: number;
}

/** Pauses of the loops after a port failed. */
export const retryBackoff: Backoff = { firstMs: tuning.retryDelayMs, maxMs: tuning.retryDelayMsMax };

/**
 * The pause in milliseconds after a number of consecutive failures (1: the first; less counts as 1). With `random`,
 * which returns numbers from 0 to 1, it uses full jitter: a value from 0 to that pause, so that many clients of one
 * server do not retry at the same time. Without `random`, the pause is constant.
 */
export function backoffMs({ firstMs, maxMs, growth = 2 }: Backoff, failures: number, random?: () => number): number {
  const pauseMs = Math.min(maxMs, firstMs * growth ** (Math.max(1, failures) - 1));
  return random === undefined ? pauseMs : Math.round(pauseMs * random());
}
