import { memoryBus } from '@assay/adapters/memory/memory-bus';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import type { IssuedKey, Scope } from '@assay/protocol/api/api-keys';
import { subjects } from '@assay/protocol/bus/subjects';
import { limits } from '@assay/protocol/limits';
import type { Bus } from '@assay/protocol/ports';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiResponse } from '../api.ts';
import { requestOf, testGateway } from '../gateway.fixture.ts';
import { routesOf } from '../handler.ts';
import { KeyBook } from './key-book.ts';
import { newToken, parseToken, tokenText } from './key-record.ts';

const adminToken = 'key-of-the-installation-'.repeat(2);
const macKey = 'a secret that all gateways of the test share';
const day = 24 * 3_600_000;

/** A gateway that asks for keys, on a bus that other gateways may share. Its key book follows the stream. */
async function guarded(shared?: Bus) {
  let nowMs = 1_000;
  const { gateway, clock } = testGateway();
  const bus = shared ?? gateway.bus;
  const stop = new AbortController();
  const log = memoryTelemetry().log;
  let bytes = 0;
  const random = (count: number) => Buffer.alloc(count, ++bytes);
  const timed = { ...clock, nowMs: () => nowMs };
  const keys = new KeyBook({ bus, clock: timed, log, random, macKey, adminToken });
  void keys.run(stop.signal);
  await settled();
  const counted: string[] = [];
  const rateLimiter = {
    take: async (client: string) => {
      counted.push(client);
      return { allowed: true, retryAfterMs: 0 };
    },
  };
  const routes = routesOf({ ...gateway, bus, keys, rateLimiter });
  const ask = async (method: string, path: string, token?: string, body?: unknown): Promise<ApiResponse> => {
    const route = routes.find(
      (one) => one.method === method && new RegExp(`^${one.path.replaceAll(/:\w+/g, '[^/]+')}$`).test(path),
    );
    const keyId = path.split('/')[3] ?? '';
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    if (route === undefined) throw new Error(`There is no ${method} ${path}.`);
    return route.handler(requestOf({ headers, body, params: { keyId } }));
  };
  const issue = async (scopes: readonly Scope[], more: object = {}) => {
    const { status, body } = await ask('POST', '/v1/keys', adminToken, { owner: 'an app', scopes, ...more });
    expect(status).toBe(201);
    return body as IssuedKey;
  };
  return { ask, issue, keys, bus, counted, stop, wait: (ms: number) => (nowMs += ms) };
}

/** Lets followers take what the memory bus holds. */
async function settled() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

const codeOf = ({ status, body }: ApiResponse) => `${status} ${(body as { code?: string }).code ?? 'ok'}`;
const task = { reference: 'r', prompt: 'p', submissions: [{ miner: 'm-1', output: 'o' }] };

