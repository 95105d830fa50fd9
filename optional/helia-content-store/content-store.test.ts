/** Two nodes in one process on the loopback interface: one stores content, the other fetches it by bitswap. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { CID } from 'multiformats/cid';
import * as Digest from 'multiformats/hashes/digest';
import { type HeliaContentStore, openHelia } from './content-store.ts';

const log = { info: () => undefined, warn: () => undefined };
const listen = '/ip4/127.0.0.1/tcp/0';
let dir: string;
let writer: HeliaContentStore;
let reader: HeliaContentStore;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assay-helia-'));
  writer = await openHelia({ dir: join(dir, 'writer'), listen, peers: [] }, log);
  reader = await openHelia({ dir: join(dir, 'reader'), listen, peers: writer.addresses }, log);
});

after(async () => {
  await Promise.all([reader?.close(), writer?.close()]);
  await rm(dir, { recursive: true, force: true });
});

const cidOf = (bytes: Uint8Array) =>
  CID.createV1(0x55, Digest.create(0x12, createHash('sha256').update(bytes).digest())).toString();
const place = { kind: 'task', id: '0x01' };
/** Stores one content, and gives its CID. */
async function put(store: HeliaContentStore, bytes: Uint8Array): Promise<string> {
  await store.put(place, new Map([[cidOf(bytes), bytes]]));
  return cidOf(bytes);
}

/** Whether bytes match a CID (raw, sha2-256). */
const isContentOf = (cid: string, bytes: Uint8Array) =>
  Buffer.compare(CID.parse(cid).multihash.digest, createHash('sha256').update(bytes).digest()) === 0;

void test('what is put is found by another node under its CID, up to the size of a block', async () => {
  for (const size of [0, 1, 256 * 1024, 1024 * 1024]) {
    const bytes = new Uint8Array(randomBytes(size));
    const cid = await put(writer, bytes);
    assert.match(cid, /^bafkrei/);
    assert.ok(isContentOf(cid, bytes));
    assert.deepEqual(Buffer.from((await reader.get(cid)) ?? [1]), Buffer.from(bytes));
    assert.equal(await put(writer, bytes), cid);
  }
  await assert.rejects(put(writer, new Uint8Array(1024 * 1024 + 1)), /limit of one IPFS block/);
});

void test('there is nothing under a CID that nobody put', { timeout: 20_000 }, async () => {
  const other = await openHelia({ dir: join(dir, 'other'), listen, peers: [] }, log);
  const cid = await put(other, new Uint8Array(randomBytes(10)));
  await other.close();
  assert.equal(await reader.get(cid), undefined);
});

void test('the garbage collection leaves what is pinned, and takes it once it is not', async () => {
  const bytes = new Uint8Array(randomBytes(100));
  const cid = await put(writer, bytes);
  await writer.collectGarbage();
  assert.deepEqual(Buffer.from((await writer.get(cid)) ?? []), Buffer.from(bytes));
  await writer.remove(place, [cid]);
  await writer.collectGarbage();
  assert.equal(await writer.get(cid), undefined);
});

void test('what was last stored before a time is unpinned and deleted', async () => {
  const [old, again] = [new Uint8Array(randomBytes(90)), new Uint8Array(randomBytes(90))];
  for (const bytes of [old, again]) await put(writer, bytes);
  const betweenMs = Date.now() + 1;
  while (Date.now() <= betweenMs) await new Promise(setImmediate);
  await put(writer, again);
  await writer.expire(betweenMs + 1);
  assert.equal(await writer.get(cidOf(old)), undefined);
  assert.deepEqual(Buffer.from((await writer.get(cidOf(again))) ?? []), Buffer.from(again));
});

void test('bytes that somebody changed on the disk are not believed: they are not those of the CID', async () => {
  const cid = await put(writer, new Uint8Array(randomBytes(77)));
  const blocks = join(dir, 'writer', 'blocks');
  const files = (await readdir(blocks, { recursive: true })).filter((name) => name.endsWith('.data'));
  for (const name of files) await writeFile(join(blocks, name), 'forged');
  const found = await writer.get(cid);
  assert.equal(Buffer.from(found ?? []).toString(), 'forged');
  assert.equal(isContentOf(cid, found ?? new Uint8Array()), false);
});
