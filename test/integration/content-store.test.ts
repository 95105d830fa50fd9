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
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contentContract, forgedContentContract, named, newPlace, plain, random } from './content-contract.ts';
import { eventually } from './eventually.ts';
import { type KuboRpc, startKuboRpc } from './kubo-rpc.ts';
import { temporaryFolder } from './temporary-folder.ts';

const whole = { bytes: limits.contentBytesMax, name: 'contentBytesMax' };

describe('in memory', () => {
  let nowMs = 0;
  const store = memoryContentStore(() => nowMs);
  const clients = { store, another: store, forge: (cid: string, bytes: Uint8Array) => store.forge(cid, bytes) };
  contentContract(() => ({ ...clients, limit: whole }));
  forgedContentContract(() => clients);

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
  contentContract(() => ({ store: storeAt(0), another: storeAt(1), limit: whole }));
  forgedContentContract(() => ({ store: storeAt(0), another: storeAt(1), forge }));

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
    limit: { bytes: tuning.ipfsBlockBytesMax, name: 'ipfsBlockBytesMax' },
  }));
  forgedContentContract(() => ({
    store: storeAt(0),
    another: storeAt(1),
    forge: (cid, bytes) => blocks.stored.set(cid, bytes),
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

  it('asks no node for content without bytes, which nodes do not exchange', async () => {
    const before = nodes[0]?.commands.length;
    expect(await storeAt(0).get(contentIdOf(new Uint8Array()), newPlace())).toEqual(new Uint8Array());
    expect(nodes[0]?.commands.length).toBe(before);
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
