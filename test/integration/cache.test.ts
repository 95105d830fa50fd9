/** The cache: the contract for both implementations, and a Redis that is emptied, killed and restarted. */

import { memoryCache } from '@assay/adapters/memory/memory-cache';
import { type ServerProcess, startRedis } from '@assay/adapters/process/server-programs';
import { connectRedisCache } from '@assay/adapters/redis/cache';
import { cacheOperationSeconds, measuredCache } from '@assay/adapters/redis/measured-cache';
import { connectRateLimiter } from '@assay/adapters/redis/rate-limiter';
import { redisAclOf, redisUserOf, redisUsers } from '@assay/adapters/redis/users';
import type { BusIdentity } from '@assay/protocol/bus/permissions';
import type { Cache } from '@assay/protocol/ports';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, within } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

const bytes = (...values: number[]) => new Uint8Array(values);
const plain = (value: Uint8Array | undefined) => (value === undefined ? undefined : [...value]);

function cacheContract(get: () => Cache): void {
  it('keeps bytes that are not text', async () => {
    await get().set('binary', bytes(0, 255, 128, 10), 60);
    expect(plain(await get().get('binary'))).toEqual([0, 255, 128, 10]);
  });

  it('returns undefined for missing keys, in place', async () => {
    await get().setMany(
      [
        ['a', bytes(1)],
        ['c', bytes()],
      ],
      60,
    );
    expect((await get().getMany(['a', 'b', 'c'])).map(plain)).toEqual([[1], undefined, []]);
    expect(await get().getMany([])).toEqual([]);
    expect(await get().get('b')).toBeUndefined();
  });

  it('replaces a value only if the caller names the current one', async () => {
    expect(await get().replace('state', undefined, bytes(1, 0), 60)).toBe('replaced');
    expect(await get().replace('state', undefined, bytes(9), 60)).toBe('conflict');
    expect(await get().replace('state', bytes(1), bytes(9), 60)).toBe('conflict');
    const racing = [2, 3, 4, 5].map((value) => get().replace('state', bytes(1, 0), bytes(value), 60));
    expect((await Promise.all(racing)).filter((answer) => answer === 'replaced')).toHaveLength(1);
    expect(await get().replace('none', bytes(1), bytes(2), 60)).toBe('conflict');
    expect(await get().get('none')).toBeUndefined();
  });

  it('deletes values, and expires them after the time to live', async () => {
    await get().set('gone', bytes(1), 60);
    await get().delete('gone');
    expect(await get().get('gone')).toBeUndefined();
    await get().set('short', bytes(1), 1);
    await eventually('the key to expire', async () => (await get().get('short')) === undefined);
  });
}

describe('in memory', () => {
  const cache = memoryCache();
  cacheContract(() => cache);

  it('misses and is degraded while it is down, and restarts empty', async () => {
    await cache.set('kept', bytes(1), 60);
    cache.setDown(true);
    expect([await cache.get('kept'), cache.isDegraded()]).toEqual([undefined, true]);
    cache.setDown(false);
    expect([await cache.get('kept'), cache.isDegraded()]).toEqual([undefined, false]);
  });
});

describe('measured', () => {
  const timed: string[] = [];
  const cache = measuredCache(memoryCache(), {
    duration: (metric, seconds, labels) => {
      expect([metric, labels?.db_system_name, seconds >= 0]).toEqual([cacheOperationSeconds, 'redis', true]);
      timed.push(labels?.db_operation_name ?? '');
    },
  });
  cacheContract(() => cache);

  it('times every operation under its command', () => {
    expect([...new Set(timed)].sort()).toEqual(['DEL', 'EVAL', 'GET', 'MGET', 'PIPELINE SET', 'SET']);
  });
});

