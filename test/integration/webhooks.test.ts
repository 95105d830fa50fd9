/** Webhooks of two gateways over one NATS: each is told once of a task, whichever replica ends, fails or waits. */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { guardedPost, whyNotTo } from '@assay/adapters/http/guarded-post';
import { type HttpServer, startHttpServer } from '@assay/adapters/http/http-server';
import { signedWebhookHeaders } from '@assay/adapters/http/webhook-signature';
import { connectNats } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { systemClock } from '@assay/adapters/process/system-clock';
import { noOpLogger } from '@assay/adapters/telemetry/no-op-logger';
import { webhookEventSchema } from '@assay/protocol/api/webhooks';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleCertifiedReport, exampleNetwork, exampleObservations } from '@assay/protocol/network/example-network';
import type { Bus } from '@assay/protocol/ports';
import { decodeTaskMessage } from '@assay/protocol/task/task-message';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KeyBook } from '../../services/gateway/src/access/key-book.ts';
import { serverProblems } from '../../services/gateway/src/api.ts';
import { testGateway } from '../../services/gateway/src/gateway.fixture.ts';
import { routesOf } from '../../services/gateway/src/handler.ts';
import { deliverWebhooks } from '../../services/gateway/src/webhooks/deliver.ts';
import { HookBook } from '../../services/gateway/src/webhooks/hook-book.ts';
import { eventually } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

const adminToken = randomBytes(32).toString('hex');
const macKey = randomBytes(32).toString('hex');
const allowedNetworks = ['127.0.0.0/8'];

interface Replica {
  readonly url: string;
  readonly bus: Bus;
  close(): Promise<void>;
}

/** What a receiver got. */
interface Told {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let nats: ServerProcess;
let receiver: Server;
let receiverUrl: string;
const replicas: Replica[] = [];
const told: Told[] = [];
/** What the receiver does on a path; it takes what it has no answer for. */
const answers = new Map<string, (response: ServerResponse, count: number) => void>();

async function startReplica(): Promise<Replica> {
  const { bus } = await connectNats({ servers: nats.url, name: 'gateway', inboxPrefix: '_INBOX.gateway' });
  const common = { bus, clock: systemClock, log: noOpLogger, random: randomBytes, macKey };
  const keys = new KeyBook({ ...common, adminToken });
  const hooks = new HookBook({ ...common, whyNotTo: (url) => whyNotTo(url, allowedNetworks) });
  const { gateway } = testGateway({ clock: systemClock });
  const stop = new AbortController();
  const sign = signedWebhookHeaders;
  const post = guardedPost({ allowedNetworks, timeoutMs: 1_000 });
  const parts = { bus, clock: systemClock, telemetry: gateway.telemetry, keys, hooks, post, sign, pauseMsMin: 50 };
  const running = [keys.run(stop.signal), hooks.run(stop.signal), deliverWebhooks(parts, stop.signal)];
  await eventually('the keys and webhooks are read', () => keys.isCurrent && hooks.isCurrent);
  const routes = routesOf({ ...gateway, bus, keys, hooks });
  const server: HttpServer = await startHttpServer({ port: 0, bodyBytesMax: 100_000, routes, ...serverProblems });
  const close = async () => {
    stop.abort();
    await Promise.all([server.close(), ...running]);
    await bus.close();
  };
  return { url: `http://127.0.0.1:${server.port}`, bus, close };
}

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url ?? '';
  const body = await text(request);
  told.push({ path, headers: request.headers as Record<string, string>, body });
  const answer = answers.get(path);
  if (answer === undefined) response.writeHead(204).end();
  else answer(response, toldAt(path).length);
}

const toldAt = (path: string) => told.filter((one) => one.path === path);

/** A key, with a client at a replica. */
async function clientOf(replica: Replica): Promise<GatewayClient> {
  const admin = new GatewayClient(replica.url, { apiKey: adminToken });
  const { token } = await admin.createKey({ owner: 'an app', scopes: ['submit', 'read'] });
  return new GatewayClient(replica.url, { apiKey: token });
}

/** Submits a task and publishes its certified report, as the network would. */
async function decided({ bus }: Replica, client: GatewayClient, reference: string): Promise<Hex> {
  const taskId = await client.submitTask({
    reference,
    prompt: 'What is 2 + 2?',
    submissions: [
      { miner: 'm-1', output: '4' },
      { miner: 'm-2', output: 'four' },
    ],
  });
  const message = await bus.last('TASKS', subjects.task(taskId));
  const decoded = decodeTaskMessage(message?.data ?? new Uint8Array());
  if (!decoded.ok) throw new Error(decoded.refusal.detail);
  const { task } = decoded.value;
  const example = exampleNetwork();
  const report = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
  await bus.publish(subjects.report(taskId), encodeMessage(report), { expectLastSubjectSequence: 0 });
  return taskId;
}

