/**
 * The connection of NATS's client for Node, with one difference: what is sent in one turn of the event loop leaves together.
 * The client writes to its socket whenever a promise settles, and each write is a call of the system, a packet and a wake-up
 * of the server: they cost it more than what is in them (docs/consensus-performance.md).
 */
import {
  type NatsConnection,
  NatsConnectionImpl,
  type NodeConnectionOptions,
  setTransportFactory,
} from '@nats-io/transport-node';
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js';

/** Sends at the end of each turn of the event loop. */
class TurnTransport extends NodeTransport {
  #isCorked = false;

  override send(frame: Uint8Array): void {
    this.#cork();
    super.send(frame);
  }

  #cork(): void {
    const { socket } = this;
    if (this.#isCorked || this.isClosed || socket === undefined) return;
    this.#isCorked = true;
    socket.cork();
    setImmediate(() => {
      this.#isCorked = false;
      // The one that was corked: another may have taken its place meanwhile.
      socket.uncork();
    });
  }
}

/** Connects as `connect` of the client does. */
export function connectByTurns(options: NodeConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new TurnTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
