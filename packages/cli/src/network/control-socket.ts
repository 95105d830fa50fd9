/**
 * The socket of a running local network, through which `assay service` replaces one of its processes. One line of JSON
 * is the request, one the answer. When the connection closes for any reason, the network starts its own process again.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { errorText } from '@assay/protocol/error-text';
import { z } from 'zod';
import type { RunningServices } from './running-services.ts';
import type { ServiceSpec } from './service-process.ts';

const lineCharsMax = 65_536;

const requestSchema = z.object({
  service: z.string().min(1),
  operator: z.int().min(0).optional(),
  replica: z.int().min(0).optional(),
});

const replySchema = z.union([
  z.object({
    spec: z.object({
      service: z.string(),
      name: z.string(),
      environment: z.record(z.string(), z.string()),
      entry: z.string().optional(),
    }),
  }),
  z.object({ refusal: z.string() }),
]);

/** A process of the network that is replaced until `giveBack`. */
export interface TakenService {
  readonly spec: ServiceSpec;
  giveBack(): void;
}

/** The socket of a network in the network's folder, which only its owner may enter. */
export function controlSocketOf(networkDir: string): string {
  return join(networkDir, 'control.sock');
}

/** Listens until closed. `said` gets one line for each process that is replaced or given back. */
export async function serveControl(
  path: string,
  services: RunningServices,
  said: (line: string) => void,
): Promise<{ close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    void serveOne(socket, services, said);
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function serveOne(socket: Socket, services: RunningServices, said: (line: string) => void): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  try {
    const spec = await services.lend(requestSchema.parse(JSON.parse(await lineOf(socket))));
    said(`${spec.name} is replaced by "assay service"`);
    socket.write(`${JSON.stringify({ spec })}\n`);
    await closed;
    await services.takeBack(spec.name);
    said(`${spec.name} runs in the network again`);
  } catch (error) {
    if (!socket.destroyed) socket.end(`${JSON.stringify({ refusal: errorText(error) })}\n`);
  }
}

/** Asks a running network to give up a process. Rejects with the network's reason, or if no network listens. */
export async function takeService(path: string, request: z.infer<typeof requestSchema>): Promise<TakenService> {
  const socket = connect(path);
  await once(socket, 'connect');
  socket.write(`${JSON.stringify(request)}\n`);
  const reply = replySchema.parse(JSON.parse(await lineOf(socket)));
  if ('refusal' in reply) throw new Error(reply.refusal);
  const { entry, ...spec } = reply.spec;
  return { spec: entry === undefined ? spec : { ...spec, entry }, giveBack: () => void socket.end() };
}

/** The first received line. Rejects if the other side closes before it, or if the line is too long. */
function lineOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    // It continues to read after the line, to detect the end of the connection.
    socket.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(0, lineCharsMax + 1);
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
      else if (text.length > lineCharsMax) socket.destroy(new Error('The line is too long.'));
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The connection was closed without an answer.')));
  });
}
