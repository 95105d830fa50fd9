/** An OTLP/HTTP receiver of traces (JSON, plain or gzip): keeps every span, and lets tests wait for expected spans. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { z } from 'zod';

const tracesPath = '/v1/traces';
const bodyBytesMax = 64 * 1024 * 1024;
const waitMsDefault = 20_000;

const anyValue = z.object({
  stringValue: z.string().optional(),
  intValue: z.coerce.number().optional(),
  doubleValue: z.number().optional(),
  boolValue: z.boolean().optional(),
});
const keyValues = z
  .array(z.object({ key: z.string(), value: anyValue }))
  .default([])
  .transform((pairs) => Object.fromEntries(pairs.map(({ key, value }) => [key, scalarOf(value)])));
const traceId = z.string().regex(/^[0-9a-f]{32}$/);
const spanId = z.string().regex(/^[0-9a-f]{16}$/);
const spanSchema = z.object({
  traceId,
  spanId,
  parentSpanId: z
    .union([spanId, z.literal('')])
    .optional()
    .transform((id) => (id === '' ? undefined : id)),
  name: z.string().min(1),
  kind: z.int().min(1).max(5),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: keyValues,
  links: z.array(z.object({ traceId, spanId })).default([]),
  status: z.object({ code: z.int().optional(), message: z.string().optional() }).default({}),
});
const exportSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: keyValues }),
      scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })),
    }),
  ),
});

/** A received span, with the attributes of its process. */
export type ReceivedSpan = z.infer<typeof spanSchema> & {
  readonly resource: Readonly<Record<string, unknown>>;
  /** The resource's `service.name`. */
  readonly service: string;
};

/** OTLP's numbers of span kinds. */
export const spanKinds = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** OTLP's number for a failed span. */
export const statusError = 2;

export interface OtlpReceiver {
  /** Base address, as `OTEL_EXPORTER_OTLP_ENDPOINT` takes it. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** Every received body, unzipped, which a test searches for content. */
  readonly bodies: readonly string[];
  /** Why requests were refused; empty while all senders speak OTLP. */
  readonly refused: readonly string[];
  ofTrace(traceId: string): ReceivedSpan[];
  /** Resolves when `reached` returns true for the spans; rejects with its last value after `waitMs`. */
  until(what: string, reached: (spans: readonly ReceivedSpan[]) => true | string, waitMs?: number): Promise<void>;
  close(): Promise<void>;
}

/** Starts a receiver on a free port of the loopback. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bodies: string[] = [];
  const refused: string[] = [];
  const waiting = new Set<() => void>();
  const take = async (request: IncomingMessage): Promise<number> => {
    if (request.method !== 'POST' || request.url !== tracesPath) return 404;
    if (request.headers['content-type'] !== 'application/json') return 415;
    const text = await bodyOf(request);
    spans.push(...spansOf(text));
    bodies.push(text);
    for (const look of waiting) look();
    return 200;
  };
  const server = createServer((request, response) => {
    take(request).then(
      (status) => {
        if (status !== 200)
          refused.push(`${request.method} ${request.url} ${request.headers['content-type']}: ${status}`);
        answer(response, status);
      },
      (error: unknown) => {
        refused.push(String(error));
        answer(response, 400);
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    bodies,
    refused,
    ofTrace: (id) => spans.filter((span) => span.traceId === id),
    until: (what, reached, waitMs = waitMsDefault) => untilReached(waiting, what, () => reached(spans), waitMs),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Checks now, and again whenever spans arrive. */
function untilReached(
  waiting: Set<() => void>,
  what: string,
  reached: () => true | string,
  waitMs: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (finish: () => void) => {
      clearTimeout(timer);
      waiting.delete(look);
      finish();
    };
    const look = () => {
      if (reached() === true) end(resolve);
    };
    const timer = setTimeout(() => {
      end(() => reject(new Error(`Waited ${waitMs} ms in vain for ${what}: ${String(reached())}`)));
    }, waitMs);
    waiting.add(look);
    look();
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new RangeError(`A body has more than ${bodyBytesMax} bytes.`);
    chunks.push(chunk);
  }
  const encoding = request.headers['content-encoding'] ?? 'identity';
  const body = Buffer.concat(chunks);
  if (encoding === 'identity') return body.toString();
  if (encoding !== 'gzip') throw new Error(`Content-Encoding ${encoding} is neither gzip nor identity.`);
  return (await promisify(gunzip)(body, { maxOutputLength: bodyBytesMax })).toString();
}

function spansOf(text: string): ReceivedSpan[] {
  return exportSchema.parse(JSON.parse(text)).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({
        ...span,
        resource: resource.attributes,
        service: String(resource.attributes['service.name']),
      })),
    ),
  );
}

function scalarOf(value: z.infer<typeof anyValue>): string | number | boolean | undefined {
  return value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue;
}

function answer(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end('{}');
}
