/** One stream in memory: append-only, with message ids, expected sequences and readers. */

import { streamBounds } from '@assay/protocol/bus/subjects';
import type { BusMessage, Clock, Published, PublishOptions } from '@assay/protocol/ports';

/** True when a subject fits a filter with `*` (one token) and `>` (the rest). */
export function subjectFits(filter: string, subject: string): boolean {
  const wanted = filter.split('.');
  const tokens = subject.split('.');
  for (const [index, want] of wanted.entries()) {
    if (want === '>') return tokens.length > index;
    if (tokens[index] === undefined || (want !== '*' && want !== tokens[index])) return false;
  }
  return wanted.length === tokens.length;
}

/** Messages in the order in which they were stored. */
export class MemoryStream {
  readonly name: string;
  readonly subjects: readonly string[];
  readonly #clock: Clock;
  /** By sequence; undefined for one that was deleted. */
  readonly #messages: (BusMessage | undefined)[] = [];
  readonly #lastOf = new Map<string, number>();
  readonly #ids = new Map<string, { readonly sequence: number; readonly atMs: number }>();
  readonly #listeners = new Set<() => void>();

  constructor(name: string, subjects: readonly string[], clock: Clock) {
    this.name = name;
    this.subjects = subjects;
    this.#clock = clock;
  }

  get lastSequence(): number {
    return this.#messages.length;
  }

  /** Stores a message, unless its id is known or an expectation does not hold. */
  append(subject: string, data: Uint8Array, options: PublishOptions): Published {
    const nowMs = this.#clock.nowMs();
    const { messageId } = options;
    const known = messageId === undefined ? undefined : this.#ids.get(messageId);
    if (known !== undefined && nowMs - known.atMs < streamBounds.duplicateWindowMs)
      return { status: 'duplicate', sequence: known.sequence };
    const { expectLastSubjectSequence, expectLastStreamSequence } = options;
    if (expectLastSubjectSequence !== undefined && expectLastSubjectSequence !== (this.#lastOf.get(subject) ?? 0))
      return { status: 'conflict' };
    if (expectLastStreamSequence !== undefined && expectLastStreamSequence !== this.lastSequence)
      return { status: 'conflict' };
    const sequence = this.lastSequence + 1;
    const headers = { ...options.headers, ...(messageId === undefined ? {} : { 'Nats-Msg-Id': messageId }) };
    const first = expectLastSubjectSequence === 0 ? ({ isFirst: true } as const) : {};
    this.#messages.push({ subject, data: data.slice(), headers, sequence, timestampMs: nowMs, ...first });
    this.#lastOf.set(subject, sequence);
    if (messageId !== undefined) this.#ids.set(messageId, { sequence, atMs: nowMs });
    for (const listener of this.#listeners) listener();
    return { status: 'stored', sequence };
  }

  at(sequence: number): BusMessage | undefined {
    return this.#messages[sequence - 1];
  }

  /** The sequence of the first message that was stored at a time or later, milliseconds since 1970; or of the next one. */
  sequenceAt(fromMs: number): number {
    const index = this.#messages.findIndex((one) => one !== undefined && one.timestampMs >= fromMs);
    return index === -1 ? this.lastSequence + 1 : index + 1;
  }

  last(subject: string): BusMessage | undefined {
    const sequence = this.#lastOf.get(subject);
    return sequence === undefined ? undefined : this.at(sequence);
  }

  /** The first message from `fromSequence` on that fits the filter. */
  next(filter: string | undefined, fromSequence: number): BusMessage | undefined {
    for (let sequence = Math.max(1, fromSequence); sequence <= this.lastSequence; sequence++) {
      const message = this.at(sequence);
      if (message !== undefined && (filter === undefined || subjectFits(filter, message.subject))) return message;
    }
    return undefined;
  }

  /** Deletes every message that fits the filter, apart from those whose data is `mark`. */
  erase(filter: string, mark?: Uint8Array): void {
    for (const subject of this.#lastOf.keys()) if (subjectFits(filter, subject)) this.#lastOf.delete(subject);
    for (const [index, message] of this.#messages.entries()) {
      if (message === undefined || !subjectFits(filter, message.subject)) continue;
      if (mark !== undefined && isEqual(mark, message.data)) this.#lastOf.set(message.subject, index + 1);
      else this.#messages[index] = undefined;
    }
  }

  /** Calls `listener` after each stored message, until the returned function is called. */
  onAppend(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Every message that fits from a sequence on, then new ones, until the signal aborts. */
  async *follow(filter: string | undefined, fromSequence: number, signal: AbortSignal): AsyncGenerator<BusMessage> {
    let cursor = fromSequence;
    while (!signal.aborted) {
      const message = this.next(filter, cursor);
      if (message === undefined) {
        cursor = Math.max(cursor, this.lastSequence + 1);
        await this.#change(signal);
      } else {
        cursor = message.sequence + 1;
        yield message;
      }
    }
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        stop();
        signal.removeEventListener('abort', done);
        resolve();
      };
      const stop = this.onAppend(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
