/** The content store: the contract for all implementations. */
import { fileURLToPath } from 'node:url';
import { chosenContentStore } from '@assay/adapters/content/chosen-content-store';
import { kuboContentStore } from '@assay/adapters/content/kubo-content-store';
import { memoryContentStore } from '@assay/adapters/memory/memory-content-store';
import { connectNats } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { noOpLogger } from '@assay/adapters/telemetry/no-op-logger';
import { limits } from '@assay/protocol/limits';
import type { Bus, ContentStore } from '@assay/protocol/ports';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { StoreFull } from '@assay/protocol/task/store-full';
import { tuning } from '@assay/protocol/tuning';
import { readContent } from '@assay/runtime/validator/content-loader';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KuboRpc, startKuboRpc } from './kubo-rpc.ts';
import { temporaryFolder } from './temporary-folder.ts';

const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));

/** `another` is a second client of the same store with an empty cache; `forge` stores bytes under a wrong CID. */
interface Clients {
  readonly store: ContentStore;
  readonly another: ContentStore;
  readonly forge: (cid: string, bytes: Uint8Array) => unknown;
  /** The largest content that it accepts, and the name of that limit. */
  readonly limit: { readonly bytes: number; readonly name: string };
}

function contentContract(get: () => Clients): void {
  it('returns stored content to everyone, under its CID', async () => {
    const { store, another } = get();
    const bytes = random(1_000);
    const cid = await store.put(bytes);
    expect(cid).toBe(contentIdOf(bytes));
    expect(new Uint8Array((await another.get(cid)) ?? [])).toEqual(bytes);
  });

  it('accepts the same content twice, from two writers at once', async () => {
    const { store, another } = get();
    const bytes = random(100);
    const cids = await Promise.all([store.put(bytes), another.put(bytes), store.put(bytes)]);
    expect(new Set(cids).size).toBe(1);
  });

  it('accepts empty content and the largest output', async () => {
    const { store, another } = get();
    for (const bytes of [new Uint8Array(), random(60_000)]) {
      expect(new Uint8Array((await another.get(await store.put(bytes))) ?? [1])).toEqual(bytes);
    }
    const largest = new Uint8Array(limits.outputBytesMax).fill(7);
    expect((await another.get(await store.put(largest)))?.length).toBe(limits.outputBytesMax);
  });

  it('accepts content of many messages, up to the limit', async () => {
    const { store, another } = get();
    const { limit } = get();
    for (const size of [limits.messageBytesMax, limits.messageBytesMax + 1, limit.bytes]) {
      const bytes = Buffer.alloc(size, random(65_536));
      const found = await another.get(await store.put(bytes));
      expect(found !== undefined && Buffer.compare(found, bytes), `${size} bytes`).toBe(0);
    }
  });

  it('has nothing under an unknown CID', async () => {
    expect(await get().store.get(contentIdOf(random(10)))).toBeUndefined();
  });

  it('can return wrong bytes, which readers detect', async () => {
    const { store, another, forge } = get();
    const [bytes, others] = [random(1_000), random(1_000)];
    const cid = await store.put(bytes);
    await forge(cid, others);
    const read = await readContent(another, cid);
    expect(read.ok ? 'believed' : read.refusal.code).toBe('cid-mismatch');
    const truncated = await store.put(random(2_000));
    await forge(truncated, random(0));
    const empty = await readContent(another, truncated);
    expect(empty.ok ? 'believed' : empty.refusal.code).toBe('cid-mismatch');
  });

  it('refuses content over the limit, and names the limit', async () => {
    const { store, limit } = get();
    await expect(store.put(new Uint8Array(limit.bytes + 1))).rejects.toThrow(limit.name);
  });
}

const whole = { bytes: limits.contentBytesMax, name: 'contentBytesMax' };

