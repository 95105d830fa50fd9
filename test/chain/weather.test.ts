/** The faults of a chain and its RPC for a transmitter, each on a real chain behind an endpoint that injects them. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { memoryJournal } from '@assay/adapters/memory/memory-journal';
import type { Intent } from '@assay/protocol/batch/intent';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import type { Chain, IntentJournal, TransactionEvent } from '@assay/protocol/ports';
import { addressOf } from '@assay/protocol/signature/signature';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually, within } from '../integration/eventually.ts';
import { type BlocksByTheClock, blocksByTheClock } from './blocks.ts';
import { startTestChain, type TestChain } from './certified-batches.ts';
import { away, type FaultyRpc, fair, rpc, startFaultyRpc, type Weather } from './faulty-rpc.ts';

const rules = { replaceAfterMs: 1_500, sendAgainAfterMs: 300 };
const slowMs = 30_000;
const isSend = (method: string) => method === 'eth_sendRawTransaction';

let on: TestChain;
let faulty: FaultyRpc;
let account = 0;
let key: Hex;
let address: Hex;
let events: TransactionEvent[];
let blocks: BlocksByTheClock;

beforeAll(async () => {
  on = await startTestChain();
  await rpc(on.server.url, 'evm_setIntervalMining', [0]);
  blocks = blocksByTheClock(on.server.url);
});
afterAll(async () => {
  await blocks.close();
  await on.server.stop();
});
beforeEach(async () => {
  faulty = await startFaultyRpc(on.server.url);
  account++;
  key = anvilAccountKey(account);
  address = addressOf(fromHex(key));
  events = [];
});
afterEach(async () => {
  faulty.weather = fair;
  startBlocks();
  await rpc(on.server.url, 'anvil_dropAllTransactions');
  await faulty.close();
});

interface TransmitterOptions {
  readonly journal?: IntentJournal;
  readonly rpcUrl?: string;
  readonly feePerGasMax?: bigint;
  readonly replaceAfterMs?: number;
}

/** Nothing is replaced: on a busy machine a transaction would count as stuck before it is mined. */
const neverReplaced = { replaceAfterMs: slowMs };

/** A transmitter with the test's account behind the faulty endpoint. */
function transmitter(options: TransmitterOptions = {}): Chain {
  const { journal, rpcUrl = faulty.url, feePerGasMax, replaceAfterMs = rules.replaceAfterMs } = options;
  return on.connect(rpcUrl, key, {
    rules: { ...rules, replaceAfterMs, ...(feePerGasMax === undefined ? {} : { feePerGasMax }) },
    onEvent: (event) => events.push(event),
    ...(journal === undefined ? {} : { journal }),
  });
}

/** Blocks only when `mine` is called. */
const stopBlocks = () => blocks.stop();
const startBlocks = () => blocks.start();
const mine = () => rpc(on.server.url, 'evm_mine');
const minedCount = async () => Number(await rpc<string>(on.server.url, 'eth_getTransactionCount', [address, 'latest']));
const whys = () => events.flatMap((event) => (event.kind === 'signed' ? [event.why] : []));

/** The first `times` matching calls get the fault; later calls do not. */
function first(times: number, fits: (method: string) => boolean, weather: Weather): Weather {
  let left = times;
  return (call) => {
    if (!fits(call.method) || left === 0) return undefined;
    left--;
    return weather(call);
  };
}

it('an endpoint that breaks many calls at once is asked again as soon as one that breaks one call', async () => {
  const chain = transmitter();
  faulty.weather = away;
  // Each about another block: equal requests that are under way together are sent as one.
  const broken = await Promise.allSettled(Array.from({ length: 20 }, (_, height) => chain.blockHash(height)));
  expect(new Set(broken.map(({ status }) => status))).toEqual(new Set(['rejected']));
  expect(faulty.calls.length).toBeGreaterThanOrEqual(20);
  faulty.weather = fair;
  expect(await chain.height()).toBeGreaterThan(0);
});

