/**
 * Content by CID on the stream CONTENTS, with a cache of recently used content. The contents of a task are one message
 * as long as they fit into one: stored in one write, read in one. Read by direct gets, so a reader needs no consumer,
 * which could be told to deliver elsewhere.
 */
import { subjects } from '@assay/protocol/bus/subjects';
import { limits } from '@assay/protocol/limits';
import type { ContentStore } from '@assay/protocol/ports';
import { isContentOf } from '@assay/protocol/task/content-id';
import { packContents, unpackContents } from '@assay/protocol/task/content-pack';
import type { ContentPlace } from '@assay/protocol/task/content-place';
import { StoreFull } from '@assay/protocol/task/store-full';
import type { JetStreamClient, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { ContentCache } from '../content/content-cache.ts';
import type { NatsLink } from './connection.ts';
import { natsPublish } from './publish.ts';
import { isFull, withRetries } from './transient-failure.ts';

const stream = 'CONTENTS';

/** More messages than all contents of a place can have. */
const removalsMax = 4 * limits.submissionsMax;

/** Contents by CID, unverified. */
type Contents = ReadonlyMap<string, Uint8Array>;

/** Which server is asked for the last message of a subject. */
type Ask = (subject: string) => Promise<Pick<StoredMsg, 'data'> | null>;

/** The content store on an open connection. `put` rejects with StoreFull when the stream takes no more. */
export function natsContentStore(link: NatsLink, js: JetStreamClient, manager: JetStreamManager): ContentStore {
  const cache = new ContentCache();
  const publish = async (subject: string, data: Uint8Array) => {
    const once = { messageId: subject, expectLastSubjectSequence: 0 };
    const published = await natsPublish(link, js, manager, subject, data, once).catch((error: unknown) => {
      throw isFull(error) ? new StoreFull(error) : error;
    });
    return published.status === 'stored' ? 'stored' : 'known';
  };
  const read = sharedReads((subject) => readNearest(link, manager, subject));
  return {
    async put({ kind, id }, contents) {
      for (const bytes of contents.values()) checkLength(bytes);
      if (kind === 'task') return putPack(publish, id, contents);
      const stored = await Promise.all(
        [...contents].map(([cid, bytes]) =>
          publish(subjects.content(id, cid), onlyOne(packContents(new Map([[cid, bytes]])))),
        ),
      );
      return stored.includes('stored') ? 'stored' : 'known';
    },
    async get(cid, place) {
      const cached = cache.get(cid);
      if (cached !== undefined) return cached;
      const contents = await contentsAt(read, cid, place);
      for (const [other, bytes] of contents) if (isContentOf(other, bytes)) cache.set(other, bytes.slice());
      return contents.get(cid);
    },
    async remove({ id }, cids) {
      for (const cid of cids) cache.delete(cid);
      await withRetries(link, `Deleting the contents of ${id}`, () => removeAll(manager, subjects.contentsOf(id)));
    },
    // The stream has an age.
    expire: async () => undefined,
  };
}

type Publish = (subject: string, data: Uint8Array) => Promise<'stored' | 'known'>;

/** The first message is the last that is written: who finds it finds the others. */
async function putPack(publish: Publish, id: ContentPlace['id'], contents: Contents): Promise<'stored' | 'known'> {
  const [first = new Uint8Array(), ...others] = packContents(contents);
  await Promise.all(others.map((message, index) => publish(subjects.content(id, String(index + 1)), message)));
  return publish(subjects.content(id, '0'), first);
}

/** The contents of the messages that hold a content's neighbours. */
async function contentsAt(
  read: (subject: string) => Promise<Pack>,
  cid: string,
  place: ContentPlace,
): Promise<Contents> {
  if (place.kind === 'question') return (await read(subjects.content(place.id, cid))).contents;
  const first = await read(subjects.content(place.id, '0'));
  if (first.contents.has(cid) || first.messages === 1) return first.contents;
  const others = Array.from({ length: first.messages - 1 }, (_, index) =>
    read(subjects.content(place.id, String(index + 1))),
  );
  const found = await Promise.all(others);
  return new Map([first, ...found].flatMap(({ contents }) => [...contents]));
}

interface Pack {
  readonly messages: number;
  readonly contents: Contents;
}

const nothing: Pack = { messages: 1, contents: new Map() };

/** What a message holds; nothing if there is none, or if it is no message of contents. */
async function readNearest(link: NatsLink, manager: JetStreamManager, subject: string): Promise<Pack> {
  // Any replica may answer; only the leader knows that a message does not exist.
  const nearest: Ask = (last) => manager.direct.getMessage(stream, { last_by_subj: last });
  const leader: Ask = (last) => manager.streams.getMessage(stream, { last_by_subj: last });
  const found = await withRetries(
    link,
    `Reading content ${subject}`,
    async () => (await nearest(subject)) ?? (await leader(subject)),
  );
  const pack = found === null ? undefined : unpackContents(found.data);
  return pack?.ok === true ? pack.value : nothing;
}

/** Reads that are under way are shared: a task's contents are asked for at once, and are in one message. */
function sharedReads(read: (subject: string) => Promise<Pack>): (subject: string) => Promise<Pack> {
  const underWay = new Map<string, Promise<Pack>>();
  return (subject) => {
    const shared = underWay.get(subject);
    if (shared !== undefined) return shared;
    const started = read(subject).finally(() => underWay.delete(subject));
    underWay.set(subject, started);
    return started;
  };
}

/** Deletes each message of a subject with wildcards; the server overwrites its bytes on the disk. */
async function removeAll(manager: JetStreamManager, subject: string): Promise<void> {
  for (let seq = 1, removed = 0; removed < removalsMax; removed += 1) {
    const found = await manager.direct.getMessage(stream, { seq, next_by_subj: subject });
    if (found === null) return;
    await manager.streams.deleteMessage(stream, found.seq, true);
    seq = found.seq + 1;
  }
}

function checkLength({ length }: Uint8Array): void {
  if (length > limits.contentBytesMax)
    throw new Error(`Content has ${length} bytes; the limit is ${limits.contentBytesMax} (contentBytesMax).`);
}

function onlyOne([message = new Uint8Array()]: readonly Uint8Array[]): Uint8Array {
  return message;
}
