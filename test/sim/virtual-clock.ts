/** Time that passes only when it is advanced: minutes of a network in a fraction of a second. */
import type { Clock } from '@assay/protocol/ports';

interface Timer {
  readonly atMs: number;
  readonly resolve: () => void;
}

const startMs = Date.UTC(2030, 0, 1);
/** A run that needs more steps than this does not terminate. */
const stepsMax = 500_000;

/** A clock whose sleepers wake in the order of their times, one by one. */
export class VirtualClock implements Clock {
  readonly #timers = new Map<number, Timer>();
  #nowMs = startMs;
  #timersMade = 0;
  #steps = 0;

  nowMs(): number {
    return this.#nowMs;
  }

  /** Milliseconds since the run began. */
  get elapsedMs(): number {
    return this.#nowMs - startMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const id = this.#timersMade++;
      const wake = () => {
        this.#timers.delete(id);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#timers.set(id, { atMs: this.#nowMs + Math.max(0, ms), resolve: wake });
      signal?.addEventListener('abort', wake, { once: true });
    });
  }

  /** Lets time pass until `done` says so, or for `ms`; says whether `done` did. */
  async advance(ms: number, done: () => boolean = () => false): Promise<boolean> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settled();
      if (done()) return true;
      const next = this.#next();
      if (next === undefined || next.atMs > untilMs) break;
      if (++this.#steps > stepsMax) throw new Error(`The network does not come to rest: ${stepsMax} steps.`);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.resolve();
    }
    this.#nowMs = untilMs;
    return false;
  }

  #next(): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers.values()) if (next === undefined || timer.atMs < next.atMs) next = timer;
    return next;
  }
}

/** Resolves when every promise that does not depend on time has settled. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
