/**
 * Content by CID in JetStream's object store (NATS ADR-20), with a cache of recently used content. Read by direct gets of
 * an object's messages: a reader therefore needs no consumer, which could be told to deliver elsewhere, and content of
 * one message takes two round trips. Written by the same messages as the object store's client, without its questions,
 * which the name answers: a CID has one content.
 */
import { createHash } from 'node:crypto';

import { objectStoreSubjects, objectStores } from '@assay/protocol/bus/subjects';
import { limits } from '@assay/protocol/limits';
import type { ContentStore } from '@assay/protocol/ports';
import { contentIdOf, isContentOf } from '@assay/protocol/task/content-id';
import { StoreFull } from '@assay/protocol/task/store-full';
import type { JetStreamClient, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { headers, nuid } from '@nats-io/transport-node';
import { ContentCache } from '../content/content-cache.ts';
import type { NatsLink } from './connection.ts';
import { attemptTimeoutMs, isFull, withRetries } from './transient-failure.ts';

/** Which server is asked for a message of the store. */
type Question = { readonly last_by_subj: string } | { readonly seq: number; readonly next_by_subj: string };
type Ask = (question: Question) => Promise<Pick<StoredMsg, 'data' | 'seq'> | null>;

/** The message replaces earlier ones of its subject (NATS ADR-9). */
const rollupHeader = 'Nats-Rollup';

const { stream, chunksOf, metaOf } = objectStoreSubjects(objectStores.content);

/** The content store on an open connection. Storing existing content is not an error; `put` rejects with StoreFull. */
export function natsContentStore(link: NatsLink, js: JetStreamClient, manager: JetStreamManager): ContentStore {
  const nearest: Ask = (question) => manager.direct.getMessage(stream, question);
  const leader: Ask = (question) => manager.streams.getMessage(stream, question);
  const cache = new ContentCache();
  return {
    async put(bytes) {
      if (bytes.length > limits.contentBytesMax) {
        throw new Error(`Content has ${bytes.length} bytes; the limit is ${limits.contentBytesMax} (contentBytesMax).`);
      }
      const cid = contentIdOf(bytes);
      if (cache.get(cid) !== undefined) return cid;
      await withRetries(link, `Storing content ${cid}`, async () => {
        // New content is the usual case. Another replica may not know yet that content was deleted; the leader does.
        if (!((await isThere(nearest, cid)) && (await isThere(leader, cid)))) await write(js, cid, bytes);
      }).catch((error: unknown) => {
        throw isFull(error) ? new StoreFull(error) : error;
      });
      cache.set(cid, bytes);
      return cid;
    },
    async get(cid) {
      const cached = cache.get(cid);
      if (cached !== undefined) return cached;
      // Any replica may answer; only the leader knows that a message does not exist.
      const found = await withRetries(
        link,
        `Reading content ${cid}`,
        async () => (await read(nearest, cid)) ?? (await read(leader, cid)),
      );
      if (found !== undefined && isContentOf(cid, found)) cache.set(cid, found);
      return found;
    },
  };
}

/**
 * Chunks as large as a message may be, so that fewer are requested; then the description, which replaces an earlier one.
 * If two write the same at once, both succeed and the last counts.
 */
async function write(js: JetStreamClient, cid: string, bytes: Uint8Array): Promise<void> {
  const id = nuid.next();
  const options = { timeout: attemptTimeoutMs };
  let chunks = 0;
  for (let start = 0; start < bytes.length; start += limits.messageBytesMax, chunks += 1)
    await js.publish(chunksOf(id), bytes.subarray(start, start + limits.messageBytesMax), options);
  const description = {
    name: cid,
    bucket: objectStores.content,
    nuid: id,
    size: bytes.length,
    chunks,
    digest: digestOf(bytes),
    mtime: new Date().toISOString(),
    deleted: false,
    options: { max_chunk_size: limits.messageBytesMax },
  };
  const replaces = headers();
  replaces.set(rollupHeader, 'sub');
  await js.publish(metaOf(cid), JSON.stringify(description), { ...options, headers: replaces });
}

/** As the object store's clients check it: base64url, with its padding. */
function digestOf(bytes: Uint8Array): string {
  const digest = createHash('sha256').update(bytes).digest('base64url');
  return `SHA-256=${digest.padEnd(4 * Math.ceil(digest.length / 4), '=')}`;
}

async function isThere(ask: Ask, cid: string): Promise<boolean> {
  const stored = await ask({ last_by_subj: metaOf(cid) });
  return stored !== null && metaIn(stored.data) !== undefined;
}

/** The object's bytes; undefined if it or one of its chunks is missing. Bounded, whatever the store returns. */
async function read(ask: Ask, cid: string): Promise<Uint8Array | undefined> {
  const stored = await ask({ last_by_subj: metaOf(cid) });
  const meta = stored === null ? undefined : metaIn(stored.data);
  if (meta === undefined) return undefined;
  const subject = chunksOf(meta.nuid);
  if (meta.chunks === 1) return (await ask({ last_by_subj: subject }))?.data;
  const bytes = new Uint8Array(meta.size);
  let filled = 0;
  for (let chunk = 0, seq = 1; chunk < meta.chunks; chunk += 1) {
    const found = await ask({ seq, next_by_subj: subject });
    if (found === null || filled + found.data.length > bytes.length) return undefined;
    bytes.set(found.data, filled);
    filled += found.data.length;
    seq = found.seq + 1;
  }
  return filled === bytes.length ? bytes : undefined;
}

/**
 * The description in an object's last message; undefined for a deleted object, and for anything that no client writes.
 */
function metaIn(data: Uint8Array): { nuid: string; chunks: number; size: number } | undefined {
  const { nuid, chunks, size, deleted } = jsonIn(data);
  const isCount = (value: unknown, max: number): value is number =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= max;
  const sound =
    typeof nuid === 'string' &&
    /^\w+$/.test(nuid) &&
    isCount(size, limits.contentBytesMax) &&
    isCount(chunks, limits.contentChunksMax);
  return sound && deleted !== true ? { nuid, chunks, size } : undefined;
}

function jsonIn(data: Uint8Array): Record<string, unknown> {
  try {
    return Object(JSON.parse(new TextDecoder().decode(data)));
  } catch {
    return {};
  }
}
