/** Content by CID in a JetStream key-value bucket, with what was used last kept in memory. */
import { contentIdOf, isContentOf } from '@assay/protocol/content-id';
import { limits } from '@assay/protocol/limits';
import type { ContentStore } from '@assay/protocol/ports';
import { buckets } from '@assay/protocol/subjects';
import type { JetStreamClient } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { ContentCache } from './content-cache.ts';
import type { NatsLink } from './nats-connection.ts';
import { isConflict, withRetries } from './nats-retry.ts';

/** The content store on an open connection. Putting what is there already is no error. */
export async function natsContentStore(link: NatsLink, js: JetStreamClient): Promise<ContentStore> {
  const kvm = new Kvm(js);
  const nearest = await kvm.open(buckets.content, { allow_direct: true });
  const leader = await kvm.open(buckets.content, { allow_direct: false });
  const cache = new ContentCache();
  return {
    async put(bytes) {
      if (bytes.length > limits.messageBytesMax) {
        throw new Error(`Content has ${bytes.length} bytes; the limit is ${limits.messageBytesMax} (messageBytesMax).`);
      }
      const cid = contentIdOf(bytes);
      if (cache.get(cid) !== undefined) return cid;
      await store(link, leader, cid, bytes);
      cache.set(cid, bytes);
      return cid;
    },
    async get(cid) {
      const cached = cache.get(cid);
      if (cached !== undefined) return cached;
      // Any replica may answer; only the leader knows that there is nothing.
      const found = (await read(link, nearest, cid)) ?? (await read(link, leader, cid));
      if (found !== undefined && isContentOf(cid, found)) cache.set(cid, found);
      return found;
    },
  };
}

async function store(link: NatsLink, bucket: KV, cid: string, bytes: Uint8Array): Promise<void> {
  await withRetries(link, `Storing content ${cid}`, async () => {
    try {
      await bucket.create(cid, bytes);
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  });
}

function read(link: NatsLink, bucket: KV, cid: string): Promise<Uint8Array | undefined> {
  return withRetries(link, `Reading content ${cid}`, async () => {
    const entry = await bucket.get(cid);
    return entry === null || entry.operation !== 'PUT' ? undefined : entry.value;
  });
}
