/** HTTP server: routes with JSON responses, or with streams of text. */
import { Readable } from 'node:stream';

import { errorText, withoutAddressSecrets } from '@assay/protocol/error-text';
import type { Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { noOpLogger } from '../telemetry/no-op-logger.ts';
import { refuseUnreadable } from './unreadable-request.ts';

/** A request for a route; header names in lower case. */
export interface HttpRequest {
  readonly params: Record<string, string>;
  readonly query: Record<string, string>;
  /** The parsed JSON; undefined without a body. */
  readonly body: unknown;
  readonly headers: Record<string, string>;
  readonly remoteAddress: string;
  /** Aborts when the client's connection closes, also after the answer. */
  readonly signal: AbortSignal;
}

/** A response. The body is sent as JSON; with a `contentType` it can also be text, bytes, or texts as they come. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  /** Headers that are known at the end of a stream, by name; those without a value are left out. */
  readonly trailers?: Readonly<Record<string, () => string | undefined>>;
  readonly contentType?: string;
}

/** The handler of one method and path; `:name` in the path is a parameter. */
export interface HttpRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Largest body of this route; the server's if absent. */
  readonly bodyBytesMax?: number;
  handler(request: HttpRequest): Promise<HttpAnswer>;
}

/** A request that no handler saw. */
export interface RefusedRequest extends Pick<HttpRequest, 'headers' | 'remoteAddress'> {
  readonly method: string;
  /** Path of its route; undefined if there is none. */
  readonly path: string | undefined;
  readonly code: string;
}

/** The codes of what the server refuses by itself. */
type ServerRefusal = 'too-long' | 'malformed' | 'not-found' | 'internal';

/** Options of the server. */
export interface HttpServerOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** 0: a free one. */
  readonly port: number;
  /** Largest body of a route without its own limit. */
  readonly bodyBytesMax: number;
  /** Addresses or CIDRs of proxies whose X-Forwarded-For tells the client's address. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** The body of the server's own refusals; `{ error: { code, detail } }` if absent. */
  readonly errorBody?: (status: number, code: ServerRefusal, detail: string) => unknown;
  /** Its media type; application/json if absent. */
  readonly errorContentType?: string;
  /** Told of what the server refuses by itself, with a status below 500; no content, and of the path the route alone. */
  readonly onRefusal?: (refused: RefusedRequest) => void;
  readonly routes: readonly HttpRoute[];
  readonly log?: Log;
}

/** A server that listens. */
export interface HttpServer {
  readonly port: number;
  /** Accepts no more requests and waits, for a bounded time, until those in progress are answered. */
  close(): Promise<void>;
}

/** Starts the server. Rejects with the address in the message if it cannot listen. */
export async function startHttpServer(options: HttpServerOptions): Promise<HttpServer> {
  const log = options.log ?? noOpLogger;
  const { errorBody = plainError, errorContentType } = options;
  const refuse: Refuse = (reply, status, code, detail) => {
    if (status < 500) options.onRefusal?.(refusedOf(reply, code));
    const type = errorContentType === undefined ? {} : { contentType: errorContentType };
    return send(reply, { status, body: errorBody(status, code, detail), ...type });
  };
  const app = Fastify({
    bodyLimit: options.bodyBytesMax,
    requestTimeout: tuning.receiptTimeoutMs,
    forceCloseConnections: 'idle',
    logger: false,
    trustProxy: options.trustedProxies === undefined ? false : [...options.trustedProxies],
    clientErrorHandler: (error, socket) =>
      refuseUnreadable(error, socket, (status, code, detail) => ({
        contentType: errorContentType ?? 'application/json',
        text: JSON.stringify(errorBody(status, code, detail)),
      })),
    // A URL that cannot be decoded matches no route, so the error handler does not see it.
    frameworkErrors: (error, _request, reply) => void answerError(error, options.bodyBytesMax, reply, log, refuse),
  });
  app.setErrorHandler((error, request, reply) =>
    answerError(error, request.routeOptions.bodyLimit ?? options.bodyBytesMax, reply, log, refuse),
  );
  app.setNotFoundHandler((request, reply) =>
    refuse(reply, 404, 'not-found', absence(request.method, request.url.split('?')[0] ?? '')),
  );
  takeEmptyJson(app);
  for (const route of options.routes) {
    app.route({
      method: route.method,
      url: route.path,
      ...(route.bodyBytesMax === undefined ? {} : { bodyLimit: route.bodyBytesMax }),
      handler: async (request, reply) => send(reply, await route.handler(toHttpRequest(request, closeOf(reply)))),
    });
  }
  const host = options.host ?? '127.0.0.1';
  try {
    await app.listen({ host, port: options.port });
  } catch (error) {
    throw new Error(
      `The HTTP server cannot listen on ${host}:${options.port} (${errorText(error)}). Choose another port, or stop what holds it.`,
      { cause: error },
    );
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return { port, close: () => close(app) };
}

function plainError(_status: number, code: ServerRefusal, detail: string) {
  return { error: { code, detail } };
}

/** What is said about a path that is not there. */
function absence(method: string, path: string): string {
  const isHealth = ['/healthz', '/readyz', '/metrics'].includes(path);
  return isHealth
    ? `There is no ${method} ${path} on this port: it is on that of HEALTH_PORT, which the service logs as healthPort.`
    : `There is no ${method} ${path}.`;
}

/** An empty body counts as no body, whatever the content type. */
function takeEmptyJson(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else if (hasManyValues(body.toString())) done(new SyntaxError(`more than ${tuning.requestValuesMax} JSON values`));
    else void parse(request, body.toString(), done);
  });
}

