/**
 * States of sessions: in the cache, encrypted under the key-encryption key with a time to live, and the latest in
 * memory (also encrypted) in case the cache is lost. Written by compare-and-set, so that only one of two concurrent
 * steps from one state counts. If a state is lost from both, the agreement restarts; it never yields a partial key.
 */
import { concatBytes, type Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { Cache } from '@assay/protocol/ports';
import { type AgreementState, decodeState, encodeState } from '@assay/session-keys/agreement/agreement-state';
import { unwrapState, wrapState } from '@assay/session-keys/agreement/wrap-state';
import type { Random } from '@assay/session-keys/identity/encoding';

/** A stored session: the agreement's state, and the values that determine its next epoch. */
export interface SessionRecord {
  readonly state: AgreementState;
  /** When the epoch began, milliseconds since 1970. */
  readonly epochSinceMs: number;
  /** Content keys granted in this epoch. */
  readonly grants: number;
}

/** A record with the stored bytes that are needed to replace it. */
export interface HeldRecord extends SessionRecord {
  readonly wrapped: Uint8Array;
  readonly inCache: boolean;
}

/** Before the state: two big-endian 64-bit floats. */
const headBytes = 16;

export class SessionStore {
  private readonly cache: Cache;
  private readonly keyEncryptionKey: Uint8Array;
  private readonly random: Random;
  private readonly recent = new Map<Hex, Uint8Array>();

  constructor(cache: Cache, keyEncryptionKey: Uint8Array, random: Random) {
    this.cache = cache;
    this.keyEncryptionKey = keyEncryptionKey;
    this.random = random;
  }

  /** The record of a session; undefined if none opens under the key-encryption key. */
  async load(sessionId: Hex): Promise<HeldRecord | undefined> {
    const cached = await this.cache.get(storageKey(sessionId));
    const wrapped = cached ?? this.recent.get(sessionId);
    if (wrapped === undefined) return undefined;
    const encoded = unwrapState(this.keyEncryptionKey, storageKey(sessionId), wrapped);
    const record = encoded.ok ? decodeRecord(encoded.value) : undefined;
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
    const wrapped = wrapState(this.keyEncryptionKey, key, encodeRecord(record), this.random);
    const expected = held?.inCache === true ? held.wrapped : undefined;
    const answer = await this.cache.replace(key, expected, wrapped, limits.sessionTtlSeconds);
    if (answer === 'conflict') return false;
    if (answer === 'unavailable' && this.recent.get(sessionId) !== held?.wrapped && !held?.inCache) return false;
    this.remember(sessionId, wrapped);
    return true;
  }

  /** Drops a session from memory; the cached state stays. */
  forget(sessionId: Hex): void {
    this.recent.delete(sessionId);
  }

  private remember(sessionId: Hex, wrapped: Uint8Array): void {
    this.recent.delete(sessionId);
    this.recent.set(sessionId, wrapped);
    if (this.recent.size <= limits.sessionsInMemoryMax) return;
    const oldest = this.recent.keys().next();
    if (!oldest.done) this.recent.delete(oldest.value);
  }
}

function storageKey(sessionId: Hex): string {
  return `session:${sessionId}`;
}

function encodeRecord({ state, epochSinceMs, grants }: SessionRecord): Uint8Array {
  const head = new DataView(new ArrayBuffer(headBytes));
  head.setFloat64(0, epochSinceMs);
  head.setFloat64(8, grants);
  return concatBytes(new Uint8Array(head.buffer), encodeState(state));
}

function decodeRecord(bytes: Uint8Array): SessionRecord | undefined {
  if (bytes.length < headBytes) return undefined;
  const head = new DataView(bytes.buffer, bytes.byteOffset, headBytes);
  const state = decodeState(bytes.subarray(headBytes));
  return state.ok ? { state: state.value, epochSinceMs: head.getFloat64(0), grants: head.getFloat64(8) } : undefined;
}
