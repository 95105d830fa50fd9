/** An RPC that lacks the block of a request: it lags, its load balancer does, or the chain is being reorganised. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestChain, type TestChain } from './certified-batches.ts';
import { type FaultyRpc, startFaultyRpc, type Weather } from './faulty-rpc.ts';

let on: TestChain;
let faulty: FaultyRpc;

beforeAll(async () => {
  on = await startTestChain();
});
afterAll(() => on.server.stop());
beforeEach(async () => {
  faulty = await startFaultyRpc(on.server.url);
});
afterEach(() => faulty.close());

const chainAt = (rpcUrl: string) => on.connect(rpcUrl, anvilAccountKey(1), {});

/** What anvil answers to a request about a block above its head. */
const noBlock: Weather = () => ({
  kind: 'error',
  code: -32_602,
  message: 'BlockOutOfRangeError: block height is 140 but requested was 144',
});
const isCall = (method: string) => method === 'eth_call';

describe('an RPC that does not have the block of a request yet', () => {
  it('is passed over for another that has it', async () => {
    const better = await startFaultyRpc(on.server.url);
    faulty.weather = (call) => (isCall(call.method) ? noBlock(call) : undefined);
    const start = await chainAt(`${faulty.url},${better.url}`).epochStart();
    expect(start).toEqual(await chainAt(on.server.url).epochStart());
    expect(faulty.calls).toContain('eth_call');
    await better.close();
  });

  it.each<[string, Weather]>([
    ['anvil', noBlock],
    ['geth', () => ({ kind: 'error', code: -32_000, message: 'header not found' })],
    ['nethermind', () => ({ kind: 'error', code: -32_001, message: 'Unknown block' })],
  ])('is asked again when it is alone (%s)', async (_, weather) => {
    let isFirst = true;
    faulty.weather = (call) => {
      if (!isCall(call.method) || !isFirst) return undefined;
      isFirst = false;
      return weather(call);
    };
    expect((await chainAt(faulty.url).epochStart()).epoch).toBe(1);
  });

  it('counts as an RPC that does not respond if it never has it: a service waits for it at its start', async () => {
    faulty.weather = (call) => (isCall(call.method) ? noBlock(call) : undefined);
    const error: unknown = await chainAt(faulty.url)
      .epochStart()
      .catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(ChainUnreachable);
    expect(String(error)).toContain('block height is 140 but requested was 144');
  });

  it('is not asked again about parameters that are wrong', async () => {
    faulty.weather = (call) =>
      isCall(call.method) ? { kind: 'error', code: -32_602, message: 'invalid address' } : undefined;
    await expect(chainAt(faulty.url).epochStart()).rejects.toThrow('invalid address');
    expect(faulty.calls).toEqual(['eth_call']);
  });
});
