/** Content on two real Kubo nodes: stored, fetched from the other, pinned, expired, collected, and gone with its node. */
import { join } from 'node:path';
import { kuboContentStore } from '@assay/adapters/content/kubo-content-store';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { tuning } from '@assay/protocol/tuning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isBuilt } from '../cluster/modules.ts';
import { contentContract, named, newPlace, plain, random } from './content-contract.ts';
import { type KuboNode, startKubo } from './kubo-node.ts';
import { temporaryFolder } from './temporary-folder.ts';

const why = !isBuilt('ipfs')
  ? ' (skipped: "npm run test:servers" builds it)'
  : process.env.TEST_SCOPE !== 'whole'
    ? ' (skipped: in the nightly run)'
    : '';
/** What nobody has is searched for as long as `ipfsSearchMs`, one after the other. */
const timeout = 60_000;

describe.skipIf(why !== '')(`on Kubo nodes${why}`, { timeout }, () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let writer: KuboNode;
  let reader: KuboNode;
  let pinsOfNewNode: readonly string[];
  let nowMs = 1_000;

  beforeAll(async () => {
    folder = await temporaryFolder();
    [writer, reader] = await Promise.all([startKubo(join(folder.path, 'a')), startKubo(join(folder.path, 'b'))]);
    await reader.connect(writer);
    pinsOfNewNode = await pinsOf(writer);
  });

  afterAll(async () => {
    await Promise.all([writer?.stop(), reader?.stop()]);
    await folder?.remove();
  });

  /** A client without anything in its cache, as a service has after its start. */
  const clientOf = (node: KuboNode) => kuboContentStore(node.url, () => nowMs);
  const blocksOf = (node: KuboNode) => node.command('refs/local');
  const pinsOf = async (node: KuboNode) =>
    Object.keys((JSON.parse(await node.command('pin/ls?type=recursive')) as { Keys?: object }).Keys ?? {});
  /** Stores bytes at the writer's node. Resolves with their CID. */
  const stored = async (bytes: Uint8Array): Promise<string> => {
    await clientOf(writer).put(newPlace(), named(bytes));
    return contentIdOf(bytes);
  };
  const read = async (node: KuboNode, cid: string) => plain(await clientOf(node).get(cid, newPlace()));

  contentContract(() => ({
    store: clientOf(writer),
    another: clientOf(writer),
    limit: { bytes: tuning.ipfsBlockBytesMax, name: 'ipfsBlockBytesMax' },
  }));

  it('the other node fetches content of any length under the CID that Assay states', async () => {
    for (const bytes of [random(1_000), new Uint8Array(), Buffer.alloc(tuning.ipfsBlockBytesMax, random(99))]) {
      const cid = await stored(bytes);
      expect(await read(reader, cid)).toEqual(plain(bytes));
    }
  });

  it('garbage collection keeps what was put, and takes what was only read', async () => {
    const bytes = random(500);
    const cid = await stored(bytes);
    await read(reader, cid);
    expect(await blocksOf(reader)).toContain(cid);
    expect(await pinsOf(writer)).toContain(cid);
    expect(await pinsOf(reader)).not.toContain(cid);
    await Promise.all([writer.command('repo/gc'), reader.command('repo/gc')]);
    expect(await blocksOf(writer)).toContain(cid);
    expect(await blocksOf(reader)).not.toContain(cid);
    // It comes from the writer's node again.
    expect(await read(reader, cid)).toEqual(bytes);
  });

  it('what is unpinned is gone after garbage collection', async () => {
    const cid = await stored(random(500));
    await writer.command(`pin/rm?arg=${cid}`);
    await writer.command('repo/gc');
    expect(await read(writer, cid)).toBeUndefined();
    expect(await read(reader, cid)).toBeUndefined();
  });

  it('what is too old is unpinned and deleted, what was stored again later not, and nobody else’s pins', async () => {
    const other = await stored(random(40));
    await writer.command(`pin/rm?arg=${other}`);
    await writer.command(`pin/add?arg=${other}&name=photos`);
    const [old, again, young] = [random(30), random(30), random(30)];
    nowMs = 2_000;
    const oldCid = await stored(old);
    await stored(again);
    nowMs = 3_000;
    const kept = [await stored(again), await stored(young), other];
    await clientOf(writer).expire(2_500);
    const pins = await pinsOf(writer);
    expect(pins).toEqual(expect.arrayContaining(kept));
    expect(pins).not.toContain(oldCid);
    expect(await blocksOf(writer)).not.toContain(oldCid);
    await clientOf(writer).expire(4_000);
    expect((await pinsOf(writer)).toSorted()).toEqual([...pinsOfNewNode, other].toSorted());
    expect(await read(writer, other)).toBeDefined();
  });

  it('while its provider is gone, content is not found within the search; afterwards it is', async () => {
    const [seen, unseen] = [random(300), random(300)];
    const [seenCid, unseenCid] = [await stored(seen), await stored(unseen)];
    await read(reader, seenCid);
    await writer.kill();
    const startedMs = performance.now();
    expect(await read(reader, unseenCid)).toBeUndefined();
    expect(performance.now() - startedMs).toBeGreaterThan(0.9 * tuning.ipfsSearchMs);
    // The reader's node keeps what it fetched.
    expect(await read(reader, seenCid)).toEqual(seen);
    await expect(read(writer, seenCid)).rejects.toThrow('does not answer');
    await writer.restart();
    await reader.connect(writer);
    expect(await read(reader, unseenCid)).toEqual(unseen);
  });
});
