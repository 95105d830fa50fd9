/**
 * States of sessions: in the cache, encrypted under the key-encryption key and with a time to live, and the latest in
 * memory. What is lost from both restarts the agreement; it never yields a half key.
 */
import type { Hex } from '@assay/protocol/bytes';
import { limits } from '@assay/protocol/limits';
import type { Cache } from '@assay/protocol/ports';
import { type AgreementState, decodeState, encodeState } from '@assay/session-keys/agreement-state';
import type { Random } from '@assay/session-keys/encoding';
import { unwrapState, wrapState } from '@assay/session-keys/wrap-state';

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

  /** The state of a session; undefined when there is none that opens under the key-encryption key. */
  async load(sessionId: Hex): Promise<AgreementState | undefined> {
    const key = storageKey(sessionId);
    const wrapped = (await this.cache.get(key)) ?? this.recent.get(sessionId);
    if (wrapped === undefined) return undefined;
    const encoded = unwrapState(this.keyEncryptionKey, key, wrapped);
    if (!encoded.ok) return undefined;
    const state = decodeState(encoded.value);
    return state.ok ? state.value : undefined;
  }

  /** Keeps a state; in memory only the latest {@link limits.sessionsInMemoryMax}. */
  async save(state: AgreementState): Promise<void> {
    const { sessionId } = state.plan;
    const key = storageKey(sessionId);
    const wrapped = wrapState(this.keyEncryptionKey, key, encodeState(state), this.random);
    this.recent.delete(sessionId);
    this.recent.set(sessionId, wrapped);
    if (this.recent.size > limits.sessionsInMemoryMax) {
      const oldest = this.recent.keys().next();
      if (!oldest.done) this.recent.delete(oldest.value);
    }
    await this.cache.set(key, wrapped, limits.sessionTtlSeconds);
  }
}

function storageKey(sessionId: Hex): string {
  return `session:${sessionId}`;
}