describe('a transmitter survives', { timeout: slowMs }, () => {
  it('a send that fails before the node sees it', async () => {
    faulty.weather = first(3, isSend, () => ({ kind: 'broken' }));
    const { fields, certificate } = on.certified();
    expect((await transmitter().post(fields, certificate)).status).toBe('posted');
    expect(await minedCount()).toBe(1);
  });

  it('a send whose answer is lost: the same transaction, once', async () => {
    faulty.weather = first(3, isSend, () => ({ kind: 'broken', after: true }));
    const { fields, certificate } = on.certified();
    expect((await transmitter(neverReplaced).post(fields, certificate)).status).toBe('posted');
    expect(whys()).toEqual(['first']);
    expect(await minedCount()).toBe(1);
  });

  it('a transaction that a node accepts and loses', async () => {
    faulty.weather = first(2, isSend, () => ({ kind: 'swallowed', hash: `0x${'11'.repeat(32)}` }));
    const { fields, certificate } = on.certified();
    expect((await transmitter(neverReplaced).post(fields, certificate)).status).toBe('posted');
    expect(events.some(({ kind }) => kind === 'sent-again')).toBe(true);
    expect(whys()).toEqual(['first']);
  });

  it('a transaction that the pool drops', async () => {
    await stopBlocks();
    const { fields, certificate } = on.certified();
    const posting = transmitter(neverReplaced).post(fields, certificate);
    await eventually('the transaction to be in the pool', pending);
    await rpc(on.server.url, 'anvil_dropAllTransactions');
    await eventually('the transaction to be there again', pending);
    startBlocks();
    expect((await posting).status).toBe('posted');
    expect(whys()).toEqual(['first']);
  });

  it('its nonce used by another transaction of the account', async () => {
    await stopBlocks();
    const { fields, certificate } = on.certified();
    const posting = transmitter().post(fields, certificate);
    await eventually('the transaction to be in the pool', pending);
    await rpc(on.server.url, 'anvil_dropAllTransactions');
    await sendAs(address, { maxFeePerGas: '0x2540be4000', maxPriorityFeePerGas: '0x77359400' });
    await mine();
    startBlocks();
    expect((await posting).status).toBe('posted');
    expect(whys().at(-1)).toBe('passed');
    expect(await minedCount()).toBe(2);
  });

  it('an earlier nonce that nobody uses', async () => {
    // The node says that one more transaction is pending than there is.
    faulty.weather = ({ method, params }) =>
      method === 'eth_getTransactionCount' && params?.[1] === 'pending' ? { kind: 'answer', result: '0x1' } : undefined;
    const { fields, certificate } = on.certified();
    expect((await transmitter().post(fields, certificate)).status).toBe('posted');
    expect(whys()).toEqual(['first', 'gap']);
  });

  it('an unknown, more expensive transaction with its nonce', async () => {
    await stopBlocks();
    await sendAs(address, { maxFeePerGas: '0x2540be400', maxPriorityFeePerGas: '0x12a05f200' });
    faulty.weather = ({ method, params }) =>
      method === 'eth_getTransactionCount' && params?.[1] === 'pending' ? { kind: 'answer', result: '0x0' } : undefined;
    const { fields, certificate } = on.certified();
    const posting = transmitter().post(fields, certificate);
    await eventually('a replacement', () => whys().includes('underpriced'));
    await eventually('the wanted call in the pool', async () => {
      const block = await rpc<{ transactions: { to: string }[] }>(on.server.url, 'eth_getBlockByNumber', [
        'pending',
        true,
      ]);
      return block.transactions.some(({ to }) => to === on.deployed.hub.toLowerCase());
    });
    startBlocks();
    expect((await posting).status).toBe('posted');
    expect(await minedCount()).toBe(1);
  });

  it('a base fee that rises above its maximum fee, up to the cap', async () => {
    await stopBlocks();
    const { fields, certificate } = on.certified();
    const posting = transmitter().post(fields, certificate);
    await eventually('the transaction to be in the pool', pending);
    await rpc(on.server.url, 'anvil_setNextBlockBaseFeePerGas', ['0x4a817c800']);
    await mine();
    await eventually('a dearer transaction', () => whys().length > 1);
    startBlocks();
    expect((await posting).status).toBe('posted');
    expect(whys()[1]).toBe('stuck');
    const fees = events.flatMap((event) => (event.kind === 'signed' ? [event.maxFeePerGas] : []));
    expect(fees[1]).toBeGreaterThanOrEqual(((fees[0] ?? 0n) * 110n) / 100n);
  });

  it('a base fee above the cap: it waits, pays no more than the cap, and continues when the fee falls', async () => {
    // Each block that comes in between lowers the fee by an eighth.
    await stopBlocks();
    await rpc(on.server.url, 'anvil_setNextBlockBaseFeePerGas', ['0x4a817c800']);
    await mine();
    const feePerGasMax = 15_000_000_000n;
    const { fields, certificate } = on.certified();
    const posting = transmitter({ feePerGasMax }).post(fields, certificate);
    await eventually('it to wait', () => events.some((event) => event.kind === 'waits' || event.kind === 'sent-again'));
    startBlocks();
    await rpc(on.server.url, 'anvil_setNextBlockBaseFeePerGas', ['0x3b9aca00']);
    expect((await posting).status).toBe('posted');
    for (const event of events)
      if (event.kind === 'signed') expect(event.maxFeePerGas).toBeLessThanOrEqual(feePerGasMax);
  });

  it('an RPC that lags, alone', async () => {
    faulty.weather = () => ({ kind: 'lagging', blocks: 5 });
    const { fields, certificate } = on.certified();
    const outcome = await transmitter().post(fields, certificate);
    expect(['posted', 'known']).toContain(outcome.status);
    faulty.weather = fair;
    expect((await transmitter().postedBatch(fields.epoch, fields.sequence, 1))?.root).toBe(fields.root);
  });

  it('an RPC that lags, by using the other', async () => {
    const better = await startFaultyRpc(on.server.url);
    faulty.weather = () => ({ kind: 'lagging', blocks: 50 });
    await rpc(on.server.url, 'anvil_mine', ['0x40']);
    const { fields, certificate } = on.certified();
    expect((await transmitter({ rpcUrl: `${faulty.url},${better.url}` }).post(fields, certificate)).status).toBe(
      'posted',
    );
    expect(faulty.calls.filter((method) => method === 'eth_estimateGas')).toEqual([]);
    expect(better.calls).toContain('eth_estimateGas');
    await better.close();
  });

  it.each<[string, Weather]>([
    ['HTTP 429', () => ({ kind: 'too-many', retryAfterSeconds: 1 })],
    ['JSON-RPC -32005', () => ({ kind: 'error', code: -32_005, message: 'limit exceeded' })],
  ])('a rate limit (%s), without exceeding it', async (_, weather) => {
    faulty.weather = first(3, () => true, weather);
    const { fields, certificate } = on.certified();
    expect((await transmitter().post(fields, certificate)).status).toBe('posted');
  });

  it('one RPC of two that is down', async () => {
    const other = await startFaultyRpc(on.server.url);
    faulty.weather = away;
    const chain = transmitter({ rpcUrl: `${faulty.url},${other.url}` });
    const one = on.certified();
    expect((await chain.post(one.fields, one.certificate)).status).toBe('posted');
    faulty.weather = fair;
    other.weather = away;
    const two = on.certified();
    expect((await chain.post(two.fields, two.certificate)).status).toBe('posted');
    await other.close();
  });

  it('a lack of funds: it waits, and continues by itself when funded', async () => {
    await rpc(on.server.url, 'anvil_setBalance', [address, '0x1']);
    const { fields, certificate } = on.certified();
    const posting = transmitter().post(fields, certificate);
    await eventually('it to say so', () => events.some((event) => event.kind === 'waits' && event.why === 'funds'));
    expect(whys()).toEqual([]);
    await rpc(on.server.url, 'anvil_setBalance', [address, '0xde0b6b3a7640000']);
    expect((await posting).status).toBe('posted');
  });

  it('a crash between signing and sending: its successor sends the signed transaction, and no second one', async () => {
    const journal = memoryJournal();
    faulty.weather = (call) => (isSend(call.method) ? { kind: 'late', ms: slowMs } : undefined);
    const { fields, certificate } = on.certified();
    // The first process hangs in its send and never continues.
    void transmitter({ journal })
      .post(fields, certificate)
      .catch(() => undefined);
    const intent = await eventually('the intent', () => journal.last());
    expect(await minedCount()).toBe(0);
    faulty.weather = fair;
    events = [];
    const outcome = await transmitter({ journal }).post(fields, certificate);
    expect(outcome).toMatchObject({ status: 'posted', transactionHash: intent.hash });
    expect(whys()).toEqual([]);
    expect(await minedCount()).toBe(1);
  });

  it('a journal that cannot store the intent: nothing is sent', async () => {
    const journal: IntentJournal = {
      last: async () => undefined,
      append: async () => Promise.reject(new Error('the stream is away')),
    };
    const { fields, certificate } = on.certified();
    await expect(transmitter({ journal }).post(fields, certificate)).rejects.toThrow(/the stream is away/);
    expect(faulty.calls.filter(isSend)).toEqual([]);
  });

  it('two transmitters at once: the batch is posted once, and both know it', async () => {
    const other = on.connect(on.server.url, anvilAccountKey(39), { rules });
    const { fields, certificate } = on.certified();
    const outcomes = await Promise.all([transmitter().post(fields, certificate), other.post(fields, certificate)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['known', 'posted']);
  });

  it('two processes with one account and one journal', async () => {
    const journal = sharedJournal();
    const twins = [transmitter({ journal: journal() }), transmitter({ journal: journal() })];
    const batches = [1, 2, 3, 4].map(() => on.certified());
    const outcomes = await Promise.all(
      batches.map(({ fields, certificate }, index) => (twins[index % 2] as Chain).post(fields, certificate)),
    );
    for (const { status } of outcomes) expect(['posted', 'known']).toContain(status);
    expect(await minedCount()).toBe(batches.length);
  });

  it('several waiting batches: the lowest comes first', async () => {
    const kept: (number | undefined)[] = [];
    const journal = memoryJournal();
    const append = (intent: Intent) => {
      kept.push(intent.batch?.sequence);
      return journal.append(intent);
    };
    const chain = transmitter({ journal: { last: () => journal.last(), append } });
    const [taken, newer, newest] = [on.certified(), on.certified(), on.certified()];
    const order = [newer, newest, taken];
    await Promise.all(order.map(({ fields, certificate }) => chain.post(fields, certificate)));
    expect([...new Set(kept)]).toEqual([newer, taken, newest].map(({ fields }) => fields.sequence));
  });

  it('its batch posted by another: the next transaction replaces the useless one', async () => {
    const chain = transmitter();
    const other = on.connect(on.server.url, anvilAccountKey(38), { rules });
    await stopBlocks();
    const one = on.certified();
    const two = on.certified();
    const posting = chain.post(one.fields, one.certificate);
    await eventually('the transaction to be in the pool', pending);
    await rpc(on.server.url, 'anvil_dropAllTransactions');
    faulty.weather = (call) => (isSend(call.method) ? { kind: 'broken' } : undefined);
    startBlocks();
    await other.post(one.fields, one.certificate);
    expect((await posting).status).toBe('known');
    faulty.weather = fair;
    expect((await chain.post(two.fields, two.certificate)).status).toBe('posted');
    expect(whys()).toEqual(['first', 'obsolete']);
    expect(await minedCount()).toBe(1);
  });

  it.each([1, 3])('a reorganisation %i blocks deep: removed transactions are posted again', async (depth) => {
    const chain = transmitter();
    await stopBlocks();
    const batches = Array.from({ length: depth }, () => on.certified());
    for (const { fields, certificate } of batches) {
      const posting = chain.post(fields, certificate);
      await eventually('the transaction to be in the pool', pending);
      await mine();
      expect((await posting).status).toBe('posted');
    }
    await rpc(on.server.url, 'anvil_reorg', [depth, []]);
    await rpc(on.server.url, 'anvil_dropAllTransactions');
    for (const { fields } of batches) expect(await chain.postedBatch(fields.epoch, fields.sequence, 1)).toBeUndefined();
    startBlocks();
    for (const { fields, certificate } of batches) {
      const outcome = await within('the batch to be in again', chain.post(fields, certificate), slowMs);
      expect(['posted', 'known']).toContain(outcome.status);
      expect((await chain.postedBatch(fields.epoch, fields.sequence, 1))?.root).toBe(fields.root);
    }
    expect(await minedCount()).toBe(depth);
  });
});

const pending = async () =>
  Number(await rpc<string>(on.server.url, 'eth_getTransactionCount', [address, 'pending'])) > (await minedCount());

/** A transaction of the account that its transmitter did not sign. */
async function sendAs(from: Hex, fees: { maxFeePerGas: string; maxPriorityFeePerGas: string }): Promise<void> {
  await rpc(on.server.url, 'anvil_impersonateAccount', [from]);
  await rpc(on.server.url, 'eth_sendTransaction', [{ from, to: from, gas: '0x5208', ...fees }]);
  await rpc(on.server.url, 'anvil_stopImpersonatingAccount', [from]);
}

/** Journals of processes that share one place for intents, like the stream. */
function sharedJournal(): () => IntentJournal {
  const kept: Intent[] = [];
  return () => {
    let read = 0;
    return {
      last: async () => {
        read = kept.length;
        return kept.at(-1);
      },
      append: async (intent) => {
        if (read !== kept.length) return 'conflict';
        kept.push(intent);
        read = kept.length;
        return 'stored';
      },
    };
  };
}
