/** The bus on NATS JetStream. */

import { setTimeout as pause } from 'node:timers/promises';
import { errorText } from '@assay/protocol/error-text';
import type { Bus, ContentStore } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { type JetStreamClient, type JetStreamManager, jetstream } from '@nats-io/jetstream';
import type { ContentMemory } from '../content/content-cache.ts';
import { type NatsLink, type NatsOptions, openNatsLink } from './connection.ts';
import { natsContentStore } from './content-store.ts';
import { natsErase } from './erase.ts';
import { natsFollow } from './follow.ts';
import { natsLast, natsNext, natsPublish } from './publish.ts';
import { natsRequest, natsRespond } from './request.ts';
import { attemptTimeoutMs, withRetries } from './transient-failure.ts';
import { natsWork } from './work-consumer.ts';

/** Connects to NATS; bus and content store share the connection. The streams must be there: see `ensureNatsStreams`. */
export async function connectNats(
  options: NatsOptions,
  memory?: ContentMemory,
): Promise<{ bus: Bus; contentStore: ContentStore }> {
  const link = await openNatsLink(options);
  const js = jetstream(link.nc, { timeout: attemptTimeoutMs });
  const manager = await js.jetstreamManager(false);
  return { bus: busOn(link, js, manager), contentStore: natsContentStore(link, js, manager, memory) };
}

/** Connects to NATS for the bus alone. */
export async function connectNatsBus(options: NatsOptions): Promise<Bus> {
  return (await connectNats(options)).bus;
}

function busOn(link: NatsLink, js: JetStreamClient, manager: JetStreamManager): Bus {
  return {
    publish: (subject, data, published = {}) => natsPublish(link, js, manager, subject, data, published),
    work: (work, signal) => natsWork(link, manager, work, signal),
    follow: (stream, follow, signal) => natsFollow(link, manager, stream, follow, signal),
    last: (stream, subject) => natsLast(link, manager, stream, subject),
    next: (stream, subject, afterSequence) => natsNext(link, manager, stream, subject, afterSequence),
    erase: (stream, subject, mark) => natsErase(link, manager, stream, subject, mark),
    lastSequence: (stream) =>
      withRetries(
        link,
        `Reading the state of ${stream}`,
        async () => (await manager.streams.info(stream)).state.last_seq,
      ),
    extent: (stream) =>
      withRetries(link, `Reading the state of ${stream}`, async () => {
        const { first_seq: first, last_seq: last, messages } = (await manager.streams.info(stream)).state;
        return { first: messages === 0 ? last + 1 : first, last };
      }),
    request: (subject, data, request) => natsRequest(link.nc, subject, data, request),
    respond: (subject, queue, handler, signal) => natsRespond(link, subject, queue, handler, signal),
    isReady: () => link.isConnected(),
    close: () => close(link),
  };
}

async function close(link: NatsLink): Promise<void> {
  if (link.isClosed()) return;
  const timer = new AbortController();
  const drained = link.nc
    .drain()
    .catch((error: unknown) => link.log.warn('NATS did not drain', { reason: errorText(error) }));
  const late = pause(tuning.shutdownMs / 3, undefined, { signal: timer.signal }).catch(() => undefined);
  await Promise.race([link.isConnected() ? drained : undefined, late]);
  timer.abort();
  await link.nc.close();
}
