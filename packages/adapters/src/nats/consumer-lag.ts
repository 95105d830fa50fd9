/** How far a durable consumer is behind, as its leader says: what the autoscaler goes by. */
import { jetstream } from '@nats-io/jetstream';
import { type NatsOptions, openNatsLink } from './connection.ts';

/** Messages of one consumer. */
export interface ConsumerLag {
  /** Not handed out yet. */
  readonly pending: number;
  /** Handed out and not acknowledged. */
  readonly ackPending: number;
  /** Handed out more than once, of those that are not acknowledged. */
  readonly redelivered: number;
}

/** Asks again and again over one connection. */
export interface ConsumerLagReader {
  read(): Promise<ConsumerLag>;
  close(): Promise<void>;
}

/** Connects; `read` rejects when the consumer is not there or no leader answers. */
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
