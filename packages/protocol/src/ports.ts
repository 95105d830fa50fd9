/** The interfaces of the world: what the services ask of vendors. Adapters meet them; each has an in-memory twin. */

import type { Intent } from './batch/intent.ts';
import type { Hex } from './encoding/bytes.ts';
import type { BoundEpochStart } from './network/epochs.ts';
import type { Network } from './network/validator-set.ts';
import type { CosignatureFields } from './signature/typed-data.ts';
import type { ContentPlace } from './task/content-place.ts';

/** Time, handed in. */
export interface Clock {
  nowMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Headers of a message: trace context and message id. */
export type Headers = Readonly<Record<string, string>>;

/** A message as a stream holds it. */
export interface BusMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  readonly headers: Headers;
  /** Position in its stream, from 1. */
  readonly sequence: number;
  /** When the server took it, milliseconds since 1970. */
  readonly timestampMs: number;
  /**
   * Its publisher expected nothing on the subject, and the server took it; absent if unknown. This rests on a header of
   * the publisher, which a server may have understood in another way: nothing that is signed may depend on it.
   */
  readonly isFirst?: true;
}

/** A message handed to one worker of a durable consumer; exactly one of ack, nak and term ends it. */
export interface Delivery extends BusMessage {
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  /** Messages that the consumer has not handed out yet, as of this delivery; absent where that is not known. */
  readonly pending?: number;
  /** Resolves when it is sent. It may get lost, and roll back even where it was taken: then the the message will be redelivered. */
  ack(): Promise<void>;
  nak(delayMs: number): void;
  term(): void;
  /** Asks for more time. */
  working(): void;
}

export interface PublishOptions {
  /** Repeats of one id within the duplicate window are dropped. */
  readonly messageId?: string;
  readonly headers?: Headers;
  /** Refuse unless the last message of this subject has this sequence; 0: there is none. */
  readonly expectLastSubjectSequence?: number;
  /** Refuse unless the last message of the stream has this sequence; 0: it is empty. */
  readonly expectLastStreamSequence?: number;
}

/** What a publish came to: `conflict` when the expected last sequence was another one. */
export type Published =
  | { readonly status: 'stored' | 'duplicate'; readonly sequence: number }
  | { readonly status: 'conflict' };

/** A durable consumer that replicas share. */
export interface WorkOptions {
  readonly stream: string;
  readonly durable: string;
  readonly filterSubject: string;
  /** Messages this process holds at once. */
  readonly concurrency: number;
  /** Messages out at once for all replicas together; 1 keeps the stream's order. */
  readonly ackPendingMax?: number;
  /** How long the server waits for an acknowledgement or `working()` before it delivers again; limits.ackWaitMs if absent. */
  readonly ackWaitMs?: number;
}

