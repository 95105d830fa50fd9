/**
 * Overwrites every key of a Redis while a network uses it: with random bytes, another key's value, or its own with a
 * flipped bit.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';

const keysAtOnce = 500;
const pauseMs = 5;

/** Starts; `stop` ends it and returns the number of overwritten values. */
export function overwriteRedis(url: string): { stop(): Promise<number> } {
  const redis = new Redis(url);
  let stopped = false;
  const done = (async () => {
    let overwritten = 0;
    while (!stopped) {
      const [, keys] = await redis.scan(0, 'MATCH', '*', 'COUNT', keysAtOnce);
      for (const key of keys) {
        const other = keys[randomInt(keys.length)] ?? key;
        const [own, stolen] = await Promise.all([key, other].map((one) => redis.getBuffer(one).catch(() => null)));
        const garbage = [randomBytes(randomInt(1, 64)), stolen, withBitTurned(own ?? null)][overwritten % 3];
        await redis.set(key, garbage ?? randomBytes(8), 'EX', 3_600);
        overwritten++;
      }
      await pause(pauseMs);
    }
    await redis.quit();
    return overwritten;
  })();
  return {
    stop: () => {
      stopped = true;
      return done;
    },
  };
}

function withBitTurned(value: Buffer | null): Buffer | null {
  if (value === null || value.length === 0) return null;
  const turned = Buffer.from(value);
  const at = randomInt(turned.length * 8);
  turned[at >> 3] = (turned[at >> 3] ?? 0) ^ (1 << (at & 7));
  return turned;
}
