/** The consumers of NATS's own client, which `assay bench consumers` compares with ours (pull, follow, transport). */
import type { BusMessage, WorkOptions } from '@assay/protocol/ports';
import { type JsMsg, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { fromNatsHeaders } from './message.ts';
import { connectByTurns } from './transport.ts';
import { makeConsumer } from './work-consumer.ts';

/** Messages that a reader without acknowledgements holds at most: as many as our follower. */
const heldMax = 512;

/** The client's own transport, or ours, which writes once for each turn of the event loop. */
export type ClientTransport = 'client' | 'turns';

/** Reads so many messages of a stream by the client's own consumers, then stops. */
export interface ClientReader {
  /** By a durable consumer that exists, with `consume()`; acknowledges each message. `concurrency`: held at once. */
  work(stream: string, durable: string, messages: number, concurrency: number): Promise<void>;
  /** By an ordered consumer, from the beginning. */
  follow(stream: string, messages: number): Promise<void>;
  close(): Promise<void>;
}

/** Makes a durable consumer as {@link natsWork} would. */
export async function makeWorkConsumer(url: string, options: WorkOptions): Promise<void> {
  const nc = await connect({ servers: url });
  await makeConsumer(await jetstreamManager(nc), options);
  await nc.close();
}

/** Connects a reader. */
export async function connectClientReader(
  url: string,
  transport: ClientTransport,
  onMessage: (message: BusMessage) => void,
): Promise<ClientReader> {
  const options = { servers: url, noAsyncTraces: true };
  const nc = transport === 'turns' ? await connectByTurns(options) : await connect(options);
  const js = jetstream(nc);
  return {
    async work(stream, durable, messages, concurrency) {
      const consumer = await js.consumers.get(stream, durable);
      let left = messages;
      const taken = await consumer.consume({ max_messages: concurrency });
      for await (const message of taken) {
        onMessage(toBusMessage(message));
        message.ack();
        if (--left === 0) break;
      }
      await nc.flush();
    },
    async follow(stream, messages) {
      const consumer = await js.consumers.get(stream);
      let left = messages;
      const taken = await consumer.consume({ max_messages: heldMax });
      for await (const message of taken) {
        onMessage(toBusMessage(message));
        if (--left === 0) break;
      }
    },
    close: () => nc.close(),
  };
}

/** In the port's form, like what our consumers hand out. */
function toBusMessage(message: JsMsg): BusMessage {
  return {
    subject: message.subject,
    data: message.data,
    headers: fromNatsHeaders(message.headers),
    sequence: message.seq,
    timestampMs: Math.trunc(message.info.timestampNanos / 1e6),
  };
}