describe('on Redis', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: ServerProcess;
  let cache: Cache;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startRedis({ dir: folder.path });
    cache = connectRedisCache({ url: server.url, prefix: 'test' });
    await eventually('the connection', () => !cache.isDegraded());
  });

  afterAll(async () => {
    await cache.close();
    await server.stop();
    await folder.remove();
  });

  cacheContract(() => cache);

  it('keeps prefixes apart', async () => {
    const other = connectRedisCache({ url: server.url, prefix: 'other' });
    await eventually('the connection', () => !other.isDegraded());
    await cache.set('same', bytes(1), 60);
    expect(await other.get('same')).toBeUndefined();
    await other.close();
  });

  it('misses after FLUSHALL, and continues', async () => {
    await cache.set('flushed', bytes(1), 60);
    await command(server.port, 'FLUSHALL');
    expect(await cache.get('flushed')).toBeUndefined();
    await cache.set('flushed', bytes(2), 60);
    expect(plain(await cache.get('flushed'))).toEqual([2]);
    expect(cache.isDegraded()).toBe(false);
  });

  it('never rejects while Redis is killed, is degraded, and recovers by itself', async () => {
    await cache.set('lost', bytes(1), 60);
    await server.kill();
    const misses = await within(
      'the misses',
      Promise.all([
        cache.get('lost'),
        cache.getMany(['a', 'b']),
        cache.set('x', bytes(1), 60),
        cache.setMany([['y', bytes(1)]], 60),
        cache.delete('x'),
      ]),
      3_000,
    );
    expect(misses).toEqual([undefined, [undefined, undefined], undefined, undefined, undefined]);
    await eventually('the degraded state', () => cache.isDegraded());
    await server.restart();
    await eventually('the recovery', () => !cache.isDegraded());
    await cache.set('again', bytes(3), 60);
    expect(plain(await cache.get('again'))).toEqual([3]);
  });

  it('limits a rate over all processes, and on its own while Redis is down', async () => {
    const limiters = [1, 2].map(() =>
      connectRateLimiter({ redisUrl: server.url, name: 'requests', units: 4, windowSeconds: 60 }),
    );
    const [one, two] = limiters;
    if (one === undefined || two === undefined) throw new Error('There are two limiters.');
    await eventually('both to be connected', async () => {
      const key = `probe${Math.random()}`;
      for (const limiter of [one, two, one, two]) await limiter.take(key);
      return !(await one.take(key)).allowed;
    });
    const answers = [
      await one.take('k'),
      await two.take('k'),
      await one.take('k'),
      await two.take('k'),
      await one.take('k'),
    ];
    expect(answers.map(({ allowed }) => allowed)).toEqual([true, true, true, true, false]);
    expect(answers[4]?.retryAfterMs).toBeGreaterThan(0);
    expect(answers.map(({ quota }) => quota?.remaining)).toEqual([3, 2, 1, 0, 0]);
    expect(answers[4]?.quota).toMatchObject({ name: 'requests', unit: 'requests', units: 4, windowSeconds: 60 });
    expect((await two.take('bytes', 4)).allowed).toBe(true);
    expect((await one.take('bytes', 1)).allowed).toBe(false);
    await server.kill();
    const alone = [];
    for (let count = 0; count < 6; count++)
      alone.push((await within('an answer without Redis', one.take('alone'), 3_000)).allowed);
    expect(alone.filter(Boolean)).toHaveLength(4);
    await server.restart();
    await Promise.all(limiters.map((limiter) => limiter.close()));
  });

  it('is degraded, and closes, if there never was a server', async () => {
    const nowhere = connectRedisCache({ url: 'redis://127.0.0.1:1', prefix: 'x' });
    expect(await nowhere.get('a')).toBeUndefined();
    expect(nowhere.isDegraded()).toBe(true);
    await nowhere.close();
  });
});

describe('on Redis with a user for each kind of service', () => {
  const password = 'a password';
  const identities: readonly BusIdentity[] = [
    { kind: 'gateway' },
    { kind: 'aggregator', index: 0 },
    { kind: 'validator', operator: `0x${'01'.repeat(20)}`, role: 'checksum' },
  ];
  const held = 'oracle-key-participant';
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: ServerProcess;
  const caches: Cache[] = [];

  /** The cache of a service, under a prefix of any service. */
  async function cacheOf(identity: BusIdentity, prefix: string): Promise<Cache> {
    const url = new URL(server.url);
    url.username = redisUserOf(identity);
    url.password = password;
    const cache = connectRedisCache({ url: url.href, prefix });
    caches.push(cache);
    await eventually('the connection', () => !cache.isDegraded());
    return cache;
  }

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startRedis({ dir: folder.path, users: redisUsers.map((user) => redisAclOf(user, password)) });
  });

  afterAll(async () => {
    await Promise.all(caches.map((cache) => cache.close()));
    await server.stop();
    await folder.remove();
  });

  it('a session state is out of reach of every other service: to read, to delete, and to put an old one back', async () => {
    const participant = await cacheOf({ kind: 'participant' }, held);
    await participant.set('session:a', bytes(1), 60);
    await participant.replace('session:a', bytes(1), bytes(2), 60);
    for (const identity of identities) {
      const other = await cacheOf(identity, held);
      await other.set('session:a', bytes(1), 60);
      await other.delete('session:a');
      expect(await other.replace('session:a', bytes(2), bytes(1), 60)).toBe('unavailable');
      expect(await other.get('session:a')).toBeUndefined();
    }
    expect(plain(await participant.get('session:a'))).toEqual([2]);
  });

  it.each([
    ['gateway', identities[0], 'gateway'],
    ['aggregator', identities[1], 'consensus-aggregator'],
    ['validator', identities[2], `0x${'01'.repeat(20)}`],
  ] as const)('the %s keeps its own values', async (_, identity, prefix) => {
    if (identity === undefined) throw new Error('There are three.');
    const own = await cacheOf(identity, prefix);
    await own.set('own', bytes(1), 60);
    expect(await own.replace('own', bytes(1), bytes(2), 60)).toBe('replaced');
    expect(plain(await own.get('own'))).toEqual([2]);
  });

  it('the gateway counts its clients for all replicas', async () => {
    const url = new URL(server.url);
    [url.username, url.password] = ['gateway', password];
    const limiter = connectRateLimiter({ redisUrl: url.href, name: 'requests', units: 1, windowSeconds: 60 });
    const counted = await cacheOf({ kind: 'gateway' }, 'rate:requests');
    await eventually('a count in Redis', async () => {
      await limiter.take('client');
      return (await counted.get('client')) !== undefined;
    });
    await limiter.close();
  });
});

/** Sends one command to Redis, like `redis-cli`. */
async function command(port: number, text: string): Promise<void> {
  const { connect } = await import('node:net');
  await new Promise<void>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${text}\r\n`));
    socket.once('error', reject);
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
  });
}
