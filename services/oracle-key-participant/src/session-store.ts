/**
 * States of sessions: in the cache, encrypted under the key-encryption key with a time to live, and the latest in
 * memory (also encrypted) in case the cache is lost. Written by compare-and-set, so that only one of two concurrent
 * steps from one state counts. A cache that brings back an old value revives nothing: a state expires by the time that
 * is written in it, and one of a closed session is not used. If a state is lost from both, the agreement restarts; it never yields a partial key.
 */
import { concatBytes, type Hex } from '@assay/protocol/encoding/bytes';
import type { Cache, Clock } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { type AgreementState, decodeState, encodeState } from '@assay/session-keys/agreement/agreement-state';
import { phaseOf } from '@assay/session-keys/agreement/agreement-view';
import { unwrapState, wrapState } from '@assay/session-keys/agreement/wrap-state';
import type { Random } from '@assay/session-keys/identity/encoding';
import { LRUCache } from 'lru-cache';

/** A stored session: the agreement's state, and the values that determine its next epoch. */
export interface SessionRecord {
  readonly state: AgreementState;
  /** When the epoch began, milliseconds since 1970. */
  readonly epochSinceMs: number;
  /** Content keys granted in this epoch. */
  readonly grants: number;
  /** The latest deadline of a task for which keys were granted; 0: none. */
  readonly busyUntilMs: number;
  /** When the session closes, because a participant asked for it; 0: nobody has. */
  readonly closeAtMs: number;
}

/** A record with the stored bytes that are needed to replace it. */
export interface HeldRecord extends SessionRecord {
  readonly wrapped: Uint8Array;
  readonly inCache: boolean;
}

/** Before the state: five big-endian 64-bit floats. */
const headBytes = 40;

export class SessionStore {
  private readonly cache: Cache;
  private readonly keyEncryptionKey: Uint8Array;
  private readonly random: Random;
  private readonly recent = new LRUCache<Hex, Uint8Array>({ max: tuning.sessionsInMemoryMax });
  private readonly closing = new LRUCache<Hex, number>({ max: tuning.sessionsInMemoryMax });
  private readonly closed = new LRUCache<Hex, true>({ max: tuning.closedSessionsMax });
  private readonly clock: Clock;

  constructor(cache: Cache, keyEncryptionKey: Uint8Array, random: Random, clock: Clock) {
    this.cache = cache;
    this.keyEncryptionKey = keyEncryptionKey;
    this.random = random;
    this.clock = clock;
  }

  /**
   * The record of a session; undefined if none opens under the key-encryption key, or if it has expired or was written
   * before the session was closed.
   */
  async load(sessionId: Hex): Promise<HeldRecord | undefined> {
    const cached = await this.cache.get(storageKey(sessionId));
    const wrapped = cached ?? this.recent.peek(sessionId);
    if (wrapped === undefined) return undefined;
    const encoded = unwrapState(this.keyEncryptionKey, storageKey(sessionId), wrapped);
    const record = encoded.ok ? decodeRecord(encoded.value, this.clock.nowMs()) : undefined;
    if (record !== undefined && this.closed.has(sessionId) && phaseOf(record.state) !== 'closed') return undefined;
    if (record !== undefined) this.noteClosing(sessionId, record);
    return record === undefined ? undefined : { ...record, wrapped, inCache: cached !== undefined };
  }

  /**
   * Replaces the loaded record (undefined: creates one). False if another replica was faster; then load again. Without
   * a server, this process compares with its own memory. A second replica that works on the same session may then
   * answer the same message differently. The other parties refuse that as `conflicting-message`, so the agreement fails
   * and no second key is derived.
   */
  async replace(held: HeldRecord | undefined, record: SessionRecord): Promise<boolean> {
    const { sessionId } = record.state.plan;
    const key = storageKey(sessionId);
    const wrapped = wrapState(this.keyEncryptionKey, key, encodeRecord(record, this.clock.nowMs()), this.random);
    const expected = held?.inCache === true ? held.wrapped : undefined;
    const answer = await this.cache.replace(key, expected, wrapped, tuning.sessionTtlSeconds);
    if (answer === 'conflict') return false;
    if (answer === 'unavailable' && this.recent.peek(sessionId) !== held?.wrapped && !held?.inCache) return false;
    this.recent.set(sessionId, wrapped);
    this.noteClosing(sessionId, record);
    return true;
  }

  /** Notes that a session is closed: none of its earlier states is used again, wherever it comes from. */
  close(sessionId: Hex): void {
    this.forget(sessionId);
    this.closed.set(sessionId, true);
  }

  /** Drops a session from memory; the cached state stays. */
  forget(sessionId: Hex): void {
    this.recent.delete(sessionId);
    this.closing.delete(sessionId);
  }

  /** Sessions that this process has seen and that are to close by this time. */
  dueToClose(nowMs: number): Hex[] {
    return [...this.closing.entries()].reverse().flatMap(([sessionId, atMs]) => (atMs <= nowMs ? [sessionId] : []));
  }

  private noteClosing(sessionId: Hex, { closeAtMs }: SessionRecord): void {
    if (closeAtMs === 0) this.closing.delete(sessionId);
    else this.closing.set(sessionId, closeAtMs);
  }
}

function storageKey(sessionId: Hex): string {
  return `session:${sessionId}`;
}

function encodeRecord(record: SessionRecord, nowMs: number): Uint8Array {
  const { state, epochSinceMs, grants, busyUntilMs, closeAtMs } = record;
  const head = new DataView(new ArrayBuffer(headBytes));
  head.setFloat64(0, epochSinceMs);
  head.setFloat64(8, grants);
  head.setFloat64(16, busyUntilMs);
  head.setFloat64(24, closeAtMs);
  head.setFloat64(32, nowMs);
  return concatBytes(new Uint8Array(head.buffer), encodeState(state));
}

function decodeRecord(bytes: Uint8Array, nowMs: number): SessionRecord | undefined {
  if (bytes.length < headBytes) return undefined;
  const head = new DataView(bytes.buffer, bytes.byteOffset, headBytes);
  if (nowMs - head.getFloat64(32) > tuning.sessionTtlSeconds * 1000) return undefined;
  const state = decodeState(bytes.subarray(headBytes));
  if (!state.ok) return undefined;
  const [epochSinceMs, grants] = [head.getFloat64(0), head.getFloat64(8)];
  return { state: state.value, epochSinceMs, grants, busyUntilMs: head.getFloat64(16), closeAtMs: head.getFloat64(24) };
}
