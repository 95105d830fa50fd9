/**
 * Pulls from one JetStream consumer by credits: messages requested, buffered and held by the caller together never
 * exceed what the caller may hold. No message's ack wait therefore expires in a buffer while another replica is idle.
 * The consumer is opened again after every reconnect, and when the server stops responding.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { type Backoff, backoffMs } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import type { Msg, Subscription } from '@nats-io/transport-node';
import type { NatsLink } from './connection.ts';

/** What to pull from, and how much. */
export interface PullSource {
  readonly stream: string;
  /** Opens the consumer, creating it if it does not exist, and returns its name. */
  open(): Promise<string>;
  /** Maximum number of messages requested, buffered and not yet released. */
  readonly creditsMax: number;
  /** False if an earlier message was lost: the consumer is opened again. */
  isNext(message: Msg): boolean;
  /** Gives back a message that arrived after the end of its session, if others can take it. */
  giveBack?(message: Msg): void;
}

const expiresMs = 30_000;
const heartbeatMs = 3_000;
const silenceMsMax = 2.5 * heartbeatMs;
const requestsMax = 16;
/** Sends a new request when this fraction of all credits is free. */
const askAgainPart = 4;
const reopening: Backoff = { firstMs: 250, maxMs: 5_000 };
const idleHeartbeat = 100;
const nanosPerMs = 1_000_000;

/** Messages of one consumer, one at a time; each must be released. */
export class NatsPull {
  readonly #link: NatsLink;
  readonly #source: PullSource;
  readonly #signal: AbortSignal;
  readonly #buffer: Msg[] = [];
  #held = 0;
  #asked = 0;
  #requests = 0;
  #subscription: Subscription | undefined;
  #inbox = '';
  #serial = 0;
  #consumer = '';
  #pumpPlanned = false;
  #lastHeardMs = 0;
  #endSession: ((why: string) => void) | undefined;
  #wake: (() => void) | undefined;
  #ended = false;

  constructor(link: NatsLink, source: PullSource, signal: AbortSignal) {
    this.#link = link;
    this.#source = source;
    this.#signal = signal;
    void this.#run();
  }

  /** The next message; undefined when the pull has ended. */
  async next(): Promise<Msg | undefined> {
    for (;;) {
      const message = this.#signal.aborted ? undefined : this.#buffer.shift();
      if (message !== undefined) return message;
      if (this.#ended || this.#signal.aborted) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Releases one message: another may be requested. */
  release(): void {
    this.#held--;
    this.#planPump();
  }

  /** Received messages that were not handed to the caller; empties the buffer. */
  leftOver(): Msg[] {
    return this.#buffer.splice(0);
  }

  async #run(): Promise<void> {
    const stop = () => {
      this.#endSession?.('aborted');
      this.#wake?.();
    };
    this.#signal.addEventListener('abort', stop, { once: true });
    for (let failures = 0; !this.#signal.aborted && !this.#link.isClosed(); ) {
      await this.#link.connected(this.#signal);
      try {
        this.#consumer = await this.#source.open();
        const why = await this.#session();
        failures = 0;
        this.#link.log.debug('a pull is opened again', { stream: this.#source.stream, consumer: this.#consumer, why });
      } catch (error) {
        failures++;
        this.#link.log.warn('a consumer could not be opened; trying again', {
          stream: this.#source.stream,
          reason: errorText(error),
        });
        await pause(backoffMs(reopening, failures));
      }
    }
    this.#signal.removeEventListener('abort', stop);
    this.#ended = true;
    this.#wake?.();
  }

  /** Runs until the connection changes, the server falls silent, or the server reports that the consumer is gone. */
  async #session(): Promise<string> {
    this.#asked = 0;
    this.#requests = 0;
    this.#lastHeardMs = Date.now();
    this.#inbox = this.#link.newInbox();
    const ended = new Promise<string>((resolve) => {
      this.#endSession = resolve;
    });
    const forget = this.#link.onChange(() => this.#endSession?.('the connection changed'));
    const watch = setInterval(() => this.#checkSilence(), heartbeatMs);
    const inbox = this.#inbox;
    this.#subscription = this.#link.nc.subscribe(`${inbox}.*`, {
      callback: (error, message) => {
        if (inbox === this.#inbox && this.#endSession !== undefined) this.#receive(error, message);
        else if (error === null) this.#receiveLate(inbox, message);
      },
    });
    try {
      if (this.#signal.aborted) return 'aborted';
      this.#planPump();
      const why = await ended;
      if (why.startsWith('status')) await pause(reopening.firstMs);
      return why;
    } finally {
      clearInterval(watch);
      forget();
      this.#endSession = undefined;
      this.#unsubscribe();
      this.#wake?.();
    }
  }

