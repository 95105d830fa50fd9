/** Creates and updates the streams of the network. */
import { durableConsumers } from '@assay/protocol/bus/consumers';
import {
  agedAsContent,
  ageMsMaxOf,
  latestOnly,
  refusesWhenFull,
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
  /** How long content is kept. If absent, for a new stream `limits.contentAgeMs`; an existing one does not change. */
  readonly contentAgeMs?: number;
}

/**
 * Creates or updates every stream for this version. Idempotent; several processes may do it at once.
 */
export async function ensureNatsStreams(options: StreamOptions): Promise<void> {
  const link = await openNatsLink({ ...options, name: 'assay-streams' });
  try {
    const js = jetstream(link.nc, { timeout: attemptTimeoutMs });
    const manager = await js.jetstreamManager(false);
    for (const name of Object.keys(streams) as StreamName[]) {
      await withRetries(link, `Creating stream ${name}`, () => ensureStream(manager, name, options));
    }
  } finally {
    await link.nc.close();
  }
}

/**
 * Creates everything on the bus for a network with these operators, whose policies use these roles (all if absent):
 * streams and durable consumers.
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

function isMaybeThere(error: unknown): boolean {
  return error instanceof JetStreamApiError && mayBeThere.includes(error.code);
}

type Chosen = Pick<StreamOptions, 'replicas' | 'storageBytes' | 'contentAgeMs'>;

/** What operators decide. If omitted, existing values stay: a service that does not know them must not undo it. */
function chosenOf(name: StreamName, { replicas, storageBytes, contentAgeMs }: Chosen): Partial<StreamConfig> {
  return {
    ...(agedAsContent.has(name) && contentAgeMs !== undefined ? agesOf(contentAgeMs) : {}),
    ...(replicas === undefined ? {} : { num_replicas: replicas }),
    ...(storageBytes === undefined ? {} : { max_bytes: storageBytesOf(name, storageBytes) }),
  };
}

/** The server takes no window for repeats that is longer than the age. */
function agesOf(contentAgeMs: number): Partial<StreamConfig> {
  const windowMs = Math.min(contentAgeMs, streamBounds.duplicateWindowMs);
  return { max_age: nanos(contentAgeMs), duplicate_window: nanos(windowMs) };
}

function configOf(name: StreamName, options: Chosen): Partial<StreamConfig> {
  const { subjects, bytesMax } = streams[name];
  return {
    subjects: [...subjects],
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    discard: refusesWhenFull.has(name) ? DiscardPolicy.New : DiscardPolicy.Old,
    ...(latestOnly.has(name) ? { max_msgs_per_subject: 1 } : {}),
    max_msg_size: bytesMax + framingBytes,
    duplicate_window: nanos(streamBounds.duplicateWindowMs),
    allow_direct: true,
    ...chosenOf(name, options),
  };
}

async function ensureStream(manager: JetStreamManager, name: StreamName, options: Chosen): Promise<void> {
  const config = configOf(name, options);
  const age = { max_age: nanos(ageMsMaxOf(name)) };
  try {
    await manager.streams.add({ name, max_bytes: storageBytesOf(name, storageBytesDefault), ...age, ...config });
  } catch (error) {
    if (!isMaybeThere(error)) throw error;
    // Operators choose how long content is kept.
    const kept = agedAsContent.has(name) ? config : { ...age, ...config };
    await manager.streams.update(name, kept).catch((failure: unknown) => {
      const isElsewhere = failure instanceof JetStreamApiError && failure.code === streamNotFound;
      throw isElsewhere ? error : failure;
    });
  }
}
