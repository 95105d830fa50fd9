/** One alarm, set anew as often as one likes. */

import type { Clock } from '@assay/protocol/ports';

export class AlarmClock {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #ring: () => void;
  #wantedMs = Number.POSITIVE_INFINITY;
  #armedMs = Number.POSITIVE_INFINITY;
  #armed = new AbortController();

  /** `ring` is called at each moment that was set and not set anew before. */
  constructor(clock: Clock, signal: AbortSignal, ring: () => void) {
    this.#clock = clock;
    this.#signal = signal;
    this.#ring = ring;
  }

  /** Rings at this moment, milliseconds since 1970, and no more at the one set before. */
  set(atMs: number): void {
    this.#wantedMs = atMs;
    // One that is armed for earlier looks then what is wanted: setting it later costs nothing.
    if (atMs < this.#armedMs) void this.#arm(atMs);
  }

  async #arm(atMs: number): Promise<void> {
    this.#armed.abort('set anew');
    const armed = new AbortController();
    this.#armed = armed;
    this.#armedMs = atMs;
    const stop = () => armed.abort('stopped');
    this.#signal.addEventListener('abort', stop, { once: true });
    await this.#clock.sleep(Math.max(0, atMs - this.#clock.nowMs()), armed.signal);
    this.#signal.removeEventListener('abort', stop);
    if (armed.signal.aborted || this.#signal.aborted) return;
    this.#armedMs = Number.POSITIVE_INFINITY;
    if (this.#clock.nowMs() < this.#wantedMs) return void this.#arm(this.#wantedMs);
    this.#wantedMs = Number.POSITIVE_INFINITY;
    this.#ring();
  }
}
