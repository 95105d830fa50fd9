/** The in-memory cache, with switches to simulate the failures of a real one. */
import type { Cache, Clock } from '@assay/protocol/ports';
import { systemClock } from '../process/system-clock.ts';

/** A cache whose server can be emptied and stopped. */
export interface MemoryCache extends Cache {
  /** Loses everything. */
  flush(): void;
  /** Stops the server, or starts it again empty. */
  setDown(down: boolean): void;
}

/** An empty cache. */
export function memoryCache(clock: Clock = systemClock): MemoryCache {
  const entries = new Map<string, { readonly value: Uint8Array; readonly untilMs: number }>();
  let down = false;
  const read = (key: string) => {
    const entry = entries.get(key);
    if (down || entry === undefined || entry.untilMs <= clock.nowMs()) return undefined;
    return entry.value.slice();
  };
  const write = (key: string, value: Uint8Array, ttlSeconds: number) => {
    if (!down) entries.set(key, { value: value.slice(), untilMs: clock.nowMs() + ttlSeconds * 1_000 });
  };
  return {
    get: async (key) => read(key),
    getMany: async (keys) => keys.map(read),
    set: async (key, value, ttlSeconds) => write(key, value, ttlSeconds),
    setMany: async (many, ttlSeconds) => {
      for (const [key, value] of many) write(key, value, ttlSeconds);
    },
    replace: async (key, expected, value, ttlSeconds) => {
      if (down) return 'unavailable';
      const held = read(key);
      if (held === undefined ? expected !== undefined : expected === undefined || !sameBytes(held, expected))
        return 'conflict';
      write(key, value, ttlSeconds);
      return 'replaced';
    },
    delete: async (key) => {
      if (!down) entries.delete(key);
    },
    isDegraded: () => down,
    close: async () => {
      down = true;
    },
    flush: () => entries.clear(),
    setDown: (wanted) => {
      if (wanted) entries.clear();
      down = wanted;
    },
  };
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
