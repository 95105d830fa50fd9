/** Generated requests to every route of the gateway over real NATS: no 5xx, no hang, no change of state by a refusal. */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { whyNotTo } from '@assay/adapters/http/guarded-post';
import { type HttpServer, startHttpServer } from '@assay/adapters/http/http-server';
import { connectNats } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { systemClock } from '@assay/adapters/process/system-clock';
import { noOpLogger } from '@assay/adapters/telemetry/no-op-logger';
import { problemSchema } from '@assay/protocol/api/problem';
import { type StreamName, streams } from '@assay/protocol/bus/subjects';
import type { Bus, ContentStore } from '@assay/protocol/ports';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KeyBook } from '../../services/gateway/src/access/key-book.ts';
import { serverProblems } from '../../services/gateway/src/api.ts';
import { RecentTasks } from '../../services/gateway/src/explorer/recent-tasks.ts';
import { testGateway } from '../../services/gateway/src/gateway.fixture.ts';
import { watchesOn } from '../../services/gateway/src/gateway.ts';
import { routesOf } from '../../services/gateway/src/handler.ts';
import { openApiDocument } from '../../services/gateway/src/openapi/document.ts';
import { HookBook } from '../../services/gateway/src/webhooks/hook-book.ts';
import { eventually, within } from './eventually.ts';
import { type Described, type Generated, type Known, RequestGenerator } from './generated-requests.ts';
import { temporaryFolder } from './temporary-folder.ts';

const isWhole = process.env.TEST_SCOPE === 'whole';
const requests = isWhole ? 5_000 : 700;
const seed = process.env.REQUESTS_SEED ?? 'every route';

/** The streams that a gateway writes; the others stay empty. */
const written: readonly StreamName[] = ['TASKS', 'QUESTIONS', 'ANSWERS', 'SESSIONS', 'KEYS', 'HOOKS', 'EVIDENCE'];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let nats: ServerProcess;
let bus: Bus;
let server: HttpServer;
/** CIDs: content that is stored again is the same. */
const stored = new Set<string>();
const stop = new AbortController();
const running: Promise<unknown>[] = [];
const known = {
  ids: {
    taskId: [] as string[],
    keyId: [] as string[],
    webhookId: [] as string[],
    sessionId: [`0x${'5e'.repeat(32)}`],
    // The last one is none.
    code: ['pending', 'malformed', 'unheard-of'],
  },
  bodies: {
    'POST /v1/tasks': { reference: 'r', prompt: 'p', submissions: [{ miner: 'm-1', output: 'o' }] },
    'POST /v1/keys': { owner: 'o', scopes: ['read', 'submit'], expiresInDays: 3 },
    'POST /v1/webhooks': { url: 'https://receiver.example/' },
    'POST /v1/keys/{keyId}/rotate': { graceSeconds: 60 },
  },
  token: randomBytes(32).toString('hex'),
} satisfies Known;

beforeAll(async () => {
  folder = await temporaryFolder();
  nats = await startNats({ dir: folder.path });
  await ensureNatsStreams({ servers: nats.url, inboxPrefix: '_INBOX.gateway' });
  ({ bus } = await connectNats({ servers: nats.url, name: 'gateway', inboxPrefix: '_INBOX.gateway' }));
  const { gateway } = testGateway({ clock: systemClock });
  const { telemetry, contentStore, policies } = gateway;
  const macKey = randomBytes(32).toString('hex');
  const keys = new KeyBook({
    bus,
    clock: systemClock,
    log: noOpLogger,
    random: randomBytes,
    macKey,
    adminToken: known.token,
  });
  const hooks = new HookBook({
    bus,
    clock: systemClock,
    log: noOpLogger,
    random: randomBytes,
    macKey,
    whyNotTo: (url) => whyNotTo(url, []),
  });
  const watches = watchesOn({ bus, clock: systemClock, telemetry }, 100);
  const recent = new RecentTasks({ bus, clock: systemClock, log: noOpLogger, policies, tasksMax: 99, watchersMax: 9 });
  running.push(keys.run(stop.signal), hooks.run(stop.signal), watches.run(stop.signal), recent.run(stop.signal));
  await eventually('the keys are read', async () => keys.isCurrent && hooks.isCurrent);
  const put: ContentStore['put'] = (place, contents) => {
    for (const cid of contents.keys()) stored.add(cid);
    return contentStore.put(place, contents);
  };
  const counted = { ...contentStore, put };
  const routes = routesOf({ ...gateway, bus, keys, hooks, watches, recent, contentStore: counted });
  server = await startHttpServer({ port: 0, bodyBytesMax: 64 * 1024, routes, ...serverProblems });
}, 60_000);