describe('in memory', () => {
  const store = memoryContentStore();
  contentContract(() => ({ store, another: store, forge: (cid, bytes) => store.forge(cid, bytes), limit: whole }));

  it('can be made to return wrong bytes and to lose content', async () => {
    const cid = await store.put(new Uint8Array([1]));
    store.forge(cid, new Uint8Array([2]));
    expect(await store.get(cid)).toEqual(new Uint8Array([2]));
    store.lose(cid);
    expect(await store.get(cid)).toBeUndefined();
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
  const forge = async (cid: string, bytes: Uint8Array) => {
    const nc = await connect({ servers: server.url });
    await (await new Objm(jetstream(nc)).open('assay-content')).putBlob({ name: cid }, bytes);
    await nc.close();
  };
  contentContract(() => ({ store: storeAt(0), another: storeAt(1), forge, limit: whole }));

  it('writes objects as the client of the object store reads them, and stores again what that deleted', async () => {
    const nc = await connect({ servers: server.url });
    const objects = await new Objm(jetstream(nc)).open('assay-content');
    for (const bytes of [random(1_000), Buffer.alloc(limits.messageBytesMax + 1, random(100)), new Uint8Array()]) {
      const cid = await storeAt(0).put(bytes);
      // The client refuses an object whose bytes do not have the digest of its description.
      expect(Buffer.compare((await objects.getBlob(cid)) ?? random(1), bytes)).toBe(0);
      await objects.delete(cid);
      const fresh = await connectNats({ servers: server.url, name: 'fresh' });
      expect(await fresh.contentStore.get(cid)).toBeUndefined();
      await fresh.contentStore.put(bytes);
      await fresh.bus.close();
      expect(Buffer.compare((await objects.getBlob(cid)) ?? random(1), bytes)).toBe(0);
    }
    await nc.close();
  });

  it('reports at once that it is full', async () => {
    const nc = await connect({ servers: server.url });
    const manager = await jetstreamManager(nc);
    const { config, state } = await manager.streams.info('OBJ_assay-content');
    await manager.streams.update(config.name, { ...config, max_bytes: state.bytes + 1_000 });
    await expect(storeAt(0).put(random(2_000))).rejects.toThrow(StoreFull);
    await manager.streams.update(config.name, config);
    await nc.close();
    expect(await storeAt(0).put(random(2_000))).toMatch(/^baf/);
  });

  it('keeps content over a restart of the server', async () => {
    const bytes = random(500);
    const cid = await storeAt(0).put(bytes);
    await server.kill();
    await server.restart();
    expect(new Uint8Array((await storeAt(1).get(cid)) ?? [])).toEqual(bytes);
  });
});

describe('on IPFS by the RPC of Kubo nodes', () => {
  const blocks = { stored: new Map<string, Uint8Array>(), pinned: new Set<string>() };
  let nodes: KuboRpc[];

  beforeAll(async () => {
    nodes = await Promise.all([startKuboRpc(blocks), startKuboRpc(blocks)]);
  });

  afterAll(() => Promise.all(nodes.map((node) => node.close())));

  const storeAt = (index: number) => kuboContentStore(`${nodes[index]?.url}/`);
  contentContract(() => ({
    store: storeAt(0),
    another: storeAt(1),
    forge: (cid, bytes) => blocks.stored.set(cid, bytes),
    limit: { bytes: tuning.ipfsBlockBytesMax, name: 'ipfsBlockBytesMax' },
  }));

  it('pins stored content, so that garbage collection keeps it', async () => {
    const cid = await storeAt(0).put(random(50));
    blocks.stored.set('unpinned', random(50));
    await fetch(`${nodes[1]?.url}/api/v0/repo/gc`, { method: 'POST' });
    expect(blocks.stored.has('unpinned')).toBe(false);
    expect((await storeAt(1).get(cid))?.length).toBe(50);
  });

  it('lets a node search for a block for a bounded time', async () => {
    await storeAt(0).get(contentIdOf(random(10)));
    expect(nodes[0]?.commands.at(-1)).toMatch(/^\/api\/v0\/block\/get\?arg=bafkrei\w+&timeout=5000ms$/);
  });

  it('rejects when a node responds with something else, or not at all', async () => {
    await expect(storeAt(0).get('no-cid')).rejects.toThrow(/invalid cid/);
    const elsewhere = kuboContentStore(`${nodes[0]?.url}/elsewhere`);
    await expect(elsewhere.put(random(10))).rejects.toThrow(/404/);
    await expect(elsewhere.get(contentIdOf(random(10)))).rejects.toThrow(/404/);
    await expect(kuboContentStore('http://127.0.0.1:9').get(contentIdOf(random(10)))).rejects.toThrow(
      'does not answer',
    );
  });

  it('is chosen by the settings, as any module is', async () => {
    const kubo = { CONTENT_STORE: 'kubo', KUBO_RPC_URL: nodes[0]?.url } as const;
    const chosen = await chosenContentStore(kubo, memoryContentStore(), noOpLogger);
    const bytes = random(70);
    expect(await storeAt(1).get(await chosen.put(bytes))).toEqual(bytes);
    const unset = chosenContentStore({ CONTENT_STORE: 'kubo' }, memoryContentStore(), noOpLogger);
    await expect(unset).rejects.toThrow('KUBO_RPC_URL is not set');
    const file = fileURLToPath(new URL('./kubo-rpc.ts', import.meta.url));
    const module = { CONTENT_STORE: 'module', CONTENT_STORE_MODULE: file } as const;
    await expect(chosenContentStore(module, memoryContentStore(), noOpLogger)).rejects.toThrow(
      'exports no openContentStore',
    );
  });
});
