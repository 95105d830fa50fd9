/**
 * The cache on Redis. It may lose everything at any time; without a server, every read misses and it reports
 * `degraded`.
 */

import { backoffMs } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import type { Cache, Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { Redis } from 'ioredis';
import { noOpLogger } from '../telemetry/no-op-logger.ts';

const reconnectBackoff = { firstMs: 50, maxMs: 1_000 };
const complaintIntervalMs = 10_000;

/** Compare-and-set. The empty string means no value, because no stored value is empty. */
const replaceScript = `
  local held = redis.call('GET', KEYS[1]) or ''
  if held ~= ARGV[1] then return 0 end
  redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
  return 1`;

/** Address of Redis, and the prefix of this user's keys. */
export interface RedisCacheOptions {
  /** `redis://[user:password@]host:port` */
  readonly url: string;
  /** Keys are `assay:<prefix>:…`. */
  readonly prefix: string;
  readonly log?: Log;
}

/** Connects in the background. Usable immediately, and degraded until it is connected. */
export function connectRedisCache(options: RedisCacheOptions): Cache {
  const log = options.log ?? noOpLogger;
  const redis = openRedis(options.url, log);
  const keyOf = (key: string) => `assay:${options.prefix}:${key}`;
  const complain = complaints(log);
  const orElse = async <T>(fallback: T, operation: () => Promise<T>): Promise<T> => {
    if (redis.status !== 'ready') return fallback;
    try {
      return await operation();
    } catch (error) {
      complain(error);
      return fallback;
    }
  };
  return {
    get: (key) =>
      orElse<Uint8Array | undefined>(undefined, async () => (await redis.getBuffer(keyOf(key))) ?? undefined),
    getMany: (keys) => {
      const misses = keys.map(() => undefined);
      if (keys.length === 0) return Promise.resolve(misses);
      return orElse<(Uint8Array | undefined)[]>(misses, async () =>
        (await redis.mgetBuffer(keys.map(keyOf))).map((value) => value ?? undefined),
      );
    },
    set: (key, value, ttlSeconds) =>
      orElse(undefined, async () => void (await redis.set(keyOf(key), Buffer.from(value), 'EX', ttlSeconds))),
    setMany: (entries, ttlSeconds) =>
      orElse(undefined, async () => {
        await Promise.all(entries.map(([key, value]) => redis.set(keyOf(key), Buffer.from(value), 'EX', ttlSeconds)));
      }),
    replace: (key, expected, value, ttlSeconds) =>
      orElse<'replaced' | 'conflict' | 'unavailable'>('unavailable', async () => {
        const held = expected === undefined ? '' : Buffer.from(expected);
        const done = await redis.eval(replaceScript, 1, keyOf(key), held, Buffer.from(value), ttlSeconds);
        return done === 1 ? 'replaced' : 'conflict';
      }),
    delete: (key) => orElse(undefined, async () => void (await redis.del(keyOf(key)))),
    isDegraded: () => redis.status !== 'ready',
    close: async () => redis.disconnect(),
  };
}

/** A client that fails immediately without a server, waits a bounded time for answers, and reconnects forever. */
export function openRedis(url: string, log: Log): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    // Commands of one turn of the event loop go out in one write.
    enableAutoPipelining: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: tuning.redisTimeoutMs,
    connectTimeout: tuning.redisTimeoutMs * 4,
    retryStrategy: (times) => backoffMs(reconnectBackoff, times, Math.random),
  });
  const complain = complaints(log);
  redis.on('error', complain);
  redis.on('ready', () => log.info('connected to Redis'));
  redis.on('close', () => log.debug('no connection to Redis'));
  return redis;
}

/** Logs a failure, then stays quiet for a while: a lost Redis fails hundreds of times a second. */
function complaints(log: Log): (error: unknown) => void {
  let last = -Infinity;
  return (error) => {
    const now = Date.now();
    if (now - last < complaintIntervalMs) return;
    last = now;
    log.warn('Redis does not answer; continuing without it', { reason: errorText(error) });
  };
}
