import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memoryCache } from '../memory/memory-cache.ts';
import { authenticatedCache } from './authenticated-cache.ts';

const key = new Uint8Array(32).fill(7);
const bytes = (...values: number[]) => new Uint8Array(values);

function caches() {
  const raw = memoryCache();
  let nowMs = 1_000_000;
  const clock = { nowMs: () => nowMs };
  return { raw, clock, own: authenticatedCache(raw, { key, clock }), pass: (ms: number) => (nowMs += ms) };
}

describe('a cache that is authenticated', () => {
  it('gives back what it was given', async () => {
    const { own } = caches();
    await own.set('a', bytes(1, 2, 3), 60);
    await own.setMany([['b', bytes()]], 60);
    expect(await own.get('a')).toEqual(bytes(1, 2, 3));
    expect(await own.getMany(['b', 'a', 'none'])).toEqual([bytes(), bytes(1, 2, 3), undefined]);
  });

  it('misses what stands under another name, or was written with another key', async () => {
    const { own, raw, clock } = caches();
    await own.set('vector:a', bytes(1), 60);
    const sealed = await raw.get('vector:a');
    await raw.set('vector:b', sealed ?? bytes(), 60);
    expect(await own.get('vector:b')).toBeUndefined();
    await authenticatedCache(raw, { key: new Uint8Array(32), clock }).set('vector:a', bytes(2), 60);
    expect(await own.get('vector:a')).toBeUndefined();
  });

  it('misses what somebody kept and put back after its time', async () => {
    const { own, raw, pass } = caches();
    await own.set('a', bytes(1), 60);
    const sealed = await raw.get('a');
    pass(60_001);
    await raw.set('a', sealed ?? bytes(), 3_600);
    expect(await own.get('a')).toBeUndefined();
  });

  it('replaces a value only for who names the one that it holds, and takes garbage for none', async () => {
    const { own, raw } = caches();
    expect(await own.replace('state', undefined, bytes(1), 60)).toBe('replaced');
    expect(await own.replace('state', bytes(2), bytes(3), 60)).toBe('conflict');
    expect(await own.replace('state', bytes(1), bytes(3), 60)).toBe('replaced');
    await raw.set('state', bytes(9, 9, 9), 60);
    expect(await own.replace('state', bytes(3), bytes(4), 60)).toBe('conflict');
    expect(await own.replace('state', undefined, bytes(4), 60)).toBe('replaced');
    expect(await own.get('state')).toEqual(bytes(4));
  });

  it('misses any bytes that somebody else wrote, and any change of its own', async () => {
    const { own, raw } = caches();
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.uint8Array(), fc.uint8Array(), fc.nat(), async (name, value, garbage, place) => {
        await raw.set(name, garbage, 60);
        expect(await own.get(name)).toBeUndefined();
        await own.set(name, value, 60);
        const sealed = Uint8Array.from((await raw.get(name)) ?? bytes());
        const at = place % (sealed.length * 8);
        sealed[at >> 3] = (sealed[at >> 3] ?? 0) ^ (1 << (at & 7));
        await raw.set(name, sealed, 60);
        expect(await own.get(name)).toBeUndefined();
      }),
    );
  });
});
