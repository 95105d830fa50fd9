/** One follower of a stream for all clients that wait for a message on one of its subjects. */
import type { StreamName } from '@assay/protocol/bus/subjects';
import { errorText } from '@assay/protocol/error-text';
import type { Bus, BusMessage, Clock, Log } from '@assay/protocol/ports';
import { followStream } from './follow-stream.ts';

/** The result of a wait: a message, none (time-out, client gone, or service stopping), or no room to wait. */
export type Awaited =
  | { readonly kind: 'message'; readonly message: BusMessage }
  | { readonly kind: 'none' }
  | { readonly kind: 'full' };

/** The parts that a watch uses. */
export interface StreamWatchOptions {
  readonly bus: Pick<Bus, 'follow' | 'last' | 'lastSequence'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly stream: StreamName;
  /** Maximum number of simultaneous waits of all clients. */
  readonly waitingMax: number;
}

type Wake = (message: BusMessage | undefined) => void;

export class StreamWatch {
  readonly #options: StreamWatchOptions;
  readonly #waiting = new Map<string, Set<Wake>>();
  readonly #looks = new Map<string, Promise<BusMessage | undefined>>();
  #waits = 0;
  #isOver = false;

  constructor(options: StreamWatchOptions) {
    this.#options = options;
  }

  /** Number of waiting clients. */
  get waits(): number {
    return this.#waits;
  }

  /** Follows the stream from its end until the signal aborts; then every wait ends. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, stream } = this.#options;
    const firstSequence = async () => {
      const next = (await bus.lastSequence(stream)) + 1;
      // Nobody notifies existing waiters of earlier messages.
      for (const subject of this.#waiting.keys()) void this.#lookFor(subject);
      return next;
    };
    const take = (message: BusMessage) => this.#wakeAll(message.subject, message);
    await followStream({ ...this.#options, firstSequence, take }, signal);
    this.#isOver = true;
    for (const subject of this.#waiting.keys()) this.#wakeAll(subject, undefined);
  }

  /** The last message of a subject. Callers share a request in progress. */
  last(subject: string): Promise<BusMessage | undefined> {
    const look = this.#looks.get(subject) ?? this.#options.bus.last(this.#options.stream, subject);
    this.#looks.set(subject, look);
    const forget = () => this.#looks.delete(subject);
    look.then(forget, forget);
    return look;
  }

  /** The next message on a subject; the wait has started when this returns. `signal`: the client is gone. */
  async next(subject: string, waitMs: number, signal: AbortSignal): Promise<Awaited> {
    if (this.#waits >= this.#options.waitingMax) return { kind: 'full' };
    if (signal.aborted || this.#isOver) return { kind: 'none' };
    const woken = Promise.withResolvers<BusMessage | undefined>();
    const timer = new AbortController();
    const waiting = this.#waiting.get(subject) ?? new Set();
    this.#waiting.set(subject, waiting.add(woken.resolve));
    this.#waits++;
    const leave = () => woken.resolve(undefined);
    signal.addEventListener('abort', leave, { once: true });
    void this.#options.clock.sleep(waitMs, timer.signal).then(leave);
    try {
      const message = await woken.promise;
      return message === undefined ? { kind: 'none' } : { kind: 'message', message };
    } finally {
      // A plain reason, because creating an error with its stack for each wait would be expensive.
      timer.abort('over');
      signal.removeEventListener('abort', leave);
      this.#waits--;
      waiting.delete(woken.resolve);
      if (waiting.size === 0 && this.#waiting.get(subject) === waiting) this.#waiting.delete(subject);
    }
  }

  /**
   * The message of a subject that gets at most one message, now or later. The first waiter reads it for all waiters on
   * that subject; the follower notifies them of later messages.
   */
  async lastOrNext(subject: string, waitMs: number, signal: AbortSignal): Promise<Awaited> {
    const isFirst = !this.#waiting.has(subject);
    const next = this.next(subject, waitMs, signal);
    if (isFirst) await this.#lookFor(subject);
    return next;
  }

  /** Wakes all waiters on a subject that already has a message. A failed read is repeated when the time is over. */
  async #lookFor(subject: string): Promise<void> {
    try {
      const message = await this.last(subject);
      if (message !== undefined) this.#wakeAll(subject, message);
    } catch (error) {
      const { log, stream } = this.#options;
      log.warn('a read of a subject failed', { stream, subject, error: errorText(error) });
    }
  }

  #wakeAll(subject: string, message: BusMessage | undefined): void {
    const waiting = this.#waiting.get(subject);
    this.#waiting.delete(subject);
    for (const wake of waiting ?? []) wake(message);
  }
}