  #unsubscribe(): void {
    const subscription = this.#subscription;
    this.#subscription = undefined;
    if (this.#link.isClosed() || subscription === undefined) return;
    // Drained, not cut off: messages already sent by the server would otherwise be blocked until their ack wait
    // expires. After a stall of this process they are still in the socket when the silence is noticed.
    if (this.#source.giveBack !== undefined && this.#link.isConnected()) subscription.drain().catch(() => undefined);
    else subscription.unsubscribe();
  }

  /** A message of a session that has ended. */
  #receiveLate(inbox: string, message: Msg): void {
    if (!message.subject.startsWith(inbox) && !this.#link.isClosed()) this.#source.giveBack?.(message);
  }

  #receive(error: Error | null, message: Msg): void {
    this.#lastHeardMs = Date.now();
    try {
      if (error !== null) this.#endSession?.(`status: ${error.message}`);
      else if (message.subject.startsWith(this.#inbox)) this.#receiveStatus(message);
      else this.#receiveMessage(message);
    } catch (failure) {
      this.#link.log.error('a message from a consumer could not be handled', {
        stream: this.#source.stream,
        reason: errorText(failure),
      });
      this.#endSession?.('status: unreadable message');
    }
  }

  #receiveMessage(message: Msg): void {
    if (this.#signal.aborted) {
      this.#source.giveBack?.(message);
      return;
    }
    this.#asked--;
    this.#requests = Math.min(this.#requests, this.#asked);
    if (!this.#source.isNext(message)) {
      this.#endSession?.('a message was lost on the way');
      return;
    }
    this.#held++;
    this.#buffer.push(message);
    this.#wake?.();
    this.#planPump();
  }

  /** A status ends a request (its unused credits come back), is a heartbeat, or ends the session. */
  #receiveStatus(message: Msg): void {
    const code = message.headers?.code ?? 0;
    if (code === idleHeartbeat) return;
    const unused = message.headers?.get('Nats-Pending-Messages') ?? '';
    if (unused === '') {
      this.#endSession?.(`status: ${code} ${message.headers?.description ?? ''}`);
      return;
    }
    this.#asked = Math.max(0, this.#asked - Number(unused));
    this.#requests = Math.min(this.#requests - 1, this.#asked);
    this.#planPump();
  }

  /** Sends one request for all credits that became free in this turn of the event loop. */
  #planPump(): void {
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    setImmediate(() => {
      this.#pumpPlanned = false;
      this.#pump();
    });
  }

  #pump(): void {
    const batch = this.#source.creditsMax - this.#held - this.#asked;
    if (batch <= 0 || this.#requests >= requestsMax || this.#subscription === undefined) return;
    // While messages are on their way, it waits for a larger part: a request costs as much as a message.
    if (this.#asked > 0 && batch < this.#source.creditsMax / askAgainPart) return;
    if (this.#signal.aborted || !this.#link.isConnected()) return;
    if (this.#asked === 0) this.#lastHeardMs = Date.now();
    this.#asked += batch;
    this.#requests++;
    this.#serial++;
    const request = { batch, expires: expiresMs * nanosPerMs, idle_heartbeat: heartbeatMs * nanosPerMs };
    this.#link.nc.publish(
      `$JS.API.CONSUMER.MSG.NEXT.${this.#source.stream}.${this.#consumer}`,
      JSON.stringify(request),
      {
        reply: `${this.#inbox}.${this.#serial}`,
      },
    );
  }

  #checkSilence(): void {
    if (this.#asked > 0 && Date.now() - this.#lastHeardMs > silenceMsMax) this.#endSession?.('the server fell silent');
  }
}
