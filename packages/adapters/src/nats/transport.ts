/**
 * The connection of NATS's client for Node, with one difference: everything sent in one turn of the event loop leaves
 * in one write. The client writes to its socket whenever a promise settles. Each write is a system call, a packet and a
 * wake-up of the server, which cost more than the content (docs/consensus-performance.md).
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
      // The socket that was corked: it may have been replaced in the meantime.
      socket.uncork();
    });
  }
}

/** Connects like the client's `connect`. */
export function connectByTurns(options: NodeConnectionOptions): Promise<NatsConnection> {
  setTransportFactory({ factory: () => new TurnTransport(), dnsResolveFn: nodeResolveHost });
  return NatsConnectionImpl.connect(options);
}
