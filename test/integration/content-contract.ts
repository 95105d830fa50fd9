/** What every content store does, as tests of an implementation. */
import { toHex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { ContentStore } from '@assay/protocol/ports';
import { contentIdOf } from '@assay/protocol/task/content-id';
import type { ContentPlace } from '@assay/protocol/task/content-place';
import { readContent } from '@assay/runtime/validator/content-loader';
import { expect, it } from 'vitest';

/** Bytes that nobody has stored. */
export const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** Two clients of one store. */
export interface Clients {
  readonly store: ContentStore;
  /** Has nothing in its cache. */
  readonly another: ContentStore;
  /** The largest content that it accepts, and the name of that limit. */
  readonly limit: { readonly bytes: number; readonly name: string };
}

/** A place that has nothing. */
export const newPlace = (kind: ContentPlace['kind'] = 'task'): ContentPlace => ({ kind, id: toHex(random(32)) });
/** Contents by CID, as `put` takes them. */
export const named = (...all: readonly Uint8Array[]) => new Map(all.map((bytes) => [contentIdOf(bytes), bytes]));
/** Without the type of the buffer, for comparisons. */
export const plain = (bytes: Uint8Array | undefined) => bytes && new Uint8Array(bytes);

/** What the store does, whatever it is. */
export function contentContract(get: () => Clients): void {
  it('returns all contents of a task and of a question to everyone, under their CIDs', async () => {
    const { store, another } = get();
    for (const kind of ['task', 'question'] as const) {
      const place = newPlace(kind);
      const contents = named(random(1_000), new Uint8Array(), random(60_000), new Uint8Array(limits.outputBytesMax));
      await store.put(place, contents);
      const found = await Promise.all([...contents.keys()].map((cid) => another.get(cid, place)));
      expect(found.map(plain)).toEqual([...contents.values()]);
    }
  });

  it('takes a question’s contents one after another', async () => {
    const { store, another } = get();
    const place = newPlace('question');
    const all = [random(100), random(200), random(300)];
    for (const one of all) await store.put(place, named(one));
    for (const one of all) expect(plain(await another.get(contentIdOf(one), place))).toEqual(one);
  });

  it('accepts the same contents twice, from two writers at once', async () => {
    const { store, another } = get();
    const [place, contents] = [newPlace(), named(random(100), random(50))];
    await Promise.all([store, another, store].map((one) => one.put(place, contents)));
    for (const [cid, bytes] of contents) expect(plain(await another.get(cid, place))).toEqual(bytes);
  });

  it('accepts as many and as long contents as a task can have', { timeout: 30_000 }, async () => {
    const { store, another, limit } = get();
    const longest = Math.min(limit.bytes, limits.outputBytesMax);
    const all = Array.from({ length: limits.submissionsMax + 1 }, () => Buffer.alloc(longest, random(4_096)));
    const [place, contents] = [newPlace(), named(...all)];
    await store.put(place, contents);
    const found = await Promise.all([...contents].map(async ([cid]) => another.get(cid, place)));
    expect(found.map((one) => one && contentIdOf(one))).toEqual([...contents.keys()]);
    const large = Buffer.alloc(limit.bytes, random(4_096));
    const other = newPlace();
    await store.put(other, named(large));
    expect((await another.get(contentIdOf(large), other))?.length).toBe(limit.bytes);
  });

  it('has nothing under an unknown CID', async () => {
    const { store } = get();
    const place = newPlace();
    await store.put(place, named(random(10)));
    expect(await store.get(contentIdOf(random(10)), place)).toBeUndefined();
    expect(await store.get(contentIdOf(random(10)), newPlace('question'))).toBeUndefined();
  });

  it('deletes what a place has, and may do so twice', async () => {
    const { store, another } = get();
    for (const kind of ['task', 'question'] as const) {
      const [place, contents] = [
        newPlace(kind),
        named(random(70), Buffer.alloc(Math.min(get().limit.bytes, 800_000), random(64))),
      ];
      await store.put(place, contents);
      await store.remove(place, [...contents.keys()]);
      await store.remove(place, [...contents.keys()]);
      for (const cid of contents.keys()) expect(await another.get(cid, place)).toBeUndefined();
    }
  });

  it('refuses content over the limit, and names the limit', async () => {
    const { store, limit } = get();
    await expect(store.put(newPlace(), named(new Uint8Array(limit.bytes + 1)))).rejects.toThrow(limit.name);
  });
}

/** What a store does that keeps bytes without hashing them; `forge` stores some under a wrong CID. */
export function forgedContentContract(
  get: () => Pick<Clients, 'store' | 'another'> & {
    readonly forge: (cid: string, bytes: Uint8Array, place: ContentPlace) => unknown;
  },
): void {
  it('can return wrong bytes, which readers detect', async () => {
    const { store, another, forge } = get();
    const [place, bytes] = [newPlace('question'), random(1_000)];
    await forge(contentIdOf(bytes), random(1_000), place);
    const read = await readContent(another, contentIdOf(bytes), place);
    expect(read.ok ? 'believed' : read.refusal.code).toBe('cid-mismatch');
    const truncated = random(2_000);
    await forge(contentIdOf(truncated), new Uint8Array(), place);
    const empty = await readContent(store, contentIdOf(truncated), place);
    expect(empty.ok ? 'believed' : empty.refusal.code).toBe('cid-mismatch');
  });
}
