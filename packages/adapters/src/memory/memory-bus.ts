/** The bus in memory, for tests and simulation: what one process publishes, every client of the same broker sees. */

import { messageBytesMaxOf, streams } from '@assay/protocol/bus/subjects';
import { limits } from '@assay/protocol/limits';
import type { Bus, Clock, Headers, WorkOptions } from '@assay/protocol/ports';
import { systemClock } from '../process/system-clock.ts';
import { MemoryConsumer } from './memory-consumer.ts';
import { MemoryStream, subjectFits } from './memory-stream.ts';

const ackPendingMaxDefault = 10_000;

/** Time and waits of a broker. */
export interface MemoryBrokerOptions {
  readonly clock?: Clock;
  readonly ackWaitMs?: number;
}

type Handler = Parameters<Bus['respond']>[2];

/** Holds streams, consumers and responders; clients come and go. */
export class MemoryBroker {
  readonly #clock: Clock;
  readonly #ackWaitMs: number;
  readonly #streams: readonly MemoryStream[];
  readonly #consumers = new Map<string, MemoryConsumer>();
  readonly #responders: { readonly subject: string; readonly handler: Handler }[] = [];

  constructor(options: MemoryBrokerOptions = {}) {
    this.#clock = options.clock ?? systemClock;
    this.#ackWaitMs = options.ackWaitMs ?? limits.ackWaitMs;
    this.#streams = Object.entries(streams).map(
      ([name, { subjects }]) => new MemoryStream(name, subjects, this.#clock),
    );
  }

  /** A client of this broker. */
  connect(): Bus {
    const closed = new AbortController();
    const until = (signal: AbortSignal) => AbortSignal.any([signal, closed.signal]);
    const open = () => {
      if (closed.signal.aborted) throw new Error('This client of the memory bus is closed.');
    };
    return {
      publish: async (subject, data, options = {}) => {
        open();
        const bytesMax = messageBytesMaxOf(subject);
        if (data.length > bytesMax)
          throw new Error(`A message for ${subject} has ${data.length} bytes; the limit of its stream is ${bytesMax}.`);
        return this.#streamOf(subject).append(subject, data, options);
      },
      work: (options, signal) => this.#consumer(options).work(options.concurrency, until(signal)),
      follow: (stream, options, signal) =>
        this.#stream(stream).follow(
          options.filterSubject,
          options.fromSequence ?? this.#stream(stream).sequenceAt(options.fromMs ?? 0),
          until(signal),
        ),
      last: async (stream, subject) => this.#stream(stream).last(subject),
      next: async (stream, subject, afterSequence) => this.#stream(stream).next(subject, afterSequence + 1),
      erase: async (stream, subject, mark) => this.#stream(stream).erase(subject, mark),
      lastSequence: async (stream) => this.#stream(stream).lastSequence,
      extent: async (stream) => ({ first: 1, last: this.#stream(stream).lastSequence }),
      request: (subject, data, options) => this.#request(subject, data, options),
      respond: async (subject, _queue, handler, signal) => this.#respond(subject, handler, until(signal)),
      isReady: () => !closed.signal.aborted,
      close: async () => closed.abort(),
    };
  }

  #stream(name: string): MemoryStream {
    const stream = this.#streams.find((one) => one.name === name);
    if (stream === undefined) throw new Error(`There is no stream ${name}.`);
    return stream;
  }

  #streamOf(subject: string): MemoryStream {
    const stream = this.#streams.find(({ subjects }) => subjects.some((filter) => subjectFits(filter, subject)));
    if (stream === undefined) throw new Error(`No stream takes the subject ${subject}.`);
    return stream;
  }

  #consumer(options: WorkOptions): MemoryConsumer {
    const key = `${options.stream} ${options.durable}`;
    const made =
      this.#consumers.get(key) ??
      new MemoryConsumer(
        this.#stream(options.stream),
        {
          filterSubject: options.filterSubject,
          ackPendingMax: options.ackPendingMax ?? ackPendingMaxDefault,
          ackWaitMs: options.ackWaitMs ?? this.#ackWaitMs,
        },
        this.#clock,
      );
    this.#consumers.set(key, made);
    return made;
  }

  async #request(
    subject: string,
    data: Uint8Array,
    options: { readonly timeoutMs: number; readonly headers?: Headers },
  ): Promise<Uint8Array> {
    const index = this.#responders.findIndex((one) => one.subject === subject);
    const [responder] = index < 0 ? [] : this.#responders.splice(index, 1);
    if (responder === undefined) throw new Error(`No answer to a request on ${subject}: nobody answers there.`);
    this.#responders.push(responder);
    const timer = new AbortController();
    const late = this.#clock.sleep(options.timeoutMs, timer.signal).then(() => {
      if (!timer.signal.aborted)
        throw new Error(`No answer to a request on ${subject} within ${options.timeoutMs} ms.`);
      return new Uint8Array();
    });
    try {
      return await Promise.race([responder.handler({ data: data.slice(), headers: { ...options.headers } }), late]);
    } catch (error) {
      throw new Error(`A request on ${subject} failed.`, { cause: error });
    } finally {
      timer.abort();
    }
  }

  #respond(subject: string, handler: Handler, signal: AbortSignal): void {
    if (signal.aborted) return;
    const responder = { subject, handler };
    this.#responders.push(responder);
    signal.addEventListener('abort', () => void this.#responders.splice(this.#responders.indexOf(responder), 1), {
      once: true,
    });
  }
}

/** A bus of its own; for several clients of one bus see {@link MemoryBroker}. */
export function memoryBus(options: MemoryBrokerOptions = {}): Bus {
  return new MemoryBroker(options).connect();
}
