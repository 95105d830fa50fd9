/** The content store: the contract for all implementations. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chosenContentStore } from '@assay/adapters/content/chosen-content-store';
import { kuboContentStore } from '@assay/adapters/content/kubo-content-store';
import { memoryContentStore } from '@assay/adapters/memory/memory-content-store';
import { connectNats } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { noOpLogger } from '@assay/adapters/telemetry/no-op-logger';
import { subjects } from '@assay/protocol/bus/subjects';
import { toHex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { Bus, ContentStore } from '@assay/protocol/ports';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { packContents } from '@assay/protocol/task/content-pack';
import type { ContentPlace } from '@assay/protocol/task/content-place';
import { StoreFull } from '@assay/protocol/task/store-full';
import { tuning } from '@assay/protocol/tuning';
import { readContent } from '@assay/runtime/validator/content-loader';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { type KuboRpc, startKuboRpc } from './kubo-rpc.ts';
import { temporaryFolder } from './temporary-folder.ts';

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** `another` is a second client of the same store with an empty cache; `forge` stores bytes under a wrong CID. */
interface Clients {
  readonly store: ContentStore;
  readonly another: ContentStore;
  readonly forge: (cid: string, bytes: Uint8Array, place: ContentPlace) => unknown;
  /** The largest content that it accepts, and the name of that limit. */
  readonly limit: { readonly bytes: number; readonly name: string };
}

const newPlace = (kind: ContentPlace['kind'] = 'task'): ContentPlace => ({ kind, id: toHex(random(32)) });
const named = (...all: readonly Uint8Array[]) => new Map(all.map((bytes) => [contentIdOf(bytes), bytes]));
const plain = (bytes: Uint8Array | undefined) => bytes && new Uint8Array(bytes);

function contentContract(get: () => Clients): void {
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

  it('refuses content over the limit, and names the limit', async () => {
    const { store, limit } = get();
    await expect(store.put(newPlace(), named(new Uint8Array(limit.bytes + 1)))).rejects.toThrow(limit.name);
  });
}

const whole = { bytes: limits.contentBytesMax, name: 'contentBytesMax' };

describe('in memory', () => {
  let nowMs = 0;
  const store = memoryContentStore(() => nowMs);
  contentContract(() => ({ store, another: store, forge: (cid, bytes) => store.forge(cid, bytes), limit: whole }));

  it('can be made to return wrong bytes and to lose content, and deletes what is too old', async () => {
    const place = newPlace();
    const cid = store.keep(new Uint8Array([1]));
    store.forge(cid, new Uint8Array([2]));
    expect(await store.get(cid, place)).toEqual(new Uint8Array([2]));
    store.lose(cid);
    expect(await store.get(cid, place)).toBeUndefined();
    nowMs = 5;
    await store.put(place, named(new Uint8Array([3])));
    await store.expire(5);
    expect(await store.get(contentIdOf(new Uint8Array([3])), place)).toBeDefined();
    await store.expire(6);
    expect(await store.get(contentIdOf(new Uint8Array([3])), place)).toBeUndefined();
  });
});

describe('on NATS', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: ServerProcess;
  let clients: { bus: Bus; contentStore: ContentStore }[];

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await startNats({ dir: folder.path });
    await ensureNatsStreams({ servers: server.url });
    clients = await Promise.all(['one', 'two'].map((name) => connectNats({ servers: server.url, name })));
  });

  afterAll(async () => {
    await Promise.all(clients.map(({ bus }) => bus.close()));
    await server.stop();
    await folder.remove();
  });

  const storeAt = (index: number): ContentStore => {
    const client = clients[index];
    if (client === undefined) throw new Error(`There is no client ${index}.`);
    return client.contentStore;
  };
  const forge = async (cid: string, bytes: Uint8Array, { id }: ContentPlace) => {
    const [pack = random(0)] = packContents(new Map([[cid, bytes]]));
    await clients[0]?.bus.publish(subjects.content(id, cid), pack);
  };
  contentContract(() => ({ store: storeAt(0), another: storeAt(1), forge, limit: whole }));

  it('takes a message that is none for no content', async () => {
    const [place, cid] = [newPlace('question'), contentIdOf(random(9))];
    for (const bytes of [random(0), random(3), random(500), Buffer.from('\0\0\0\x02{}')]) {
      await clients[0]?.bus.publish(subjects.content(place.id, cid), bytes);
      expect(await storeAt(1).get(cid, place)).toBeUndefined();
    }
  });

  it('leaves nothing of deleted content on the disk', async () => {
    const [place, text] = [newPlace(), Buffer.from(`the words ${toHex(random(16))}`)];
    const onDisk = async () => {
      const names = await readdir(folder.path, { recursive: true, withFileTypes: true });
      const files = names.filter((one) => one.isFile()).map((one) => readFile(join(one.parentPath, one.name)));
      return (await Promise.all(files)).some((bytes) => bytes.includes(text));
    };
    await storeAt(0).put(place, named(text, random(100)));
    await eventually('the content is on the disk', onDisk);
    await storeAt(0).remove(place, [...named(text).keys()]);
    expect(await onDisk()).toBe(false);
  });

  it('reports at once that it is full', async () => {
    const nc = await connect({ servers: server.url });
    const manager = await jetstreamManager(nc);
    const { config, state } = await manager.streams.info('CONTENTS');
    await manager.streams.update(config.name, { ...config, max_bytes: state.bytes + 1_000 });
    await expect(storeAt(0).put(newPlace(), named(random(2_000)))).rejects.toThrow(StoreFull);
    await manager.streams.update(config.name, config);
    await nc.close();
    expect(await storeAt(0).put(newPlace(), named(random(2_000)))).toBe('stored');
  });

  it('keeps content for as long as the operator says, whatever services say later', async () => {
    const ageOf = async () => {
      const nc = await connect({ servers: server.url });
      const { config } = await (await jetstreamManager(nc)).streams.info('CONTENTS');
      await nc.close();
      return config.max_age / 1e6;
    };
    expect(await ageOf()).toBe(24 * 3_600_000);
    await ensureNatsStreams({ servers: server.url, contentAgeMs: 3_600_000 });
    await ensureNatsStreams({ servers: server.url });
    expect(await ageOf()).toBe(3_600_000);
  });

  it('keeps content over a restart of the server', async () => {
    const [place, bytes] = [newPlace(), random(500)];
    await storeAt(0).put(place, named(bytes));
    await server.kill();
    await server.restart();
    expect(plain(await storeAt(1).get(contentIdOf(bytes), place))).toEqual(bytes);
  });
});

