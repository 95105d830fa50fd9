/** Writes a service's records of the audit log. What must not happen without a record waits for it; refusals do not. */
import {
  type AuditEntry,
  type AuditHead,
  auditPageSchema,
  emptyLog,
  recordsBehind,
} from '@assay/protocol/audit/record';
import { subjects } from '@assay/protocol/bus/subjects';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import type { Bus, Clock, Telemetry } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { metrics } from '../service/telemetry-names.ts';

/** What a service says of an act; writer, time and number of equal ones are added. */
export type AuditNote = Omit<AuditEntry, 'service' | 'instance' | 'atMs' | 'times' | 'leftOut'>;

/** The audit log as a service writes it. */
export interface AuditLog {
  /** Leaves a note of a refusal, or of how a recorded act ended. Never waits; see {@link AuditWriter}. */
  note(note: AuditNote): void;
  /** Resolves when the record is on the stream. Rejects if that takes too long: then the act must not happen. */
  record(note: AuditNote): Promise<void>;
}

/** What the writer uses, and who it is. */
export interface AuditWriterOptions {
  readonly bus: Pick<Bus, 'publish' | 'extent' | 'next'>;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'log' | 'count'>;
  readonly service: AuditEntry['service'];
  readonly instance: string;
}

interface Waiting {
  entry: AuditEntry;
  /** Its page is being written: an equal refusal needs another record. */
  isUnderWay: boolean;
  /** Of an act that waits for its record. */
  readonly done: (() => void) | undefined;
}

/** A writer at work; `close` writes what waits, and ends it. */
export function startAuditWriter(options: AuditWriterOptions): { readonly audit: AuditLog; close(): Promise<void> } {
  const audit = new AuditWriter(options);
  const stop = new AbortController();
  const running = audit.run(stop.signal);
  const close = () => {
    stop.abort();
    return running;
  };
  return { audit, close };
}

/** Messages that are looked at, from the last one back, for one that holds records. */
const looksMax = 16;
/** Attempts at one message behind which other writers were faster. */
const attemptsMax = 32;

/**
 * Appends to the one chain of all services. Equal refusals that wait together become one record with their number.
 * Refusals beyond a rate, and those for which there is no room while the bus is away, have no record: the writer's next
 * record says how many. A process that ends takes with it what waits.
 */
export class AuditWriter implements AuditLog {
  readonly #options: AuditWriterOptions;
  readonly #waiting: Waiting[] = [];
  #leftOut = 0;
  #tokens: number = tuning.auditRefusalsBurst;
  #filledMs: number;
  #head: { readonly head: AuditHead; readonly sequence: number } | undefined;
  #wake: (() => void) | undefined;

  constructor(options: AuditWriterOptions) {
    this.#options = options;
    this.#filledMs = options.clock.nowMs();
  }

