/** An HTTP server on loopback that answers JSON by a function, and which can misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that came. */
export interface JsonRequest<Body> {
  readonly path: string;
  readonly key: string | undefined;
  readonly body: Body;
}

/** What a test may see and change between requests. */
export interface JsonServer<Body> {
  readonly url: string;
  readonly requests: JsonRequest<Body>[];
  /** Changes the answer's JSON text, or answers with a status, or never (undefined), or begins and never ends (null). */
  spoil: ((text: string) => string | number | undefined | null) | undefined;
  /** Ends every connection, so that what is under way fails. */
  cutOff(): void;
  close(): Promise<void>;
}

/** Starts a server. `respond` makes the whole answer of a path (as /v1/models) and a body. */
export async function startJsonServer<Body>(respond: (path: string, body: Body) => object): Promise<JsonServer<Body>> {
  const server = createServer((request, response) => void answer(made, respond, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: JsonServer<Body> = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: [],
    spoil: undefined,
    cutOff: () => server.closeAllConnections(),
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
  return made;
}

async function answer<Body>(
  server: JsonServer<Body>,
  respond: (path: string, body: Body) => object,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let text = '';
  for await (const part of request) text += String(part);
  const path = request.url ?? '';
  const body = (text === '' ? {} : JSON.parse(text)) as Body;
  server.requests.push({ path, key: request.headers.authorization, body });
  const honest = JSON.stringify(respond(path, body));
  const spoilt = server.spoil === undefined ? honest : server.spoil(honest);
  if (spoilt === undefined) return;
  if (spoilt === null) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(honest.slice(0, honest.length / 2));
    return;
  }
  response.writeHead(typeof spoilt === 'number' ? spoilt : 200, { 'content-type': 'application/json' });
  response.end(typeof spoilt === 'number' ? '' : spoilt);
}