describe('on IPFS by the RPC of Kubo nodes', () => {
  const blocks = { stored: new Map<string, Uint8Array>(), pinned: new Map<string, string>() };
  let nodes: KuboRpc[];
  let nowMs = 1_000;

  beforeAll(async () => {
    nodes = await Promise.all([startKuboRpc(blocks), startKuboRpc(blocks)]);
  });

  afterAll(() => Promise.all(nodes.map((node) => node.close())));

  const storeAt = (index: number) => kuboContentStore(`${nodes[index]?.url}/`, () => nowMs);
  contentContract(() => ({
    store: storeAt(0),
    another: storeAt(1),
    forge: (cid, bytes) => blocks.stored.set(cid, bytes),
    limit: { bytes: tuning.ipfsBlockBytesMax, name: 'ipfsBlockBytesMax' },
  }));

  it('pins stored content, so that garbage collection keeps it', async () => {
    const bytes = random(50);
    await storeAt(0).put(newPlace(), named(bytes));
    blocks.stored.set('unpinned', random(50));
    await fetch(`${nodes[1]?.url}/api/v0/repo/gc`, { method: 'POST' });
    expect(blocks.stored.has('unpinned')).toBe(false);
    expect((await storeAt(1).get(contentIdOf(bytes), newPlace()))?.length).toBe(50);
  });

  it('unpins and deletes what is too old, what was stored again later not, and nobody else’s pins', async () => {
    const [old, again, young, other] = [random(30), random(30), random(30), contentIdOf(random(30))];
    const heldOf = (...all: readonly Uint8Array[]) => all.map((one) => blocks.pinned.has(contentIdOf(one)));
    nowMs = 2_000;
    await storeAt(0).put(newPlace(), named(old, again));
    nowMs = 3_000;
    await storeAt(0).put(newPlace(), named(young, again));
    for (const name of ['', 'photos', 'assay-soon']) blocks.pinned.set(other + name, name);
    await storeAt(0).expire(2_500);
    expect(heldOf(old, again, young)).toEqual([false, true, true]);
    expect(blocks.stored.has(contentIdOf(old))).toBe(false);
    await storeAt(0).expire(4_000);
    expect([...blocks.pinned.values()]).toEqual(['', 'photos', 'assay-soon']);
    blocks.pinned.clear();
  });

  it('lets a node search for a block for a bounded time', async () => {
    await storeAt(0).get(contentIdOf(random(10)), newPlace());
    expect(nodes[0]?.commands.at(-1)).toMatch(/^\/api\/v0\/block\/get\?arg=bafkrei\w+&timeout=5000ms$/);
  });

  it('rejects when a node responds with something else, or not at all', async () => {
    await expect(storeAt(0).get('no-cid', newPlace())).rejects.toThrow(/invalid cid/);
    const elsewhere = kuboContentStore(`${nodes[0]?.url}/elsewhere`);
    await expect(elsewhere.put(newPlace(), named(random(10)))).rejects.toThrow(/404/);
    await expect(elsewhere.get(contentIdOf(random(10)), newPlace())).rejects.toThrow(/404/);
    await expect(elsewhere.remove(newPlace(), ['x'])).rejects.toThrow(/404/);
    await expect(elsewhere.expire(1)).rejects.toThrow(/404/);
    const nobody = kuboContentStore('http://127.0.0.1:9').get(contentIdOf(random(10)), newPlace());
    await expect(nobody).rejects.toThrow('does not answer');
  });

  it('is chosen by the settings, as any module is', async () => {
    const kubo = { CONTENT_STORE: 'kubo', KUBO_RPC_URL: nodes[0]?.url } as const;
    const chosen = await chosenContentStore(kubo, memoryContentStore(), noOpLogger);
    const bytes = random(70);
    await chosen.put(newPlace(), named(bytes));
    expect(await storeAt(1).get(contentIdOf(bytes), newPlace())).toEqual(bytes);
    const unset = chosenContentStore({ CONTENT_STORE: 'kubo' }, memoryContentStore(), noOpLogger);
    await expect(unset).rejects.toThrow('KUBO_RPC_URL is not set');
    const file = fileURLToPath(new URL('./kubo-rpc.ts', import.meta.url));
    const module = { CONTENT_STORE: 'module', CONTENT_STORE_MODULE: file } as const;
    await expect(chosenContentStore(module, memoryContentStore(), noOpLogger)).rejects.toThrow(
      'exports no openContentStore',
    );
  });
});
