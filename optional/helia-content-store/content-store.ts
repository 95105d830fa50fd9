/**
 * Content by CID on IPFS with a Helia node in the process: blocks in a folder, pinned at the writer's node, fetched by
 * bitswap from the configured peers only. It is loaded by path (CONTENT_STORE=module,
 * CONTENT_STORE_MODULE=…/content-store.ts), so its 360 MB are installed only on demand.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { withBitswap } from '@helia/bitswap';
import { withLibp2pLight } from '@helia/libp2p';
import { identify } from '@libp2p/identify';
import { noise } from '@libp2p/noise';
import { tcp } from '@libp2p/tcp';
import { yamux } from '@libp2p/yamux';
import { multiaddr } from '@multiformats/multiaddr';
import { FsBlockstore } from 'blockstore-fs';
import { FsDatastore } from 'datastore-fs';
import { createHeliaLight, type Helia } from 'helia';
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as Digest from 'multiformats/hashes/digest';

/** A node's block folder, listen address and peers. */
export interface HeliaOptions {
  readonly dir: string;
  /** Multiaddr, such as /ip4/127.0.0.1/tcp/4001. */
  readonly listen: string;
  /** Multiaddrs with peer ids. */
  readonly peers: readonly string[];
}

interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** Assay's content store port, and the node's addresses. Equal contents are one block, whatever place they belong to. */
export interface HeliaContentStore {
  put(place: unknown, contents: ReadonlyMap<string, Uint8Array>): Promise<'stored'>;
  get(cid: string): Promise<Uint8Array | undefined>;
  /** Unpins contents and deletes them. */
  remove(place: unknown, cids: readonly string[]): Promise<void>;
  /** Unpins and deletes what was last stored before a time, in milliseconds since 1970. */
  expire(beforeMs: number): Promise<void>;
  /** Deletes blocks that are not pinned. */
  collectGarbage(): Promise<void>;
  readonly addresses: readonly string[];
  close(): Promise<void>;
}

const blockBytesMax = 1024 * 1024;
const searchMs = 5_000;
const sha256Code = 0x12;

/** Opens the store by HELIA_DIR, HELIA_LISTEN (default: the loopback, any free port) and HELIA_PEERS (with commas between). */
export function openContentStore({ log }: { readonly log: Log }): Promise<HeliaContentStore> {
  const { HELIA_DIR: dir, HELIA_LISTEN: listen = '/ip4/127.0.0.1/tcp/0', HELIA_PEERS: peers = '' } = process.env;
  if (dir === undefined || dir === '') throw new Error('HELIA_DIR is not set: the folder for the blocks.');
  return openHelia({ dir, listen, peers: peers.split(',').filter((peer) => peer !== '') }, log);
}

/** Opens the store of one node. */
export async function openHelia(options: HeliaOptions, log: Log): Promise<HeliaContentStore> {
  const { dir, listen, peers } = options;
  const blocks = new FsBlockstore(join(dir, 'blocks'));
  const light = createHeliaLight({
    blockstore: blocks,
    datastore: new FsDatastore(join(dir, 'data')),
  });
  const networked = withLibp2pLight(light, {
    addresses: { listen: [listen] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
  });
  const node = await withBitswap(networked).start();
  const dial = async () => {
    const connected = new Set(node.libp2p.getPeers().map(String));
    const missing = peers
      .map((peer) => multiaddr(peer))
      .filter((one) => !connected.has(one.toString().split('/p2p/')[1] ?? ''));
    for (const peer of missing) {
      await node.libp2p
        .dial(peer, { signal: AbortSignal.timeout(searchMs) })
        .catch((error: unknown) =>
          log.warn('an IPFS peer does not answer', { peer: peer.toString(), reason: String(error) }),
        );
    }
  };
  const pinned = pinning(node, blocks);
  await dial();
  const addresses = node.libp2p.getMultiaddrs().map(String);
  log.info('the IPFS node listens', { addresses: addresses.join() });
  return {
    addresses,
    async put(_place, contents) {
      for (const [cid, bytes] of contents) await pinned.putBlock(cid, bytes);
      return 'stored';
    },
    async get(cid) {
      const parsed = CID.parse(cid);
      if (!(await node.blockstore.has(parsed))) await dial();
      try {
        const parts: Uint8Array[] = [];
        for await (const part of node.blockstore.get(parsed, { signal: AbortSignal.timeout(searchMs) }))
          parts.push(part);
        return new Uint8Array(Buffer.concat(parts));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    async remove(_place, cids) {
      for (const cid of cids) await pinned.removeBlock(CID.parse(cid));
    },
    async expire(beforeMs) {
      const old: CID[] = [];
      for await (const { cid, metadata } of node.pins.ls())
        if (typeof metadata?.storedMs === 'number' && metadata.storedMs < beforeMs) old.push(cid);
      for (const cid of old) await pinned.removeBlock(cid);
    },
    collectGarbage: () => node.gc(),
    close: async () => {
      await node.stop();
    },
  };
}

/** Blocks whose pin says when they were last stored. */
function pinning(node: Pick<Helia, 'blockstore' | 'pins'>, blocks: Pick<FsBlockstore, 'has' | 'delete'>) {
  const unpin = async (cid: CID) => {
    if (await node.pins.isPinned(cid)) for await (const _ of node.pins.rm(cid));
  };
  return {
    async putBlock(name: string, bytes: Uint8Array): Promise<void> {
      if (bytes.length > blockBytesMax)
        throw new Error(`Content has ${bytes.length} bytes; the limit of one IPFS block is ${blockBytesMax}.`);
      const digest = createHash('sha256').update(bytes).digest();
      const cid = CID.createV1(raw.code, Digest.create(sha256Code, digest));
      if (cid.toString() !== name) throw new Error(`The content of ${name} has the CID ${cid.toString()}.`);
      await node.blockstore.put(cid, bytes);
      await unpin(cid);
      for await (const _ of node.pins.add(cid, { metadata: { storedMs: Date.now() } }));
    },
    async removeBlock(cid: CID): Promise<void> {
      await unpin(cid);
      // The node would tell its content routers, and has none.
      if (await blocks.has(cid)) await blocks.delete(cid);
    },
  };
}

function isMissing(error: unknown): boolean {
  const names = [
    'NotFoundError',
    'AbortError',
    'TimeoutError',
    'LoadBlockFailedError',
    'InsufficientProvidersError',
    'NoRoutersAvailableError',
  ];
  return error instanceof Error && names.includes(error.name);
}