beforeAll(async () => {
  folder = await temporaryFolder();
  nats = await startNats({ dir: folder.path });
  await ensureNatsStreams({ servers: nats.url, inboxPrefix: '_INBOX.gateway' });
  receiver = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  receiverUrl = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  replicas.push(await startReplica(), await startReplica());
}, 30_000);

afterAll(async () => {
  await Promise.all(replicas.map((one) => one.close()));
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
  await nats.stop();
  await folder.remove();
});

const [here, there] = [() => replicas[0] as Replica, () => replicas[1] as Replica];

it('tells a webhook of its key’s tasks alone, signed, until it takes them, also by another replica', async () => {
  const client = await clientOf(there());
  const { webhook, secret } = await client.createWebhook(`${receiverUrl}/fails`);
  // It fails twice while both replicas run, and again when the one that took the task has ended.
  answers.set('/fails', (response, count) => response.writeHead(count < 3 ? 500 : 204).end());
  await decided(here(), await clientOf(here()), 'of another key');
  const taskId = await decided(here(), client, 'told');
  await eventually('the first attempt', () => toldAt('/fails').length > 0);
  await replicas.shift()?.close();
  replicas.push(await startReplica());
  await eventually('the attempt that is taken', () => toldAt('/fails').length === 3);
  const attempts = toldAt('/fails');
  expect(new Set(attempts.map(({ headers }) => headers['webhook-id']))).toEqual(
    new Set([`${taskId.slice(2)}.${webhook.id}`]),
  );
  for (const { headers, body } of attempts) {
    const event = webhookEventSchema.parse(new Webhook(secret).verify(body, headers));
    expect(event.data).toMatchObject({ taskId, reference: 'told', verdicts: ['accept', 'accept'] });
    expect(() => new Webhook(secret).verify(body.replace('told', 'sold'), headers)).toThrow();
    expect(() => new Webhook(`whsec_${randomBytes(32).toString('base64')}`).verify(body, headers)).toThrow();
  }
  // Told once: the next task is the next that it hears of.
  await decided(here(), client, 'told next');
  await eventually('the next task', () => toldAt('/fails').length === 4);
  expect(toldAt('/fails')[3]?.body).toContain('told next');
});

it('waits for none that never answers: others are told meanwhile', async () => {
  const [client, other] = [await clientOf(here()), await clientOf(here())];
  await client.createWebhook(`${receiverUrl}/silent`);
  await other.createWebhook(`${receiverUrl}/prompt`);
  answers.set('/silent', () => undefined);
  for (let count = 0; count < 40; count++) await decided(here(), client, `silent ${count}`);
  await eventually('the silent one is asked', () => toldAt('/silent').length > 0);
  await decided(here(), other, 'prompt');
  await eventually('the other one is told', () => toldAt('/prompt').length === 1, 10_000);
});

it('tells one nothing more that was deleted or is gone, nor for a revoked key', async () => {
  const client = await clientOf(here());
  const { webhook: deleted } = await client.createWebhook(`${receiverUrl}/deleted`);
  const { webhook: gone } = await client.createWebhook(`${receiverUrl}/gone`);
  answers.set('/deleted', (response) => response.writeHead(503).end());
  answers.set('/gone', (response) => response.writeHead(410).end());
  await decided(here(), client, 'first');
  await eventually('both are asked', () => toldAt('/deleted').length > 1 && toldAt('/gone').length === 1);
  await client.deleteWebhook(deleted.id);
  await eventually('both are away', async () => (await client.listWebhooks()).length === 0);
  await expect(client.deleteWebhook(gone.id)).rejects.toMatchObject({ status: 404, code: 'not-found' });
  const { webhook: last } = await client.createWebhook(`${receiverUrl}/last`);
  await decided(here(), client, 'second');
  await eventually('the last one is told', () => toldAt('/last').length === 1);
  expect(toldAt('/gone')).toHaveLength(1);
  const admin = new GatewayClient(here().url, { apiKey: adminToken });
  const own = await client.readOwnKey();
  expect((await client.listWebhooks()).map(({ id }) => id)).toEqual([last.id]);
  await admin.revokeKey(own.id);
  await expect(client.listWebhooks()).rejects.toMatchObject({ status: 401 });
});

it('refuses addresses that are not public, and more than a key may have', async () => {
  const client = await clientOf(here());
  for (const url of ['https://10.0.0.1/', 'https://[::1]/', 'https://u:p@receiver.example/'])
    await expect(client.createWebhook(url), url).rejects.toMatchObject({ status: 400, field: 'url' });
  for (let count = 0; count < 4; count++) await client.createWebhook(`https://receiver.example/${count}`);
  await expect(client.createWebhook('https://receiver.example/5')).rejects.toMatchObject({ code: 'too-many-webhooks' });
});
