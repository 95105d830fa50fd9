/** The one mailbox of an aggregator. Answers come out in the order in which they came; of waiting messages the oldest first. */

import type { Event } from '@assay/aggregation/events';
import { type FollowedStream, followedStreams } from '@assay/aggregation/followed-streams';
import type { BusMessage } from '@assay/protocol/ports';

/** An event without its moment, which it gets when it leaves the mailbox. */
export type Mail = Event extends infer E ? (E extends Event ? Omit<E, 'atMs'> : never) : never;

/** Holds at most one message of each stream, and what effects have come to. */
export class Mailbox {
  readonly #mail: Mail[] = [];
  readonly #messages = new Map<FollowedStream, BusMessage>();
  #wake: () => void = () => undefined;

  push(mail: Mail): void {
    this.#mail.push(mail);
    this.#wake();
  }

  /** Leaves the next message of a stream; the one before it must be handled. */
  pushMessage(stream: FollowedStream, message: BusMessage): void {
    this.#messages.set(stream, message);
    this.#wake();
  }

  /** Forgets the message of a stream that is not taken yet. */
  dropMessage(stream: FollowedStream): void {
    this.#messages.delete(stream);
  }

  /** The next one; undefined when the signal aborts. */
  async take(signal: AbortSignal): Promise<Mail | undefined> {
    while (!signal.aborted) {
      const next = this.#mail.shift() ?? this.#oldestMessage();
      if (next !== undefined) return next;
      await this.#change(signal);
    }
    return undefined;
  }

  /** By the server's clock, so that whoever reads a backlog meets it in the order in which it came about. */
  #oldestMessage(): Mail | undefined {
    let oldest: { readonly stream: FollowedStream; readonly message: BusMessage } | undefined;
    for (const stream of followedStreams) {
      const message = this.#messages.get(stream);
      if (message !== undefined && (oldest === undefined || message.timestampMs < oldest.message.timestampMs))
        oldest = { stream, message };
    }
    if (oldest === undefined) return undefined;
    this.#messages.delete(oldest.stream);
    return { kind: 'message', ...oldest };
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wake = () => undefined;
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
