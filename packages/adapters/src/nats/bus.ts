/** The bus on NATS JetStream. */

import { setTimeout as pause } from 'node:timers/promises';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import type { Bus, ContentStore } from '@assay/protocol/ports';
import { type JetStreamClient, type JetStreamManager, jetstream } from '@nats-io/jetstream';
import { type KV, Kvm } from '@nats-io/kv';
import { type NatsLink, type NatsOptions, openNatsLink } from './connection.ts';
import { natsContentStore } from './content-store.ts';
import { natsFollow } from './follow.ts';
import { natsLast, natsNext, natsPublish } from './publish.ts';
import { natsRequest, natsRespond } from './request.ts';
import { attemptTimeoutMs, isConflict, withRetries } from './retry.ts';
import { natsWork } from './work.ts';

/** Connects to NATS; bus and content store share the connection. The streams must be there: see `ensureNatsStreams`. */
export async function connectNats(options: NatsOptions): Promise<{ bus: Bus; contentStore: ContentStore }> {
  const link = await openNatsLink(options);
  const js = jetstream(link.nc, { timeout: attemptTimeoutMs });
  const manager = await js.jetstreamManager(false);
  return { bus: busOn(link, js, manager), contentStore: natsContentStore(link, js, manager) };
}

/** Connects to NATS for the bus alone. */
export async function connectNatsBus(options: NatsOptions): Promise<Bus> {
  return (await connectNats(options)).bus;
}

function busOn(link: NatsLink, js: JetStreamClient, manager: JetStreamManager): Bus {
  const opened = new Map<string, Promise<KV>>();
  const bucketOf = (name: string) => {
    const bucket = opened.get(name) ?? new Kvm(js).open(name);
    opened.set(name, bucket);
    return bucket;
  };
  return {
    publish: (subject, data, published = {}) => natsPublish(link, js, manager, subject, data, published),
    work: (work, signal) => natsWork(link, manager, work, signal),
    follow: (stream, follow, signal) => natsFollow(link, manager, stream, follow, signal),
    last: (stream, subject) => natsLast(link, manager, stream, subject),
    next: (stream, subject, afterSequence) => natsNext(link, manager, stream, subject, afterSequence),
    lastSequence: (stream) =>
      withRetries(
        link,
        `Reading the state of ${stream}`,
        async () => (await manager.streams.info(stream)).state.last_seq,
      ),
    request: (subject, data, request) => natsRequest(link.nc, subject, data, request),
    respond: (subject, queue, handler, signal) => natsRespond(link, subject, queue, handler, signal),
    claim: async (bucket, key, value) => claim(link, await bucketOf(bucket), key, value),
    claimed: async (bucket, key) => {
      const opened = await bucketOf(bucket);
      return withRetries(link, `Reading the claim of ${key}`, async () => (await opened.get(key))?.string());
    },
    isReady: () => link.isConnected(),
    close: () => close(link),
  };
}

/** The first to create the key wins; whoever comes later reads what holds, from the leader. */
async function claim(link: NatsLink, bucket: KV, key: string, value: string): Promise<string> {
  return withRetries(link, `Claiming ${key}`, async () => {
    try {
      await bucket.create(key, value);
      return value;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    const entry = await bucket.get(key);
    if (entry === null) throw new Error(`${key} was there and is gone`);
    return entry.string();
  });
}

async function close(link: NatsLink): Promise<void> {
  if (link.isClosed()) return;
  const timer = new AbortController();
  const drained = link.nc
    .drain()
    .catch((error: unknown) => link.log.warn('NATS did not drain', { reason: errorText(error) }));
  const late = pause(limits.shutdownMs / 3, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([link.isConnected() ? drained : undefined, late]);
  timer.abort();
  await link.nc.close();
}
