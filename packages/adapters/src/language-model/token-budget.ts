/** A budget of tokens for each minute, so that a flood of tasks cannot run up an unlimited bill. */
import type { Clock } from '@assay/protocol/ports';

const minuteMs = 60_000;

/** Takes tokens from a budget that fills up again evenly. */
export class TokenBudget {
  readonly #perMinute: number;
  readonly #clock: Pick<Clock, 'nowMs'>;
  #left: number;
  #asOfMs: number;

  constructor(perMinute: number, clock: Pick<Clock, 'nowMs'>) {
    this.#perMinute = perMinute;
    this.#clock = clock;
    this.#left = perMinute;
    this.#asOfMs = clock.nowMs();
  }

  /** Takes tokens if there are as many; false takes none. */
  take(tokens: number): boolean {
    const nowMs = this.#clock.nowMs();
    const gained = (Math.max(0, nowMs - this.#asOfMs) / minuteMs) * this.#perMinute;
    this.#left = Math.min(this.#perMinute, this.#left + gained);
    this.#asOfMs = nowMs;
    if (tokens > this.#left) return false;
    this.#left -= tokens;
    return true;
  }
}
