/** API keys at two gateways over one NATS: what one changes holds at the other, and at a Router, within a second. */
import { randomBytes } from 'node:crypto';
import { type HttpServer, startHttpServer } from '@assay/adapters/http/http-server';
import { connectNats } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { systemClock } from '@assay/adapters/process/system-clock';
import { noOpLogger } from '@assay/adapters/telemetry/no-op-logger';
import type { Bus } from '@assay/protocol/ports';
import { GatewayClient, GatewayError } from '@assay/sdk/gateway-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KeyBook } from '../../services/gateway/src/access/key-book.ts';
import { testGateway } from '../../services/gateway/src/gateway.fixture.ts';
import { routesOf } from '../../services/gateway/src/handler.ts';
import { keyHolders } from '../../services/router/src/callers.ts';
import { eventually } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

const adminToken = randomBytes(32).toString('hex');
const macKey = randomBytes(32).toString('hex');
const open = { take: async () => ({ allowed: true, retryAfterMs: 0 }) };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let nats: ServerProcess;
const gateways: { readonly url: string; close(): Promise<void> }[] = [];

/** A gateway of its own on the bus, as HTTP. */
async function startGateway(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const { bus } = await connectNats({ servers: nats.url, name: 'gateway', inboxPrefix: '_INBOX.gateway' });
  const keys = new KeyBook({ bus, clock: systemClock, log: noOpLogger, random: randomBytes, macKey, adminToken });
  const stop = new AbortController();
  const running = keys.run(stop.signal);
  await eventually('the keys are read', async () => keys.isCurrent);
  const routes = routesOf({ ...testGateway().gateway, bus: bus as Bus, keys });
  const server: HttpServer = await startHttpServer({ port: 0, bodyBytesMax: 10_000, routes });
  const close = async () => {
    stop.abort();
    await Promise.all([server.close(), running]);
    await bus.close();
  };
  return { url: `http://127.0.0.1:${server.port}`, close };
}

const statusOf = (asked: Promise<unknown>) =>
  asked.then(
    () => 200,
    (error: unknown) => (error instanceof GatewayError ? error.status : Promise.reject(error)),
  );

beforeAll(async () => {
  folder = await temporaryFolder();
  nats = await startNats({ dir: folder.path });
  await ensureNatsStreams({ servers: nats.url, inboxPrefix: '_INBOX.gateway' });
  gateways.push(await startGateway(), await startGateway());
}, 30_000);

afterAll(async () => {
  await Promise.all(gateways.map((one) => one.close()));
  await nats.stop();
  await folder.remove();
});

it('ends a revoked key at the other gateway and at a Router within a second', async () => {
  const [here, there] = gateways.map(({ url }) => url);
  const admin = new GatewayClient(here ?? '', { apiKey: adminToken });
  const { key, token } = await admin.createKey({ owner: 'an app', scopes: ['submit', 'read'] });
  const other = new GatewayClient(there ?? '', { apiKey: token });
  await eventually('the key is valid', async () => (await statusOf(other.readOwnKey())) === 200);
  const router = keyHolders((apiKey) => new GatewayClient(there ?? '', { apiKey }), open, systemClock);
  const ask = () =>
    router.admit({ headers: { authorization: `Bearer ${token}` }, remoteAddress: '127.0.0.1' }, ['submit']);
  await ask();

  await admin.revokeKey(key.id);
  const revokedMs = performance.now();
  await eventually('the gateway refuses', async () => (await statusOf(other.readOwnKey())) === 401);
  await eventually('the Router refuses', async () =>
    ask().then(
      () => undefined,
      (error: unknown) => Reflect.get(Object(error), 'code') === 'invalid_api_key',
    ),
  );
  expect(performance.now() - revokedMs).toBeLessThan(1_000);
});

it('keeps one record of each key, and gives all of them to a gateway that starts later', async () => {
  const admin = new GatewayClient(gateways[0]?.url ?? '', { apiKey: adminToken });
  const first = await admin.createKey({ owner: 'rotated', scopes: ['read'] });
  const second = await admin.rotateKey(first.key.id);
  const late = await startGateway();
  gateways.push(late);
  expect(await statusOf(new GatewayClient(late.url, { apiKey: first.token }).readOwnKey())).toBe(401);
  expect(await new GatewayClient(late.url, { apiKey: second.token }).readOwnKey()).toEqual(first.key);
  const listed = await new GatewayClient(late.url, { apiKey: adminToken }).listKeys();
  expect(listed.map(({ owner }) => owner).sort()).toEqual(['an app', 'rotated']);
});
