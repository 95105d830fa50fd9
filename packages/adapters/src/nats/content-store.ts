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
import { type ContentMemory, freshContentMemory } from '../content/content-cache.ts';
import type { NatsLink } from './connection.ts';
import { natsErase } from './erase.ts';
import { natsPublish } from './publish.ts';
import { isFull, withRetries } from './transient-failure.ts';

const stream = 'CONTENTS';

/** Contents by CID, unverified. */
type Contents = ReadonlyMap<string, Uint8Array>;

/** Which server is asked for the last message of a subject. */
type Ask = (subject: string) => Promise<Pick<StoredMsg, 'data'> | null>;

/** The content store on an open connection. `put` rejects with StoreFull when the stream takes no more. */
export function natsContentStore(
  link: NatsLink,
  js: JetStreamClient,
  manager: JetStreamManager,
  cache: ContentMemory = freshContentMemory(),
): ContentStore {
  const publish = async (subject: string, data: Uint8Array) => {
    const once = { messageId: subject, expectLastSubjectSequence: 0 };
    const published = await natsPublish(link, js, manager, subject, data, once).catch((error: unknown) => {
      throw isFull(error) ? new StoreFull(error) : error;
    });
    return published.status === 'stored' ? 'stored' : 'known';
  };
  // Once while repeats are dropped: the mark stands by then.
  const mark = (subject: string) =>
    natsPublish(link, js, manager, subject, emptyPack, { messageId: `removed ${subject}` });
  const read = sharedReads((subject) => readNearest(link, manager, subject));
  return {
    async put({ kind, id }, contents) {
      for (const bytes of contents.values()) checkLength(bytes);
      if (kind === 'task') return putPack(publish, read, id, contents);
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
    async remove({ kind, id }, cids) {
      for (const cid of cids) cache.delete(cid);
      const erase = () => natsErase(link, manager, stream, subjects.contentsOf(id), emptyPack);
      // Twice: a full stream has room for the marks only after the first time, and more may have come before they stood.
      await erase();
      await Promise.all((kind === 'task' ? ['0'] : cids).map((name) => mark(subjects.content(id, name))));
      await erase();
    },
    placesAreApart: true,
    // The stream has an age.
    expire: async () => undefined,
  };
}

type Publish = (subject: string, data: Uint8Array) => Promise<'stored' | 'known'>;

/** In the place of contents that were removed: while it stands, none are put there. */
const emptyPack = onlyOne(packContents(new Map()));

/** The first message is the last that is written: who finds it finds the others. */
async function putPack(
  publish: Publish,
  read: (subject: string) => Promise<Pack>,
  id: ContentPlace['id'],
  contents: Contents,
): Promise<'stored' | 'known'> {
  const [first = new Uint8Array(), ...others] = packContents(contents);
  // Of a task that was removed, the others would stay.
  if (others.length > 0 && (await read(subjects.content(id, '0'))).isMark) return 'known';
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
  /** It stands for contents that were removed. */
  readonly isMark?: boolean;
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
  return pack?.ok === true ? { ...pack.value, isMark: pack.value.contents.size === 0 } : nothing;
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

function checkLength({ length }: Uint8Array): void {
  if (length > limits.contentBytesMax)
    throw new Error(`Content has ${length} bytes; the limit is ${limits.contentBytesMax} (contentBytesMax).`);
}

function onlyOne([message = new Uint8Array()]: readonly Uint8Array[]): Uint8Array {
  return message;
}