describe('routes of a gateway that asks for API keys', () => {
  it('open what a key’s scopes allow, and nothing else', async () => {
    const { ask, issue } = await guarded();
    const [submit, read, admin] = [await issue(['submit']), await issue(['read']), await issue(['admin'])];
    const tried = async (token: string | undefined) => [
      codeOf(await ask('POST', '/v1/tasks', token, task)),
      codeOf(await ask('GET', '/v1/sessions/x/messages', token)),
      codeOf(await ask('GET', '/v1/keys', token)),
      codeOf(await ask('GET', '/v1/network', token)),
    ];
    expect(await tried(undefined)).toEqual([...Array(3).fill('401 unauthenticated'), '200 ok']);
    expect(await tried('assay_nobody')).toEqual([...Array(3).fill('401 unauthenticated'), '200 ok']);
    const no = '403 out-of-scope';
    expect(await tried(submit.token)).toEqual(['202 ok', no, no, '200 ok']);
    expect(await tried(read.token)).toEqual([no, '400 malformed', no, '200 ok']);
    expect(await tried(admin.token)).toEqual([no, no, '200 ok', '200 ok']);
  });

  it('take no key whose token differs in one character', async () => {
    const { ask, issue } = await guarded();
    const { token } = await issue(['read']);
    expect(codeOf(await ask('GET', '/v1/keys/self', token))).toBe('200 ok');
    for (let at = 0; at < token.length; at++) {
      const other = token.slice(0, at) + (token[at] === 'a' ? 'b' : 'a') + token.slice(at + 1);
      expect(codeOf(await ask('GET', '/v1/keys/self', other)), other).toBe('401 unauthenticated');
    }
  });

  it('end a key at its expiry, and an old token after its grace', async () => {
    const { ask, issue, wait } = await guarded();
    const { key, token } = await issue(['read'], { expiresInDays: 2 });
    const rotated = await ask('POST', `/v1/keys/${key.id}/rotate`, adminToken, { graceSeconds: 60 });
    const renewed = rotated.body as IssuedKey;
    expect(renewed.key).toEqual(key);
    const own = async (one: string) => (await ask('GET', '/v1/keys/self', one)).status;
    expect([await own(token), await own(renewed.token)]).toEqual([200, 200]);
    wait(60_000);
    expect([await own(token), await own(renewed.token)]).toEqual([401, 200]);
    wait(2 * day);
    expect(await own(renewed.token)).toBe(401);
    expect((await ask('POST', `/v1/keys/${key.id}/rotate`, adminToken)).status).toBe(404);
  });

  it('revoke a key at every gateway of the bus', async () => {
    const bus = memoryBus();
    const [one, other] = [await guarded(bus), await guarded(bus)];
    const { key, token } = await one.issue(['read']);
    await settled();
    const own = async (at: typeof one) => (await at.ask('GET', '/v1/keys/self', token)).status;
    expect([await own(one), await own(other)]).toEqual([200, 200]);
    expect((await other.ask('POST', `/v1/keys/${key.id}/revoke`, adminToken)).status).toBe(200);
    await settled();
    expect([await own(one), await own(other)]).toEqual([401, 401]);
    expect((await one.ask('POST', `/v1/keys/${key.id}/rotate`, adminToken)).status).toBe(404);
    expect((await one.ask('POST', `/v1/keys/${key.id}/revoke`, adminToken)).body).toMatchObject({ id: key.id });
  });

  it('show no secret after a key was created, and count requests by key', async () => {
    const { ask, issue, counted, bus } = await guarded();
    const issued = await issue(['read']);
    const listed = await ask('GET', '/v1/keys', adminToken);
    expect(listed.body).toEqual({ keys: [issued.key] });
    const secret = parseToken(issued.token)?.secret ?? '';
    const stored = await bus.last('KEYS', subjects.key(issued.key.id));
    expect(Buffer.from(stored?.data ?? []).toString()).not.toContain(secret);
    expect(stored?.data.length).toBeLessThan(limits.keyRecordBytesMax);
    await ask('GET', '/v1/keys/self', issued.token);
    await ask('GET', '/v1/keys/self', 'assay_wrong');
    expect(counted.slice(-2)).toEqual([`key-${issued.key.id}`, '127.0.0.1']);
  });

  it('say where keys are off, and that they are being read', async () => {
    const routes = routesOf(testGateway().gateway);
    for (const route of routes.filter(({ path }) => path.startsWith('/v1/keys')))
      expect(codeOf(await route.handler(requestOf({ params: { keyId: '0'.repeat(16) } }))), route.path).toBe(
        '404 not-found',
      );
    const { gateway, clock } = testGateway();
    const unread = new KeyBook({
      bus: gateway.bus,
      clock,
      log: memoryTelemetry().log,
      random: (count) => Buffer.alloc(count),
      macKey,
      adminToken,
    });
    const [submit] = routesOf({ ...gateway, keys: unread });
    const answer = await submit?.handler(requestOf({ headers: { authorization: `Bearer ${adminToken}` } }));
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
  });
});

describe('records of keys on a bus that lies', () => {
  it('count only if a gateway made them for that key, and never go back', async () => {
    const { ask, issue, bus } = await guarded();
    const { key, token } = await issue(['read']);
    const live = (await bus.last('KEYS', subjects.key(key.id)))?.data ?? new Uint8Array();
    await ask('POST', `/v1/keys/${key.id}/revoke`, adminToken);
    const other = tokenText(newToken((count) => Buffer.alloc(count, 99)));
    const forged = live.slice();
    forged.set(Buffer.from('read'.replace('r', 'h')), forged.lastIndexOf(0x72));
    for (const [id, data] of [
      [key.id, live],
      [parseToken(other)?.id ?? '', live],
      [key.id, forged],
      [key.id, new Uint8Array(3)],
    ] as const)
      await bus.publish(subjects.key(id), data);
    await settled();
    expect(codeOf(await ask('GET', '/v1/keys/self', token))).toBe('401 unauthenticated');
    expect(codeOf(await ask('GET', '/v1/keys/self', other))).toBe('401 unauthenticated');
    const revoked = await ask('GET', '/v1/keys', adminToken);
    expect(revoked.body).toMatchObject({ keys: [{ id: key.id, revokedAtMs: 1_000 }] });
  });

  it('survive any bytes', async () => {
    const { ask, issue, bus } = await guarded();
    const { key, token } = await issue(['read']);
    const bytes = fc.uint8Array({ maxLength: limits.keyRecordBytesMax });
    await fc.assert(
      fc.asyncProperty(bytes, async (data) => {
        await bus.publish(subjects.key(key.id), data);
        await settled();
        expect((await ask('GET', '/v1/keys/self', token)).status).toBe(200);
      }),
      { numRuns: 50 },
    );
    expect((await ask('POST', `/v1/keys/${key.id}/revoke`, adminToken)).status).toBe(200);
  });
});
