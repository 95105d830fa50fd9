/** Checks records of an audit log one after the other, and against the heads that are anchored on chain. */
import type { Hex } from '../encoding/bytes.ts';
import { type AuditHead, type AuditRecord, auditDigest, emptyLog } from './record.ts';

/** A head that a transmitter has put on chain. */
export interface AuditAnchor extends AuditHead {
  readonly transactionHash: Hex;
  readonly blockNumber: number;
}

/** The first record that is broken, and why. */
export interface AuditBreak {
  /** Its number; of several that may be, the first. */
  readonly number: number;
  readonly kind: 'changed' | 'missing' | 'moved' | 'not-continued' | 'not-as-anchored' | 'unreadable';
  readonly detail: string;
}

/** What a check has come to. */
export interface AuditCheck {
  /** Numbers of the first and the last record; undefined: there was none. */
  readonly first: number | undefined;
  readonly last: number | undefined;
  /** Anchors that a record here was compared with. */
  readonly anchorsHeld: number;
  /** The newest of them. */
  readonly anchored: AuditAnchor | undefined;
  readonly broken: AuditBreak | undefined;
}

/**
 * Takes records in the order in which they are read. Holds nothing but the last record's head and the anchors, however
 * long the log is.
 */
export class ChainCheck {
  readonly #anchors: readonly AuditAnchor[];
  readonly #startsAt: number | undefined;
  #first: number | undefined;
  #head: AuditHead | undefined;
  #next = 0;
  #held = 0;
  #anchored: AuditAnchor | undefined;
  #broken: AuditBreak | undefined;

  /** `startsAt`: the number that the first record must have; undefined: any. */
  constructor(anchors: readonly AuditAnchor[], startsAt?: number) {
    this.#anchors = [...anchors].sort((a, b) => a.number - b.number);
    this.#startsAt = startsAt;
    if (startsAt === 1) this.#head = emptyLog;
  }

  /** The first break, as soon as there is one; what comes later is not looked at. */
  get broken(): AuditBreak | undefined {
    return this.#broken;
  }

  /** Takes the next record. */
  take(record: AuditRecord): void {
    if (this.#broken !== undefined) return;
    this.#broken = this.#breakOf(record);
    if (this.#broken !== undefined) return;
    if (this.#first === undefined) {
      this.#first = record.number;
      while ((this.#anchors[this.#next]?.number ?? Infinity) < record.number) this.#next++;
    }
    this.#head = record;
    this.#compareWithAnchors(record);
  }

  /** Says that what stands where the next record should be cannot be read. */
  takeUnreadable(detail: string): void {
    this.#broken ??= { number: (this.#head?.number ?? 0) + 1, kind: 'unreadable', detail };
  }

  /** Ends the check: the newest anchored record must have come. */
  end(): AuditCheck {
    const last = this.#first === undefined ? undefined : this.#head?.number;
    const beyond = this.#anchors.slice(this.#next).find(({ number }) => number > (last ?? 0));
    if (this.#broken === undefined && beyond !== undefined)
      this.#broken = {
        number: (last ?? 0) + 1,
        kind: 'missing',
        detail: `The log ends before record ${beyond.number}, which transaction ${beyond.transactionHash} anchors.`,
      };
    return {
      first: this.#first,
      last,
      anchorsHeld: this.#held,
      anchored: this.#anchored,
      broken: this.#broken,
    };
  }

  #breakOf(record: AuditRecord): AuditBreak | undefined {
    const { number } = record;
    const expected = this.#head === undefined ? this.#startsAt : this.#head.number + 1;
    if (expected !== undefined && number > expected)
      return { number: expected, kind: 'missing', detail: `Record ${number} stands in its place.` };
    if (expected !== undefined && number < expected)
      return { number, kind: 'moved', detail: `It stands where record ${expected} should be.` };
    if (auditDigest(record) !== record.digest)
      return { number, kind: 'changed', detail: 'Its digest is not that of its fields.' };
    if (this.#head !== undefined && record.previous !== this.#head.digest)
      return this.#head.number === 0
        ? { number, kind: 'changed', detail: 'It is the first record and names another before it.' }
        : {
            number: this.#head.number,
            kind: 'not-continued',
            detail: `Record ${number} continues another record ${this.#head.number}: one of the two was changed.`,
          };
    return undefined;
  }

  #compareWithAnchors(record: AuditRecord): void {
    for (let anchor = this.#anchors[this.#next]; anchor?.number === record.number; anchor = this.#anchors[this.#next]) {
      this.#next++;
      if (anchor.digest !== record.digest) {
        const from = (this.#anchored?.number ?? (this.#first ?? 1) - 1) + 1;
        const span = from === record.number ? `Record ${from}` : `One of the records ${from} to ${record.number}`;
        const { transactionHash } = anchor;
        this.#broken = {
          number: from,
          kind: 'not-as-anchored',
          detail: `${span} was changed after transaction ${transactionHash} anchored record ${record.number}.`,
        };
        return;
      }
      this.#held++;
      this.#anchored = anchor;
    }
  }
}
