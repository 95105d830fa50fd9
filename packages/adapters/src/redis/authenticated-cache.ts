/**
 * An authenticated cache: every value has a tag under a key of the operator, over the value's name and expiry. Whoever
 * can write to Redis can delete values but cannot change any.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Cache, Clock } from '@assay/protocol/ports';

const tagBytes = 32;
const expiryBytes = 8;
const overheadBytes = expiryBytes + tagBytes;
const label = 'assay cached value v1';

/** The key of the tags. */
export interface AuthenticatedCacheOptions {
  /** 32 bytes that only this operator knows. */
  readonly key: Uint8Array;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * Wraps a cache. A value with a wrong tag, under another name than it was written for, or expired, is a miss. Each
 * value takes 40 additional bytes: expiry (8, milliseconds since 1970, big endian) and HMAC-SHA-256 (32).
 */
export function authenticatedCache(cache: Cache, { key, clock }: AuthenticatedCacheOptions): Cache {
  const seal = (name: string, value: Uint8Array, ttlSeconds: number) =>
    sealValue(key, name, value, clock.nowMs() + ttlSeconds * 1_000);
  const open = (name: string, sealed: Uint8Array | undefined) =>
    sealed === undefined ? undefined : openValue(key, name, sealed, clock.nowMs());
  return {
    get: async (name) => open(name, await cache.get(name)),
    getMany: async (names) => {
      const sealed = await cache.getMany(names);
      return names.map((name, index) => open(name, sealed[index]));
    },
    set: (name, value, ttlSeconds) => cache.set(name, seal(name, value, ttlSeconds), ttlSeconds),
    setMany: (entries, ttlSeconds) =>
      cache.setMany(
        entries.map(([name, value]) => [name, seal(name, value, ttlSeconds)]),
        ttlSeconds,
      ),
    replace: async (name, expected, value, ttlSeconds) => {
      // A value that is not authentic counts as absent, and the new value replaces it.
      const held = await cache.get(name);
      const opened = open(name, held);
      const isExpected =
        expected === undefined ? opened === undefined : opened !== undefined && Buffer.compare(opened, expected) === 0;
      return isExpected ? cache.replace(name, held, seal(name, value, ttlSeconds), ttlSeconds) : 'conflict';
    },
    delete: (name) => cache.delete(name),
    isDegraded: () => cache.isDegraded(),
    close: () => cache.close(),
  };
}

function sealValue(key: Uint8Array, name: string, value: Uint8Array, expiresMs: number): Uint8Array {
  const sealed = Buffer.alloc(overheadBytes + value.length);
  sealed.writeBigUInt64BE(BigInt(Math.ceil(expiresMs)));
  sealed.set(value, overheadBytes);
  tagOf(key, name, sealed.subarray(0, expiryBytes), value).copy(sealed, expiryBytes);
  return sealed;
}

function openValue(key: Uint8Array, name: string, sealed: Uint8Array, nowMs: number): Uint8Array | undefined {
  if (sealed.length < overheadBytes) return undefined;
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.length);
  const value = bytes.subarray(overheadBytes);
  const expected = tagOf(key, name, bytes.subarray(0, expiryBytes), value);
  if (!timingSafeEqual(expected, bytes.subarray(expiryBytes, overheadBytes))) return undefined;
  return bytes.readBigUInt64BE() > BigInt(Math.floor(nowMs)) ? Uint8Array.from(value) : undefined;
}

/** The name's length comes first, so that different pairs of name and value give different bytes. */
function tagOf(key: Uint8Array, name: string, expiry: Uint8Array, value: Uint8Array): Buffer {
  const nameBytes = Buffer.from(name);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(nameBytes.length);
  return createHmac('sha256', key).update(label).update(length).update(nameBytes).update(expiry).update(value).digest();
}