/** Whether JSON has more values than any request needs. Parsing those would keep others waiting for seconds. */
function hasManyValues(json: string): boolean {
  let values = 1;
  for (let at = 0; at < json.length; at += 1) {
    const sign = json.charCodeAt(at);
    if (sign === quote) at = endOfText(json, at);
    else if (sign === comma || sign === bracket || sign === brace) values += 1;
    if (values > tuning.requestValuesMax) return true;
  }
  return false;
}

const [quote, comma, bracket, brace] = ['"', ',', '[', '{'].map((sign) => sign.charCodeAt(0));

/** Where the text that begins at a quote ends. */
function endOfText(json: string, from: number): number {
  for (let end = json.indexOf('"', from + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let slashes = 0;
    while (json[end - 1 - slashes] === '\\') slashes += 1;
    if (slashes % 2 === 0) return end;
  }
  return json.length;
}

function closeOf(reply: FastifyReply): AbortSignal {
  const closed = new AbortController();
  // With a reason: an error for it, with its stack, would be made for each request.
  reply.raw.once('close', () => closed.abort('closed'));
  return closed.signal;
}

function toHttpRequest(request: FastifyRequest, signal: AbortSignal): HttpRequest {
  return {
    params: textsOf(request.params),
    query: textsOf(request.query),
    body: request.body,
    headers: textsOf(request.headers),
    remoteAddress: request.ip,
    signal,
  };
}

function refusedOf({ request }: FastifyReply, code: string): RefusedRequest {
  const { method, ip: remoteAddress, routeOptions } = request;
  return { method, path: routeOptions.url, headers: textsOf(request.headers), remoteAddress, code };
}

/** If a value occurs twice, the first counts. */
function textsOf(values: unknown): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(values ?? {})) {
    const first: unknown = Array.isArray(value) ? value[0] : value;
    if (typeof first === 'string') texts[name] = first;
  }
  return texts;
}

function send(reply: FastifyReply, answer: HttpAnswer): FastifyReply {
  void reply.code(answer.status).headers(answer.headers ?? {});
  const { body, contentType, trailers = {} } = answer;
  for (const [name, value] of Object.entries(trailers)) void reply.trailer(name, trailerOf(value));
  if (isStream(body)) return reply.type(contentType ?? 'application/octet-stream').send(Readable.from(body));
  const isRaw = contentType !== undefined && (typeof body === 'string' || body instanceof Uint8Array);
  if (isRaw) return reply.type(contentType).send(body);
  return reply.type(contentType ?? 'application/json; charset=utf-8').send(JSON.stringify(body ?? null));
}

/** A trailer that fails is left out. */
function trailerOf(value: () => string | undefined): () => Promise<string> {
  return async () => {
    const known = value();
    if (known === undefined) throw new Error('It has no value.');
    return known;
  };
}

function isStream(body: unknown): body is AsyncIterable<unknown> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

type Refuse = (reply: FastifyReply, status: number, code: ServerRefusal, detail: string) => FastifyReply;

function answerError(
  error: unknown,
  bodyBytesMax: number,
  reply: FastifyReply,
  log: Log,
  refuse: Refuse,
): FastifyReply {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const status = typeof error === 'object' && error !== null && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    return refuse(reply, 413, 'too-long', `The request body may have ${bodyBytesMax} bytes at most.`);
  }
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE')
    return refuse(
      reply,
      415,
      'malformed',
      'The request body must be JSON: send it with content-type: application/json.',
    );
  if (error instanceof SyntaxError || (status >= 400 && status < 500)) {
    return refuse(reply, 400, 'malformed', `The request is not valid HTTP with JSON: ${errorText(error)}.`);
  }
  log.error('a request failed', { reason: errorText(error), stack: stackOf(error) });
  return refuse(reply, 500, 'internal', 'The request failed inside the service. See its log.');
}

/** The location of the failure. The first lines of a stack repeat the message. */
function stackOf(error: unknown): string | undefined {
  return error instanceof Error && error.stack !== undefined ? withoutAddressSecrets(error.stack) : undefined;
}

async function close(app: FastifyInstance): Promise<void> {
  const insist = setTimeout(() => app.server.closeAllConnections(), tuning.shutdownMs / 3);
  try {
    await app.close();
  } finally {
    clearTimeout(insist);
  }
}
