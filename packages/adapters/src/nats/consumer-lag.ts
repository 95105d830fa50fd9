/** Consumer lag of a durable consumer, as reported by its leader. The autoscaler uses it. */
import { jetstream } from '@nats-io/jetstream';
import { type NatsOptions, openNatsLink } from './connection.ts';

/** Messages of one consumer. */
export interface ConsumerLag {
  /** Not delivered yet. */
  readonly pending: number;
  /** Delivered and not acknowledged. */
  readonly ackPending: number;
  /** Redelivered, of those that are not acknowledged. */
  readonly redelivered: number;
}

/** Reads repeatedly over one connection. */
export interface ConsumerLagReader {
  read(): Promise<ConsumerLag>;
  close(): Promise<void>;
}

/** Connects; `read` rejects if the consumer does not exist or no leader responds. */
export async function consumerLagReader(
  options: NatsOptions & { readonly stream: string; readonly durable: string },
): Promise<ConsumerLagReader> {
  const link = await openNatsLink(options);
  const manager = await jetstream(link.nc).jetstreamManager(false);
  return {
    read: async () => {
      const info = await manager.consumers.info(options.stream, options.durable);
      return { pending: info.num_pending, ackPending: info.num_ack_pending, redelivered: info.num_redelivered };
    },
    close: () => link.nc.close(),
  };
}
