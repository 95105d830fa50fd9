/** A durable pull consumer that replicas share, as an iterable of deliveries. */
import { limits } from '@assay/protocol/limits';
import type { Delivery, WorkOptions } from '@assay/protocol/ports';
import {
  AckPolicy,
  type ConsumerConfig,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager,
} from '@nats-io/jetstream';
import { type Msg, nanos } from '@nats-io/transport-node';
import type { NatsLink } from './connection.ts';
import { deliveryInfoOf, toBusMessage } from './message.ts';
import { NatsPull } from './pull.ts';

const ackPendingMaxDefault = 10_000;
const consumerNotFound = 10_014;
const consumerInUse = [10_012, 10_013, 10_105, 10_148];
const pullRequestsMax = 4_096;
const encoder = new TextEncoder();
const acknowledged = encoder.encode('+ACK');
const terminated = encoder.encode('+TERM');
const refused = encoder.encode('-NAK');
const inProgress = encoder.encode('+WPI');

/**
 * Deliveries until the signal aborts. Messages that were fetched and not handed to the caller are given back
 * immediately.
 */
export async function* natsWork(
  link: NatsLink,
  manager: JetStreamManager,
  options: WorkOptions,
  signal: AbortSignal,
): AsyncGenerator<Delivery> {
  const stopped = new AbortController();
  const until = AbortSignal.any([signal, stopped.signal]);
  const pull = new NatsPull(
    link,
    {
      stream: options.stream,
      creditsMax: options.concurrency,
      open: () => ensureConsumer(manager, options),
      isNext: () => true,
      giveBack: (message) => message.respond(refused),
    },
    until,
  );
  const giveBack = () => {
    if (!link.isClosed()) for (const message of pull.leftOver()) message.respond(refused);
  };
  until.addEventListener('abort', giveBack, { once: true });
  try {
    for (let message = await pull.next(); message !== undefined; message = await pull.next()) {
      yield deliveryOf(link, message, () => pull.release());
    }
  } finally {
    stopped.abort();
  }
}

/**
 * Uses the existing consumer if it matches, otherwise creates or updates it. An installer may have created it before.
 */
async function ensureConsumer(manager: JetStreamManager, options: WorkOptions): Promise<string> {
  const wanted = changeableConfig(options);
  const held = await heldConfig(manager, options);
  if (held === undefined) await makeConsumer(manager, options);
  else if (Object.entries(wanted).some(([name, value]) => held[name as keyof ConsumerConfig] !== value))
    await manager.consumers.update(options.stream, options.durable, wanted);
  return options.durable;
}

/** Creates a durable consumer, or updates one that another process created in the meantime or with other limits. */
export async function makeConsumer(
  manager: JetStreamManager,
  options: Omit<WorkOptions, 'concurrency'>,
): Promise<void> {
  const wanted = changeableConfig(options);
  try {
    await manager.consumers.add(options.stream, {
      ...wanted,
      durable_name: options.durable,
      ack_policy: AckPolicy.Explicit,
      deliver_policy: DeliverPolicy.All,
      max_waiting: pullRequestsMax,
    });
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || !consumerInUse.includes(error.code)) throw error;
    await manager.consumers.update(options.stream, options.durable, wanted);
  }
}

async function heldConfig(manager: JetStreamManager, options: WorkOptions): Promise<ConsumerConfig | undefined> {
  try {
    return (await manager.consumers.info(options.stream, options.durable)).config;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === consumerNotFound) return undefined;
    throw error;
  }
}

function changeableConfig(options: Omit<WorkOptions, 'concurrency'>) {
  return {
    filter_subject: options.filterSubject,
    ack_wait: nanos(options.ackWaitMs ?? limits.ackWaitMs),
    // The handler counts deliveries and writes the dead letter; a limit here would drop messages silently.
    max_deliver: -1,
    max_ack_pending: options.ackPendingMax ?? ackPendingMaxDefault,
  } satisfies Partial<ConsumerConfig>;
}

function deliveryOf(link: NatsLink, message: Msg, release: () => void): Delivery {
  const info = deliveryInfoOf(message);
  let ended = false;
  const end = () => {
    if (!ended) release();
    ended = true;
  };
  const tell = (answer: Uint8Array) => {
    if (!link.isClosed()) message.respond(answer);
  };
  return {
    ...toBusMessage(message, info),
    deliveryCount: info.deliveryCount,
    pending: info.pending,
    async ack() {
      tell(acknowledged);
      end();
    },
    nak(delayMs) {
      tell(encoder.encode(delayMs > 0 ? `-NAK ${JSON.stringify({ delay: nanos(delayMs) })}` : '-NAK'));
      end();
    },
    term() {
      tell(terminated);
      end();
    },
    working: () => tell(inProgress),
  };
}
