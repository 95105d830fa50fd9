/** A cache with timed operations, named by OpenTelemetry's semantic conventions for database clients. */
import type { Cache, Telemetry } from '@assay/protocol/ports';

/** The conventions' `db.client.operation.duration`, as Prometheus writes it. */
export const cacheOperationSeconds = 'db_client_operation_duration_seconds';

/**
 * Wraps a cache on Redis: records one duration for each call, labelled with its command. Keys and values are not
 * recorded.
 */
export function measuredCache(cache: Cache, telemetry: Pick<Telemetry, 'duration'>): Cache {
  const timed = async <T>(command: string, operation: () => Promise<T>): Promise<T> => {
    const startedMs = performance.now();
    try {
      return await operation();
    } finally {
      telemetry.duration(cacheOperationSeconds, (performance.now() - startedMs) / 1_000, {
        db_system_name: 'redis',
        db_operation_name: command,
      });
    }
  };
  return {
    get: (key) => timed('GET', () => cache.get(key)),
    getMany: (keys) => timed('MGET', () => cache.getMany(keys)),
    set: (key, value, ttlSeconds) => timed('SET', () => cache.set(key, value, ttlSeconds)),
    setMany: (entries, ttlSeconds) => timed('PIPELINE SET', () => cache.setMany(entries, ttlSeconds)),
    replace: (key, expected, value, ttlSeconds) => timed('EVAL', () => cache.replace(key, expected, value, ttlSeconds)),
    delete: (key) => timed('DEL', () => cache.delete(key)),
    isDegraded: () => cache.isDegraded(),
    close: () => cache.close(),
  };
}
