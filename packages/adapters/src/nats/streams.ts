/** Creates and updates the streams, key-value buckets and object stores of the network. */
import { durableConsumers } from '@assay/protocol/bus/consumers';
import {
  ageMsMaxOf,
  latestOnly,
  objectStoreSubjects,
  objectStores,
  type StreamName,
  streamBounds,
  streams,
} from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Role } from '@assay/protocol/observation/role';
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
import { storageBytesDefault, storageBytesOf } from './storage-shares.ts';
import { attemptTimeoutMs, withRetries } from './transient-failure.ts';
import { makeConsumer } from './work-consumer.ts';

const streamNotFound = 10_059;
/**
 * The name or the subjects are in use. Servers also report the latter for a stream that another process is creating, and
 * before both that the disk has no room for it.
 */
const mayBeThere = [10_058, 10_065, 10_047];

/** Allowance for headers and framing in addition to a message's bytes. */
const framingBytes = 16 * 1024;

/** Address and identity for NATS, and the number of replicas of each stream. */
export interface StreamOptions extends Omit<NatsOptions, 'name'> {
  /** 3 on a cluster. If absent, new streams have 1 and existing ones do not change. */
  readonly replicas?: number;
  /**
   * What all streams and stores together may use of the disk of each server. If absent, new ones are sized for a
   * default, and existing ones do not change.
   */
  readonly storageBytes?: number;
}

/**
 * Creates or updates every stream and object store for this version. Idempotent; several processes may do it at once.
 */
export async function ensureNatsStreams(options: StreamOptions): Promise<void> {
  const link = await openNatsLink({ ...options, name: 'assay-streams' });
  try {
    const js = jetstream(link.nc, { timeout: attemptTimeoutMs });
    const manager = await js.jetstreamManager(false);
    for (const name of Object.keys(streams) as StreamName[]) {
      await withRetries(link, `Creating stream ${name}`, () => ensureStream(manager, name, options));
    }
    await withRetries(link, `Creating object store ${objectStores.content}`, () =>
      ensureContentStore(manager, new Objm(js), options),
    );
  } finally {
    await link.nc.close();
  }
}

/**
 * Creates everything on the bus for a network with these operators, whose policies use these roles (all if absent):
 * streams, object stores and durable consumers.
 * Services can then run as users without create permissions.
 */
export async function provisionNats(
  options: StreamOptions & { readonly operators: readonly Hex[]; readonly roles?: readonly Role[] },
): Promise<{ readonly consumers: number }> {
  await ensureNatsStreams(options);
  const link = await openNatsLink({ ...options, name: 'assay-consumers' });
  try {
    const manager = await jetstream(link.nc, { timeout: attemptTimeoutMs }).jetstreamManager(false);
    const wanted = durableConsumers(options.operators, options.roles);
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

type Sizes = Pick<StreamOptions, 'replicas' | 'storageBytes'>;

/** What the operator of NATS decides. If omitted, existing values stay: a service that does not know them must not undo it. */
function sizesOf(name: StreamName | 'content', { replicas, storageBytes }: Sizes): Partial<StreamConfig> {
  return {
    ...(replicas === undefined ? {} : { num_replicas: replicas }),
    ...(storageBytes === undefined ? {} : { max_bytes: storageBytesOf(name, storageBytes) }),
  };
}

function configOf(name: StreamName, options: Sizes): Partial<StreamConfig> {
  const { subjects, bytesMax } = streams[name];
  return {
    subjects: [...subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_age: nanos(ageMsMaxOf(name)),
    ...(latestOnly.has(name) ? { max_msgs_per_subject: 1 } : {}),
    max_msg_size: bytesMax + framingBytes,
    duplicate_window: nanos(streamBounds.duplicateWindowMs),
    allow_direct: true,
    ...sizesOf(name, options),
  };
}

async function ensureStream(manager: JetStreamManager, name: StreamName, options: Sizes): Promise<void> {
  const config = configOf(name, options);
  try {
    await manager.streams.add({ name, max_bytes: storageBytesOf(name, storageBytesDefault), ...config });
  } catch (error) {
    if (!isMaybeThere(error)) throw error;
    await manager.streams.update(name, config).catch((failure: unknown) => {
      const isElsewhere = failure instanceof JetStreamApiError && failure.code === streamNotFound;
      throw isElsewhere ? error : failure;
    });
  }
}

async function ensureContentStore(manager: JetStreamManager, stores: Objm, options: Sizes): Promise<void> {
  const store = objectStores.content;
  await onceMore(() =>
    stores.create(store, {
      ttl: nanos(streamBounds.ageMsMax),
      max_bytes: storageBytesOf('content', options.storageBytes ?? storageBytesDefault),
      replicas: options.replicas ?? 1,
      storage: StorageType.File,
    }),
  );
  const sizes = sizesOf('content', options);
  if (Object.keys(sizes).length > 0) await manager.streams.update(objectStoreSubjects(store).stream, sizes);
}
