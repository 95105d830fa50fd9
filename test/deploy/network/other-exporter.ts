/** In place of an exporter that is not part of Assay: serves a text to Prometheus, or is away. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export class OtherExporter {
  /** What it says of the server that it stands beside. */
  text = '';
  #port = 0;
  #server: Server | undefined;

  /** Listens, at the same port as before. Resolves with the port. */
  async open(): Promise<number> {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/plain; version=0.0.4');
      response.end(this.text);
    });
    await new Promise<void>((done) => server.listen(this.#port, '127.0.0.1', done));
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    return this.#port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    await new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  }
}