  note(note: AuditNote): void {
    const same = this.#waiting.find(
      ({ entry, done, isUnderWay }) => done === undefined && !isUnderWay && isSame(entry, note),
    );
    if (same !== undefined) {
      same.entry = { ...same.entry, times: same.entry.times + 1 };
    } else if (this.#hasRoomFor(note)) {
      this.#add(note, undefined);
    } else {
      this.#leftOut++;
      this.#options.telemetry.count(metrics.auditRecords, { outcome: 'left-out' });
    }
  }

  async record(note: AuditNote): Promise<void> {
    const { clock } = this.#options;
    if (this.#waiting.length >= tuning.auditWaitingMax) throw new Error('Too many records wait for the audit log.');
    const stored = Promise.withResolvers<void>();
    const waiting = this.#add(note, stored.resolve);
    const timer = new AbortController();
    const late = clock.sleep(tuning.auditRecordMsMax, timer.signal).then(() => {
      const place = this.#waiting.indexOf(waiting);
      if (place >= 0) this.#waiting.splice(place, 1);
      throw new Error(`The audit log took no record within ${tuning.auditRecordMsMax} ms.`);
    });
    try {
      await Promise.race([stored.promise, late]);
    } finally {
      late.catch(() => undefined);
      timer.abort();
    }
  }

  /** Writes until the signal aborts, and then what waits, once. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, telemetry } = this.#options;
    while (!signal.aborted) {
      if (this.#waiting.length === 0) await this.#change(signal);
      // Acts wait for their record; refusals are gathered.
      if (this.#waiting.every(({ done }) => done === undefined)) await this.#gather(signal);
      try {
        await this.#writePage();
      } catch (error) {
        telemetry.log.warn('the audit log could not be written, tried again', { error: errorText(error) });
        if (!signal.aborted) await clock.sleep(tuning.retryDelayMs, signal);
      }
    }
    await this.#writePage().catch((error: unknown) =>
      telemetry.log.error('records of the audit log are lost', {
        count: this.#waiting.length,
        error: errorText(error),
      }),
    );
  }

  #add(note: AuditNote, done: (() => void) | undefined): Waiting {
    const { clock, service, instance } = this.#options;
    const entry = { ...note, service, instance, atMs: clock.nowMs(), times: 1 };
    const waiting: Waiting = { entry, isUnderWay: false, done };
    this.#waiting.push(waiting);
    this.#wake?.();
    return waiting;
  }

  /** The end of an act is never left out; refusals have their rate. */
  #hasRoomFor({ kind }: AuditNote): boolean {
    if (this.#waiting.length >= tuning.auditWaitingMax) return false;
    if (kind !== 'refusal') return true;
    const nowMs = this.#options.clock.nowMs();
    const gained = ((nowMs - this.#filledMs) / 1000) * tuning.auditRefusalsPerSecond;
    this.#tokens = Math.min(tuning.auditRefusalsBurst, this.#tokens + Math.max(0, gained));
    this.#filledMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  async #gather(signal: AbortSignal): Promise<void> {
    const stop = new AbortController();
    const wake = new Promise<void>((resolve) => {
      this.#wake = () => {
        if (this.#waiting.some(({ done }) => done !== undefined)) resolve();
      };
    });
    const { clock } = this.#options;
    await Promise.race([wake, clock.sleep(tuning.auditGatherMs, AbortSignal.any([signal, stop.signal]))]);
    this.#wake = undefined;
    stop.abort();
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }

  /** Writes the first entries that wait as one message. They are out of the queue only when the bus has them. */
  async #writePage(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const page = this.#waiting.slice(0, limits.auditPageRecordsMax);
    const [first, ...others] = page.map(({ entry }) => entry);
    if (first === undefined) return;
    const leftOut = this.#leftOut;
    for (const waiting of page) waiting.isUnderWay = true;
    try {
      await this.#append([leftOut === 0 ? first : { ...first, leftOut }, ...others]);
    } catch (error) {
      for (const waiting of page) waiting.isUnderWay = false;
      throw error;
    }
    this.#leftOut -= leftOut;
    for (const waiting of page) {
      const place = this.#waiting.indexOf(waiting);
      if (place >= 0) this.#waiting.splice(place, 1);
      waiting.done?.();
    }
    this.#options.telemetry.count(metrics.auditRecords, { outcome: 'written' }, page.length);
  }

  async #append(entries: readonly AuditEntry[]): Promise<void> {
    const { bus, service } = this.#options;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      this.#head ??= await this.#readHead();
      const { head, sequence } = this.#head;
      const records = recordsBehind(head, entries);
      this.#head = undefined;
      const published = await bus.publish(subjects.recordsOf(service), encodeMessage(records), {
        expectLastStreamSequence: sequence,
      });
      const last = records.at(-1);
      if (published.status === 'conflict' || last === undefined) continue;
      this.#head = { head: last, sequence: published.sequence };
      return;
    }
    throw new Error(`Other writers of the audit log were faster ${attemptsMax} times.`);
  }

  /** The last record on the stream. A server that lags does not show it yet: then this rejects, and is tried again. */
  async #readHead(): Promise<{ readonly head: AuditHead; readonly sequence: number }> {
    const { bus, telemetry } = this.#options;
    const { first, last } = await bus.extent('RECORDS');
    if (first > last) return { head: emptyLog, sequence: last };
    for (let sequence = last; sequence >= first && sequence > last - looksMax; sequence--) {
      const message = await bus.next('RECORDS', subjects.records, sequence - 1);
      if (message === undefined) throw new Error('The end of the audit log is not to be read yet.');
      const page = decodeMessage(auditPageSchema, message.data);
      const head = page.ok ? page.value.at(-1) : undefined;
      if (head !== undefined) return { head, sequence: last };
      telemetry.log.error('a message of the audit log holds no records', { sequence });
    }
    throw new Error(`The last ${looksMax} messages of the audit log hold no records.`);
  }
}

function isSame(entry: AuditEntry, { kind, who, what, on, result }: AuditNote): boolean {
  return (
    kind === 'refusal' &&
    entry.kind === kind &&
    entry.who === who &&
    entry.what === what &&
    entry.on === on &&
    entry.result === result
  );
}
