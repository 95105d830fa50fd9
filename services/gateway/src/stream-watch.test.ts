/** Waiting clients on a real HTTP server and a real NATS. */
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, type ClientRequest, get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HttpServer, startHttpServer } from '@assay/adapters/http/http-server';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { systemClock } from '@assay/adapters/process/system-clock';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Bus } from '@assay/protocol/ports';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { testGateway } from './gateway.fixture.ts';
import { watchesOn } from './gateway.ts';
import { routesOf } from './handler.ts';

const waitingMax = 600;
const taskIdOf = (index: number) => `0x${index.toString(16).padStart(64, '0')}` as Hex;
const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

let dir: string;
let nats: ServerProcess;
let bus: Bus;
let server: HttpServer;
let watches: ReturnType<typeof watchesOn>;
let following: Promise<unknown>;
const stop = new AbortController();
const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });
/** Requests that the gateway made to the bus. */
let asked = 0;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'assay-gateway-'));
  nats = await startNats({ dir });
  await ensureNatsStreams({ servers: nats.url });
  bus = await connectNatsBus({ servers: nats.url, name: 'gateway' });
  const counted: Bus = {
    ...bus,
    last: (...all) => {
      asked++;
      return bus.last(...all);
    },
    next: (...all) => {
      asked++;
      return bus.next(...all);
    },
  };
  const { gateway } = testGateway();
  const ports = { ...gateway, bus: counted, clock: systemClock };
  watches = watchesOn(ports, waitingMax);
  following = watches.run(stop.signal);
  server = await startHttpServer({ port: 0, bodyBytesMax: 1_000, routes: routesOf({ ...ports, watches }) });
});
afterAll(async () => {
  stop.abort();
  await following;
  await server.close();
  await bus.close();
  await nats.stop();
  await rm(dir, { recursive: true });
});

/** Starts a request; `answer` resolves with status, headers and body, or rejects when the client hangs up. */
function ask(path: string): { readonly request: ClientRequest; readonly answer: Promise<Answer> } {
  let request!: ClientRequest;
  const answer = new Promise<Answer>((resolve, reject) => {
    request = get({ host: '127.0.0.1', port: server.port, path, agent }, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          body: JSON.parse(Buffer.concat(chunks).toString()),
        }),
      );
    }).on('error', reject);
  });
  return { request, answer };
}

interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: unknown;
}

const reportPath = (index: number, waitMs: number) => `/v1/reports/${taskIdOf(index)}?waitMs=${waitMs}`;

/** Waits for a condition of the process, checking once in each turn of the event loop. */
async function until(condition: () => boolean): Promise<void> {
  const endMs = Date.now() + 60_000;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error('It did not come about within 60 s.');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Number of bus requests for a number of polls of one task until its report wakes them all. */
async function costOf(polls: number, task: number): Promise<number> {
  const before = asked;
  const all = Array.from({ length: polls }, () => ask(reportPath(task, 30_000)).answer);
  await until(() => watches.reports.waits === polls);
  await bus.publish(subjects.report(taskIdOf(task)), encode({ task }));
  for (const answer of await Promise.all(all)) expect(answer).toMatchObject({ status: 200, body: { task } });
  expect(watches.reports.waits).toBe(0);
  return asked - before;
}

it('makes 500 long polls cost no more requests to the bus than one', async () => {
  const one = await costOf(1, 1);
  expect(one).toBe(1);
  expect(await costOf(500, 2)).toBe(one);
});

it('requests each task once while polls wait, however long', async () => {
  const before = asked;
  const polls = Array.from({ length: 100 }, (_, index) => ask(reportPath(1_000 + index, 30_000)).answer);
  await until(() => watches.reports.waits === 100);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(asked - before).toBe(100);
  for (let index = 0; index < 100; index++) await bus.publish(subjects.report(taskIdOf(1_000 + index)), encode({}));
  expect((await Promise.all(polls)).every(({ status }) => status === 200)).toBe(true);
});

it('drops clients that hang up immediately', async () => {
  const polls = Array.from({ length: 300 }, (_, index) => ask(reportPath(5_000 + (index % 3), 30_000)));
  const session = ask(`/v1/sessions/${taskIdOf(1)}/messages?waitMs=30000`);
  await until(() => watches.reports.waits === 300 && watches.sessions.waits === 1);
  const hungUpMs = performance.now();
  const before = asked;
  for (const { request, answer } of [...polls, session]) {
    answer.catch(() => undefined);
    request.destroy();
  }
  await until(() => watches.reports.waits === 0 && watches.sessions.waits === 0);
  expect(performance.now() - hungUpMs).toBeLessThan(10_000);
  expect(asked - before).toBe(0);
});

it('answers 503 with retry-after to clients beyond the bound, and serves others as before', async () => {
  const polls = Array.from({ length: waitingMax }, () => ask(reportPath(7_000, 30_000)));
  await until(() => watches.reports.waits === waitingMax);
  expect(await ask(reportPath(7_001, 1_000)).answer).toMatchObject({
    status: 503,
    retryAfter: '2',
    body: { code: 'too-many-waiting' },
  });
  expect((await ask(reportPath(1, 1_000)).answer).status).toBe(200);
  expect((await ask(reportPath(7_001, 0)).answer).status).toBe(404);
  await bus.publish(subjects.report(taskIdOf(7_000)), encode({}));
  expect((await Promise.all(polls.map(({ answer }) => answer))).every(({ status }) => status === 200)).toBe(true);
});

it('notifies waiters of a session’s message, and of the end of the time', async () => {
  const waiting = ask(`/v1/sessions/${taskIdOf(2)}/messages?waitMs=20000`).answer;
  await until(() => watches.sessions.waits === 1);
  await bus.publish(subjects.session(taskIdOf(2)), encode('hello'));
  expect(await waiting).toMatchObject({ status: 200, body: { messages: ['hello'] } });
  expect(await ask(`/v1/sessions/${taskIdOf(3)}/messages?waitMs=50`).answer).toMatchObject({ body: { messages: [] } });
  expect(await ask(reportPath(9_000, 50)).answer).toMatchObject({
    status: 404,
    body: { code: 'not-found' },
  });
});

it('releases all clients when the service stops', async () => {
  const waiting = ask(reportPath(9_001, 30_000)).answer;
  await until(() => watches.reports.waits === 1);
  stop.abort();
  await following;
  expect((await waiting).status).toBe(404);
  expect(watches.reports.waits).toBe(0);
});
