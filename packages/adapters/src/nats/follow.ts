/** Every message of a stream in order, without gap or repeat, over reconnects and restarts. */
import type { BusMessage } from '@assay/protocol/ports';
import { AckPolicy, DeliverPolicy, type JetStreamManager } from '@nats-io/jetstream';
import { type Msg, nanos } from '@nats-io/transport-node';
import type { NatsLink } from './connection.ts';
import { deliveryInfoOf, toBusMessage } from './message.ts';
import { NatsPull } from './pull.ts';

const bufferedMax = 512;
const inactiveMs = 60_000;

/** What to follow. */
export interface FollowOptions {
  readonly filterSubject?: string;
  readonly fromSequence?: number;
  /** Server time, milliseconds since 1970; counts if `fromSequence` is absent. */
  readonly fromMs?: number;
}

/**
 * A consumer of this process only. It is created again after the last received message when the connection changes or a
 * delivery number is missing. The position is kept here, not read from the server.
 */
export async function* natsFollow(
  link: NatsLink,
  manager: JetStreamManager,
  stream: string,
  options: FollowOptions,
  signal: AbortSignal,
): AsyncGenerator<BusMessage> {
  const stopped = new AbortController();
  // A time counts until the first message: from then on the place is known.
  let nextSequence = placeOf(options);
  let nextDelivery = 1;
  const open = async () => {
    nextDelivery = 1;
    const made = await manager.consumers.add(stream, {
      ...(options.filterSubject === undefined ? {} : { filter_subject: options.filterSubject }),
      ack_policy: AckPolicy.None,
      ...(nextSequence === undefined
        ? { deliver_policy: DeliverPolicy.StartTime, opt_start_time: new Date(options.fromMs ?? 0).toISOString() }
        : { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: nextSequence }),
      max_deliver: 1,
      inactive_threshold: nanos(inactiveMs),
      num_replicas: 1,
      mem_storage: true,
    });
    return made.name;
  };
  const isNext = (message: Msg) => {
    const info = deliveryInfoOf(message);
    if (info.consumerSequence !== nextDelivery) return false;
    nextDelivery++;
    nextSequence = info.streamSequence + 1;
    return true;
  };
  const pull = new NatsPull(
    link,
    { stream, open, isNext, creditsMax: bufferedMax },
    AbortSignal.any([signal, stopped.signal]),
  );
  try {
    for (let message = await pull.next(); message !== undefined; message = await pull.next()) {
      pull.release();
      yield toBusMessage(message, deliveryInfoOf(message));
    }
  } finally {
    stopped.abort();
  }
}

function placeOf({ fromSequence, fromMs }: FollowOptions): number | undefined {
  return fromSequence === undefined && fromMs !== undefined ? undefined : Math.max(1, fromSequence ?? 1);
}