afterAll(async () => {
  stop.abort();
  await server.close();
  await Promise.all(running);
  await bus.close();
  await nats.stop();
  await folder.remove();
});

/** What the gateway has written down so far. */
async function state(): Promise<string> {
  const last = await Promise.all(written.map(async (name) => `${name} ${await bus.lastSequence(name)}`));
  return [...last, `content ${stored.size}`].join(', ');
}

function send({ method, path, headers, body }: Generated): Promise<{ status: number; answer: string }> {
  const sent = new Promise<{ status: number; answer: string }>((resolve, reject) => {
    // Not `fetch`: that would tidy the path up.
    const asked = request({ host: '127.0.0.1', port: server.port, method, path: encodedOnce(path), headers }, (got) => {
      text(got).then((answer) => resolve({ status: got.statusCode ?? 0, answer }), reject);
    });
    asked.once('error', reject).end(body);
  });
  return within(`${method} ${path.slice(0, 100)}`, sent);
}

/** Node refuses to send characters that no URL has. */
const encodedOnce = (path: string) => path.replaceAll(/[^\x21-\x7e]/gu, (one) => encodeURIComponent(one));

/** Later requests ask for what this one made. */
function learn(answer: string): void {
  const { taskId, key, webhook } = JSON.parse(answer) as Record<'key' | 'webhook', { id: string } | undefined> & {
    taskId?: string;
  };
  if (taskId !== undefined) known.ids.taskId.push(taskId);
  if (key !== undefined) known.ids.keyId.push(key.id);
  if (webhook !== undefined) known.ids.webhookId.push(webhook.id);
}

it(`${requests} of them`, async () => {
  const generator = new RequestGenerator(openApiDocument() as unknown as Described, seed);
  const { operations } = generator;
  const statuses = new Map(operations.map((one) => [one, new Map<number, number>()]));
  const wrong: string[] = [];
  let before = await state();
  for (let index = 0; index < requests; index++) {
    const generated = generator.next(operations[index % operations.length] ?? '', known);
    const { status, answer } = await send(generated);
    const counts = statuses.get(generated.operation);
    counts?.set(status, (counts.get(status) ?? 0) + 1);
    const after = await state();
    const said = `request ${index} of seed "${seed}", ${JSON.stringify(generated).slice(0, 600)}: ${status} ${answer.slice(0, 200)}`;
    if (status >= 500) wrong.push(said);
    if (status >= 400 && after !== before) wrong.push(`${said}; ${before} became ${after}`);
    if (status < 300) learn(answer);
    if (status >= 400) expect(problemSchema.parse(JSON.parse(answer)), said).toMatchObject({ status });
    before = after;
  }
  expect(wrong).toEqual([]);
  const others = (Object.keys(streams) as StreamName[]).filter((name) => !written.includes(name));
  expect(await Promise.all(others.map((name) => bus.lastSequence(name)))).toEqual(others.map(() => 0));
  // Each route was asked, and what needs no signature was answered too.
  const signed = ['POST /v1/tasks/{taskId}/submissions', 'POST /v1/sessions/{sessionId}/messages'];
  const needsReport = ['GET /v1/reports/{taskId}', 'GET /v1/tasks/{taskId}/explain'];
  // Everybody may read these, and there is nothing to get wrong.
  const open = ['GET /v1/network', 'GET /v1/standing'];
  for (const [operation, counts] of statuses) {
    const seen = [...counts.keys()];
    if (!open.includes(operation))
      expect(
        seen.some((status) => status >= 400 && status < 500),
        `${operation}: ${seen.join()}`,
      ).toBe(true);
    if (![...signed, ...needsReport].includes(operation))
      expect(
        seen.some((status) => status < 300),
        `${operation}: ${seen.join()}`,
      ).toBe(true);
  }
}, 600_000);
