/**
 * An in-memory durable consumer: each message goes to one worker and is redelivered if it is not ended within the ack
 * wait.
 */
import type { BusMessage, Clock, Delivery } from '@assay/protocol/ports';
import { Mailbox } from './mailbox.ts';
import type { MemoryStream } from './memory-stream.ts';

/** The stream and settings of a consumer. */
export interface ConsumerOptions {
  readonly filterSubject: string;
  readonly ackPendingMax: number;
  readonly ackWaitMs: number;
}

interface Pending {
  readonly message: BusMessage;
  count: number;
  /** Cancels the current ack wait. */
  timer: AbortController;
  /** True while a worker has it. */
  out: boolean;
}

interface Worker {
  readonly inbox: Mailbox<Delivery>;
  free: number;
}

/** State that the workers of one durable name share. */
export class MemoryConsumer {
  readonly #stream: MemoryStream;
  readonly #options: ConsumerOptions;
  readonly #clock: Clock;
  readonly #pending = new Map<number, Pending>();
  readonly #again: number[] = [];
  readonly #workers: Worker[] = [];
  #cursor = 1;

  constructor(stream: MemoryStream, options: ConsumerOptions, clock: Clock) {
    this.#stream = stream;
    this.#options = options;
    this.#clock = clock;
    stream.onAppend(() => this.#dispatch());
  }

  /** Deliveries to one worker that holds at most `concurrency`. */
  async *work(concurrency: number, signal: AbortSignal): AsyncGenerator<Delivery> {
    const worker: Worker = { inbox: new Mailbox(), free: concurrency };
    this.#workers.push(worker);
    const leave = () => {
      const place = this.#workers.indexOf(worker);
      if (place >= 0) this.#workers.splice(place, 1);
      for (const delivery of worker.inbox.drain()) delivery.nak(0);
    };
    signal.addEventListener('abort', leave, { once: true });
    this.#dispatch();
    try {
      for (
        let delivery = await worker.inbox.take(signal);
        delivery !== undefined;
        delivery = await worker.inbox.take(signal)
      )
        yield delivery;
    } finally {
      leave();
    }
  }

  #dispatch(): void {
    for (;;) {
      const worker = this.#workers.find(({ free }) => free > 0);
      const message = worker === undefined ? undefined : this.#take();
      if (worker === undefined || message === undefined) return;
      // Moves the worker to the end of the queue: the next message goes to another worker.
      this.#workers.push(...this.#workers.splice(this.#workers.indexOf(worker), 1));
      worker.free--;
      worker.inbox.put(this.#deliver(worker, message));
    }
  }

  /** Redeliveries first, then the next message of the stream while not too many are unacknowledged. */
  #take(): BusMessage | undefined {
    const again = this.#again.shift();
    if (again !== undefined) return this.#pending.get(again)?.message ?? this.#take();
    if (this.#pending.size >= this.#options.ackPendingMax) return undefined;
    const message = this.#stream.next(this.#options.filterSubject, this.#cursor);
    if (message === undefined) return undefined;
    this.#cursor = message.sequence + 1;
    this.#pending.set(message.sequence, { message, count: 0, timer: new AbortController(), out: false });
    return message;
  }

  #deliver(worker: Worker, message: BusMessage): Delivery {
    const pending = this.#pending.get(message.sequence);
    if (pending === undefined) throw new Error(`Message ${message.sequence} of ${this.#stream.name} is not pending.`);
    pending.count++;
    pending.out = true;
    this.#startWait(message.sequence);
    let held = true;
    const end = (what: () => void) => {
      if (!held) return;
      held = false;
      worker.free++;
      what();
      this.#dispatch();
    };
    const finish = () => this.#finish(message.sequence);
    return {
      ...message,
      deliveryCount: pending.count,
      ack: async () => end(finish),
      term: () => end(finish),
      nak: (delayMs) => end(() => this.#giveBack(message.sequence, delayMs)),
      working: () => {
        if (held) this.#startWait(message.sequence);
      },
    };
  }

  #finish(sequence: number): void {
    this.#pending.get(sequence)?.timer.abort();
    this.#pending.delete(sequence);
  }

  #giveBack(sequence: number, delayMs: number): void {
    if (delayMs <= 0) this.#redeliver(sequence);
    else this.#wait(sequence, delayMs);
  }

  #startWait(sequence: number): void {
    this.#wait(sequence, this.#options.ackWaitMs);
  }

  #wait(sequence: number, ms: number): void {
    const pending = this.#pending.get(sequence);
    if (pending === undefined) return;
    pending.timer.abort();
    const timer = new AbortController();
    pending.timer = timer;
    void this.#clock.sleep(ms, timer.signal).then(() => {
      if (timer.signal.aborted) return;
      this.#redeliver(sequence);
      this.#dispatch();
    });
  }

  #redeliver(sequence: number): void {
    const pending = this.#pending.get(sequence);
    if (pending === undefined || !pending.out) return;
    pending.timer.abort();
    pending.out = false;
    this.#again.push(sequence);
  }
}
