/** Creates and updates the streams, key-value buckets and object stores of the network. */
import { durableConsumers } from '@assay/protocol/bus/consumers';
import { objectStores, streamBounds, streams } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
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
import { attemptTimeoutMs, withRetries } from './transient-failure.ts';
import { makeConsumer } from './work-consumer.ts';

const streamNotFound = 10_059;
/**
 * The name or the subjects are in use. Servers also report the latter for a stream that another process is creating.
 */
const mayBeThere = [10_058, 10_065];

/** Allowance for headers and framing in addition to a message's bytes. */
const framingBytes = 16 * 1024;

/** Address and identity for NATS, and the number of replicas of each stream. */
export interface StreamOptions extends Omit<NatsOptions, 'name'> {
  /** 3 on a cluster. If absent, new streams have 1 and existing ones do not change. */
  readonly replicas?: number;
}

/**
 * Creates or updates every stream and object store for this version. Idempotent; several processes may do it at once.
 */
export async function ensureNatsStreams(options: StreamOptions): Promise<void> {
  const link = await openNatsLink({ ...options, name: 'assay-streams' });
  try {
    const js = jetstream(link.nc, { timeout: attemptTimeoutMs });
    const manager = await js.jetstreamManager(false);
    for (const [name, { subjects, bytesMax }] of Object.entries(streams)) {
      await withRetries(link, `Creating stream ${name}`, () =>
        ensureStream(manager, configOf(name, { subjects, bytesMax }, options.replicas)),
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
 * Creates everything on the bus for a network with these operators: streams, object stores and durable consumers.
 * Services can then run as users without create permissions.
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

/** Retries if another process created the same at the same time: the retry finds the result. */
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

function configOf(
  name: string,
  { subjects, bytesMax }: { readonly subjects: readonly string[]; readonly bytesMax: number },
  replicas: number | undefined,
): Config {
  return {
    name,
    subjects: [...subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(streamBounds.ageMsMax),
    max_bytes: streamBounds.bytesMax,
    max_msg_size: bytesMax + framingBytes,
    duplicate_window: nanos(streamBounds.duplicateWindowMs),
    // If omitted, existing values stay: a service that does not know them must not undo the operator's choice.
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
