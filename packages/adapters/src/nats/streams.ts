/** Creates and updates the streams, key-value buckets and object stores of the network. */
import { durableConsumers } from '@assay/protocol/bus/consumers';
import { objectStores, streamBounds, streams } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  jetstream,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { Objm } from '@nats-io/obj';
import { nanos } from '@nats-io/transport-node';
import { type NatsOptions, openNatsLink } from './connection.ts';
import { attemptTimeoutMs, withRetries } from './retry.ts';
import { makeConsumer } from './work.ts';

const streamNotFound = 10_059;
/** The name is taken; or the subjects are, which servers also say of a stream that somebody else has made this moment. */
const mayBeThere = [10_058, 10_065];

/** Room for headers and framing on top of a message's bytes. */
const framingBytes = 16 * 1024;

/** Where NATS is, who asks, and how many copies of each stream it keeps. */
export interface StreamOptions extends Omit<NatsOptions, 'name'> {
  /** 3 on a cluster; unless given, new streams have 1 and others stay as they are. */
  readonly replicas?: number;
}

/** Makes every stream and object store be there as this version wants it. Several processes may do it at once, and again. */
export async function ensureNatsStreams(options: StreamOptions): Promise<void> {
  const link = await openNatsLink({ ...options, name: 'assay-streams' });
  try {
    const js = jetstream(link.nc, { timeout: attemptTimeoutMs });
    const manager = await js.jetstreamManager(false);
    for (const [name, { subjects }] of Object.entries(streams)) {
      await withRetries(link, `Creating stream ${name}`, () =>
        ensureStream(manager, configOf(name, subjects, options.replicas)),
      );
    }
    for (const store of Object.values(objectStores)) {
      await withRetries(link, `Creating object store ${store}`, () =>
        onceMore(() =>
          new Objm(js).create(store, {
            ttl: nanos(streamBounds.ageMsMax),
            max_bytes: streamBounds.bytesMax,
            replicas: options.replicas ?? 1,
            storage: StorageType.File,
          }),
        ),
      );
    }
  } finally {
    await link.nc.close();
  }
}

/**
 * Makes everything be there that a network with these operators needs on the bus: streams, object stores, and the durable
 * consumers. Services may then run as users that can make nothing.
 */
export async function provisionNats(
  options: StreamOptions & { readonly operators: readonly Hex[] },
): Promise<{ readonly consumers: number }> {
  await ensureNatsStreams(options);
  const link = await openNatsLink({ ...options, name: 'assay-consumers' });
  try {
    const manager = await jetstream(link.nc, { timeout: attemptTimeoutMs }).jetstreamManager(false);
    const wanted = durableConsumers(options.operators);
    for (const consumer of wanted) {
      await withRetries(link, `Creating consumer ${consumer.durable}`, () => makeConsumer(manager, consumer));
    }
    return { consumers: wanted.length };
  } finally {
    await link.nc.close();
  }
}

/** Runs it again where somebody else made the same in this moment: then it finds what is there. */
async function onceMore<T>(create: () => Promise<T>): Promise<T> {
  try {
    return await create();
  } catch (error) {
    if (!isMaybeThere(error)) throw error;
    return create();
  }
}

function isMaybeThere(error: unknown): boolean {
  return error instanceof JetStreamApiError && mayBeThere.includes(error.code);
}

type Config = Partial<StreamConfig> & { name: string };

function configOf(name: string, subjects: readonly string[], replicas: number | undefined): Config {
  return {
    name,
    subjects: [...subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(streamBounds.ageMsMax),
    max_bytes: streamBounds.bytesMax,
    max_msg_size: limits.messageBytesMax + framingBytes,
    duplicate_window: nanos(streamBounds.duplicateWindowMs),
    // Left out, what is there stays as it is: a service that does not know must not undo the operator's choice.
    ...(replicas === undefined ? {} : { num_replicas: replicas }),
    allow_direct: true,
  };
}

async function ensureStream(manager: JetStreamManager, config: Config): Promise<void> {
  try {
    await manager.streams.add(config);
  } catch (error) {
    if (!isMaybeThere(error)) throw error;
    await manager.streams.update(config.name, config).catch((failure: unknown) => {
      const isElsewhere = failure instanceof JetStreamApiError && failure.code === streamNotFound;
      throw isElsewhere ? error : failure;
    });
  }
}