/** The message bus: NATS JetStream. Publishing rejects with an Error when the server did not confirm. */
export interface Bus {
  publish(subject: string, data: Uint8Array, options?: PublishOptions): Promise<Published>;
  /** Deliveries until the signal aborts; then it hands out no more and ends. */
  work(options: WorkOptions, signal: AbortSignal): AsyncIterable<Delivery>;
  /**
   * Every message of a stream in order, from `fromSequence` on, or from the first on that the server took at `fromMs`
   * (milliseconds since 1970) or later; then new ones as they come, until the signal aborts. Survives reconnects without
   * a gap.
   */
  follow(
    stream: string,
    options: { readonly filterSubject?: string; readonly fromSequence?: number; readonly fromMs?: number },
    signal: AbortSignal,
  ): AsyncIterable<BusMessage>;
  /** The last message of a subject in a stream. */
  last(stream: string, subject: string): Promise<BusMessage | undefined>;
  /**
   * The first message of a subject in a stream after a sequence; the subject may have wildcards. A server of a cluster
   * that lags has none of the latest messages, and never has one without those before it.
   */
  next(stream: string, subject: string, afterSequence: number): Promise<BusMessage | undefined>;
  /**
   * Deletes every message of a subject, which may have wildcards, and its bytes on the disk; not those whose data is
   * `mark`. It may be repeated, also by several at once.
   */
  erase(stream: string, subject: string, mark?: Uint8Array): Promise<void>;
  /** Sequence of a stream's last message; 0 when it is empty. */
  lastSequence(stream: string): Promise<number>;
  /** Sequences of the first message that a stream holds and of the last that it had; it holds none when `first` is `last` + 1. */
  extent(stream: string): Promise<{ readonly first: number; readonly last: number }>;
  /** Sends a request and waits for one answer, at most `timeoutMs`. */
  request(
    subject: string,
    data: Uint8Array,
    options: { readonly timeoutMs: number; readonly headers?: Headers },
  ): Promise<Uint8Array>;
  /** Answers requests until the signal aborts; processes of one `queue` share them. Resolves as soon as requests are taken. */
  respond(
    subject: string,
    queue: string,
    handler: (request: { readonly data: Uint8Array; readonly headers: Headers }) => Promise<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void>;
  isReady(): boolean;
  /** Waits for what is under way, then closes. */
  close(): Promise<void>;
}

/** Content by CID, kept for each task and question in a place of its own. */
export interface ContentStore {
  /**
   * Stores contents by CID: all of a task at once; of a question as they come. `known`: they were there before. Rejects
   * with {@link StoreFull} when there is no room.
   */
  put(place: ContentPlace, contents: ReadonlyMap<string, Uint8Array>): Promise<'stored' | 'known'>;
  /** The bytes, whether or not they hash to the CID (the caller checks); undefined when there are none. */
  get(cid: string, place: ContentPlace): Promise<Uint8Array | undefined>;
  /**
   * Deletes what a place has of these contents, for good where places are apart: nobody can put them there again. It may
   * be repeated.
   */
  remove(place: ContentPlace, cids: readonly string[]): Promise<void>;
  /** Deletes what was stored before a time, in milliseconds since 1970; nothing to do for a store that ages by itself. */
  expire(beforeMs: number): Promise<void>;
  /** Whether equal contents of two places are stored twice, so that one place loses nothing by what another one deletes. */
  readonly placesAreApart?: true;
}

/** A cache that may lose everything at any time. No method rejects: without a server it misses and says `degraded`. */
export interface Cache {
  get(key: string): Promise<Uint8Array | undefined>;
  getMany(keys: readonly string[]): Promise<(Uint8Array | undefined)[]>;
  set(key: string, value: Uint8Array, ttlSeconds: number): Promise<void>;
  setMany(entries: readonly (readonly [string, Uint8Array])[], ttlSeconds: number): Promise<void>;
  /**
   * Compare-and-set: writes `value` if the key now holds exactly `expected` (undefined: nothing), as one step for all
   * clients. `unavailable` without a server: nothing was written, or nobody knows.
   */
  replace(
    key: string,
    expected: Uint8Array | undefined,
    value: Uint8Array,
    ttlSeconds: number,
  ): Promise<'replaced' | 'conflict' | 'unavailable'>;
  delete(key: string): Promise<void>;
  isDegraded(): boolean;
  close(): Promise<void>;
}

/** One thing that an operator signs: what it is, and the signed bytes. */
export interface JournalEntry {
  /** What was signed, unique in its epoch: `observation/<taskId>/<role>`, `question/<id>`, `claim/<taskId>`. At most 256 ASCII characters. */
  readonly key: string;
  /** At most tuning.journalValueBytesMax. */
  readonly value: Uint8Array;
}

/**
 * What became of a record. `recorded`: every entry stands, durable. `held`: the key named holds another value, and no
 * entry of this call was added. `epoch-closed`: the journal signs nothing of this epoch any more, or not yet again.
 */
export type Recorded =
  | { readonly status: 'recorded' }
  | { readonly status: 'held'; readonly key: string; readonly value: Uint8Array }
  | { readonly status: 'epoch-closed'; readonly firstEpoch: number };

/**
 * An operator's own durable record of what it signed, shared by its replicas and by nobody else. The first value of a key
 * stays. A signature leaves the operator only after its entry was recorded. Methods reject when the journal cannot answer:
 * then nothing is signed.
 */
export interface SigningJournal {
  /** Adds entries of one epoch, all or none. An entry that stands already with the same value counts as recorded. */
  record(epoch: number, entries: readonly JournalEntry[]): Promise<Recorded>;
  /** The value that stands under a key of an epoch. */
  find(epoch: number, key: string): Promise<Uint8Array | undefined>;
  /** Deletes what was signed in epochs before `epoch`, and refuses to record anything of them from now on. */
  forgetBefore(epoch: number): Promise<void>;
  close(): Promise<void>;
}

/** A sentence embedding model. Vectors have length 1. */
export interface Embedder {
  /** SHA-256 over the model's files; of a model elsewhere, over what operators agree on about it. */
  readonly modelDigest: Hex;
  readonly dimensions: number;
  readonly maxTokens: number;
  /** Rejects with a `ModelFaultError` when a model elsewhere has no usable answer. */
  embed(texts: readonly string[]): Promise<Float32Array[]>;
  /** Pieces of a text that each fit the model, at most `maxChunks`, together the whole text. */
  chunk(text: string, maxChunks: number): string[];
  close(): Promise<void>;
}

/** Holds one private key, here or elsewhere, and signs with it. */
export interface Keyring {
  readonly address: Hex;
  /**
   * The signature of a digest: 65 bytes, low s, v 27 or 28. `preimage` are the bytes whose Keccak-256 the digest is: a
   * signer elsewhere hashes by itself what it signs. Rejects when a signer elsewhere does not answer.
   */
  sign(digest: Hex, preimage: Hex): Promise<Hex>;
}

/** A batch as the chain holds it. */
export interface PostedBatch {
  readonly root: Hex;
  readonly count: number;
  readonly transactionHash: Hex;
  readonly blockNumber: number;
  /** Blocks on top of the batch, its own included, when it was asked for. */
  readonly confirmations: number;
  readonly gasUsed: number;
  readonly transmitter: Hex;
}

/** A batch of an epoch that is over. */
export type EndedBatch = Pick<PostedBatch, 'root' | 'count'> & { readonly sequence: number };

/** When a block counts as final: so many blocks, itself included, or what the chain itself calls finalized. */
export type Finality = number | 'finalized';

/** Keeps what a transmitter has signed, so that whoever comes after it takes it up. One account. */
export interface IntentJournal {
  /** The last intent of the account, whoever signed it. */
  last(): Promise<Intent | undefined>;
  /**
   * Keeps an intent; only then may its transaction be sent. `conflict` when another process of the same account has
   * appended since this one last read: nothing was kept, and nothing may be sent.
   */
  append(intent: Intent): Promise<'stored' | 'conflict'>;
}

/** What a transmitter tells of its work, for metrics. Fees in wei for each unit of gas. */
export type TransactionEvent =
  | {
      readonly kind: 'signed';
      /** `first` for a call's first transaction; else why there is another one. */
      readonly why: 'first' | 'stuck' | 'underpriced' | 'gap' | 'passed' | 'obsolete';
      readonly nonce: number;
      readonly maxFeePerGas: bigint;
    }
  | { readonly kind: 'sent-again' | 'mined'; readonly nonce: number }
  | { readonly kind: 'waits'; readonly why: 'funds' | 'fee-cap' };

/** What the chain said to a post. */
export type PostOutcome =
  | {
      readonly status: 'posted';
      readonly transactionHash: Hex;
      readonly blockNumber: number;
      readonly gasUsed: number;
      readonly transmitter: Hex;
    }
  | { readonly status: 'known' }
  | { readonly status: 'refused'; readonly code: string; readonly detail: string };

/** The EVM chain, as the hub and the registry show it. Methods reject with an Error when no RPC answers. */
export interface Chain {
  /** The network of an epoch; of the current one if absent. */
  network(epoch?: number): Promise<Network>;
  /** The start of an epoch; of the current one if absent, which is asked often, and cheap. */
  epochStart(epoch?: number): Promise<BoundEpochStart>;
  /** The batch at (epoch, sequence) with its transaction, after `confirmations` blocks (1: it is in a block). */
  postedBatch(epoch: number, sequence: number, confirmations: number): Promise<PostedBatch | undefined>;
  highestSequence(epoch: number): Promise<number>;
  /**
   * The batches of an epoch that were posted at `sinceMs` or later (milliseconds since 1970), latest first. Undefined until
   * a final block is of `endedMs`, when the hub stopped accepting its certificates, or later: from then on the list
   * stays as it is.
   */
  endedBatches(
    epoch: number,
    since: { readonly sinceMs: number; readonly endedMs: number; readonly finality: Finality },
  ): Promise<readonly EndedBatch[] | undefined>;
  /** How many blocks the chain has; asked often, and cheap. */
  height(): Promise<number>;
  /** Hash of the block at a height; undefined when the chain is not that high. A block's hash binds all blocks below it. */
  blockHash(height: number): Promise<Hex | undefined>;
  /** The height up to which blocks are final; 0 when none is. */
  finalHeight(finality: Finality): Promise<number>;
  /** Posts a batch with its certificate, from this process's transmitter account, and waits until it is in a block. */
  post(batch: CosignatureFields, certificate: Hex): Promise<PostOutcome>;
  /** Asks the contract whether a report is in a posted batch. */
  verifyReport(
    epoch: number,
    sequence: number,
    report: { readonly taskId: Hex; readonly policyDigest: Hex; readonly results: Hex },
    proof: readonly Hex[],
  ): Promise<boolean>;
  /** What this process's transmitter account has, in wei; undefined without an account. */
  transmitterBalance(): Promise<bigint | undefined>;
  agreementKeyOf(address: Hex): Promise<Hex | undefined>;
}

/** One entry in the keystore's record of a session. */
export type SessionEntry =
  | {
      readonly state: 'proposed';
      readonly sessionId: Hex;
      readonly method: 'method-1' | 'method-2';
      readonly user: Hex;
      readonly miner: Hex;
    }
  | {
      readonly state: 'established';
      readonly sessionId: Hex;
      readonly method: 'method-1' | 'method-2';
      readonly user: Hex;
      readonly miner: Hex;
      readonly transcriptHash: Hex;
    }
  | { readonly state: 'rekeyed'; readonly sessionId: Hex; readonly epoch: number }
  | { readonly state: 'closed'; readonly sessionId: Hex };

/** What the keystore said to an entry; it refuses what it has already. */
export type SessionRecorded =
  | { readonly status: 'recorded'; readonly gasUsed: number }
  | { readonly status: 'refused'; readonly detail: string };

/** The record of sessions on chain, as one Oracle writes it. */
export interface SessionLedger {
  /** Writes an entry and waits until it is in a block. Rejects when it does not get there. */
  record(entry: SessionEntry): Promise<SessionRecorded>;
}

/** One unit of work in a trace. */
export interface Span {
  setAttribute(name: string, value: string | number | boolean): void;
  /** Marks the span as failed, with a code in words. */
  fail(code: string): void;
}

export interface SpanOptions {
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** Carrier with the parent's `traceparent`; without it the active span is the parent. */
  readonly parent?: Headers;
  /** Carriers of spans that this one joins. */
  readonly links?: readonly Headers[];
}

/** Traces, metrics and logs of one process. Never hand content or secrets to it. */
export interface Telemetry {
  /** Runs `work` in a span; a throw marks the span and goes on. */
  span<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T>;
  /** Headers that carry the active span's context. */
  carrier(): Headers;
  count(metric: string, labels?: Readonly<Record<string, string>>, by?: number): void;
  /** Records a duration in seconds. */
  duration(metric: string, seconds: number, labels?: Readonly<Record<string, string>>): void;
  gauge(metric: string, value: number, labels?: Readonly<Record<string, string>>): void;
  /** The metrics in Prometheus's text format, or in OpenMetrics with a trace as an example beside each duration. */
  metricsText(format?: 'prometheus' | 'openmetrics'): Promise<string>;
  readonly log: Log;
  close(): Promise<void>;
}

/** Structured log; the active trace's ids are added. */
export interface Log {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
