import type { ApiKey, Scope } from '@assay/protocol/api/api-keys';
import { describe, expect, it } from 'vitest';
import { anyone, type CallersGateway, keyHolders } from './callers.ts';
import { Fault } from './faults.ts';

const keyOf = (scopes: Scope[]): ApiKey => ({ id: '0123456789abcdef', owner: 'app', scopes, createdAtMs: 1 });
const asBearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` }, remoteAddress: '192.0.2.1' });
const open = { take: async () => ({ allowed: true, retryAfterMs: 0 }) };

/** Callers before a gateway that knows these keys. */
function router(keys: Record<string, ApiKey>, failure?: Error) {
  let nowMs = 1_000;
  const asked: string[] = [];
  const counted: string[] = [];
  const gatewayFor = (token: string): CallersGateway => ({
    readOwnKey: async () => {
      asked.push(token);
      if (failure !== undefined) throw failure;
      const key = keys[token];
      if (key === undefined) throw Object.assign(new Error('unauthenticated'), { status: 401 });
      return key;
    },
    submitTask: async () => `0x${token}`,
    readReport: async () => undefined,
  });
  const limiter = {
    take: async (client: string) => {
      counted.push(client);
      return { allowed: true, retryAfterMs: 0 };
    },
  };
  const callers = keyHolders(gatewayFor, limiter, { nowMs: () => nowMs });
  const admit = async (request: Parameters<typeof callers.admit>[0], needs: Scope[] = ['submit', 'read']) => {
    try {
      return await callers.admit(request, needs);
    } catch (error) {
      if (error instanceof Fault) return `${error.status} ${error.code}`;
      throw error;
    }
  };
  return { admit, asked, counted, wait: (ms: number) => (nowMs += ms) };
}

describe('callers with keys of the gateway', () => {
  it('hand tasks in under their own key', async () => {
    const { admit } = router({ good: keyOf(['submit', 'read']) });
    const caller = await admit(asBearer('good'));
    if (typeof caller === 'string') throw new Error(caller);
    expect(caller.key?.id).toBe('0123456789abcdef');
    expect(await caller.gateway.submitTask({} as never)).toBe('0xgood');
  });

  it('are refused without a valid key, and without the scopes', async () => {
    const { admit } = router({ reader: keyOf(['read']) });
    expect(await admit({ headers: {}, remoteAddress: '192.0.2.1' })).toBe('401 invalid_api_key');
    expect(await admit(asBearer('unknown'))).toBe('401 invalid_api_key');
    expect(await admit(asBearer('reader'))).toBe('403 insufficient_permissions');
    expect(typeof (await admit(asBearer('reader'), []))).toBe('object');
  });

  it('are remembered for half a second, however often they ask, and no longer', async () => {
    const keys: Record<string, ApiKey> = { good: keyOf(['submit', 'read']) };
    const { admit, asked, counted, wait } = router(keys);
    await admit(asBearer('good'));
    delete keys.good;
    for (const ms of [100, 200, 200]) {
      wait(ms);
      expect(typeof (await admit(asBearer('good')))).toBe('object');
    }
    wait(1);
    expect(await admit(asBearer('good'))).toBe('401 invalid_api_key');
    expect(asked).toEqual(['good', 'good']);
    expect(counted).toEqual(['192.0.2.1', ...Array(3).fill('key-0123456789abcdef'), '192.0.2.1']);
  });

  it('are told that the gateway is away, not that their key is wrong', async () => {
    const { admit } = router({}, new Error('gateway-unreachable'));
    expect(await admit(asBearer('good'))).toBe('502 network-unreachable');
  });
});

describe('callers without keys', () => {
  it('are counted by address', async () => {
    const gateway = { submitTask: async () => `0x` as const, readReport: async () => undefined };
    expect(await anyone(gateway, open).admit(asBearer('ignored'), ['submit'])).toMatchObject({
      gateway,
      key: undefined,
    });
    const full = { take: async () => ({ allowed: false, retryAfterMs: 1_500 }) };
    const refused = anyone(gateway, full).admit(asBearer('ignored'), []);
    await expect(refused).rejects.toMatchObject({ code: 'too-many-requests', headers: { 'retry-after': '2' } });
  });
});
