import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { readFees } from '@assay/adapters/evm/fees';
import { expect, it } from 'vitest';
import { costLines } from './cost-command.ts';
import { type CostQuestion, cheaperScheme, estimateCost, type GasRecord } from './estimate.ts';
import { gasRecord } from './gas-record.ts';

const record: GasRecord = {
  posts: [
    { scheme: 'ecdsa', operators: 4, certificateBytes: 208, gas: 80_000 },
    { scheme: 'ecdsa', operators: 14, certificateBytes: 608, gas: 100_000 },
  ],
  epochs: [
    { scheme: 'ecdsa', operators: 4, gas: 500_000 },
    { scheme: 'ecdsa', operators: 14, gas: 1_000_000 },
  ],
};
const question: CostQuestion = {
  verdictsPerDay: 30_000,
  submissions: 3,
  batch: 100,
  epochHours: 24,
  operators: 9,
  scheme: 'ecdsa',
  feeModel: 'eip-1559',
  gasPriceGwei: 2,
  dataPriceGwei: 1,
  coinPrice: 1_000,
  taskRate: 10,
  peak: 3,
  replicaPrice: 30,
  aggregators: 2,
  taskBytes: 1_000,
  storagePrice: 0.5,
};
const itemOf = (asked: CostQuestion, name: string) =>
  estimateCost(record, asked).items.find(({ item }) => item === name);

it('counts posts, epochs, machines and storage of a month', () => {
  const { items, perMonth, chainPerVerdict, batchFillSeconds } = estimateCost(record, question);
  // 10,000 tasks a day in batches of 100: 3,000 posts of 90,000 gas at 2 gwei.
  expect(itemOf(question, 'posting')).toMatchObject({ of: '3,000 posts × 90,000 gas', coins: 0.54, cost: 540 });
  expect(itemOf(question, 'epoch starts')).toMatchObject({ of: '30 starts × 750,000 gas', cost: 45 });
  expect(itemOf(question, 'data on Ethereum')).toBeUndefined();
  expect(itemOf(question, 'validators')).toMatchObject({ payer: 'operator', cost: 90 });
  expect(itemOf(question, 'aggregators')).toMatchObject({ payer: 'network', cost: 60 });
  const gigabytes = (3 * (1_000 + 1_024 * 27) * 10_000 * 7 * 1.1) / 1e9;
  expect(itemOf(question, 'storage of NATS')?.cost).toBeCloseTo(gigabytes * 0.5, 6);
  expect(perMonth.operator).toBe(90);
  expect(perMonth.network).toBeCloseTo(540 + 45 + 60 + gigabytes * 0.5, 6);
  expect(chainPerVerdict).toBeCloseTo(585 / 900_000, 9);
  expect(batchFillSeconds).toBe(864);
  expect(items.every(({ cost }) => cost >= 0)).toBe(true);
});

it('names the kind of certificate that costs less', () => {
  expect([1, 11, 40, 41, 64, 128, 500].map((operators) => cheaperScheme(gasRecord, operators))).toEqual([
    'ecdsa',
    'ecdsa',
    'ecdsa',
    'bls',
    'bls',
    'bls',
    'bls',
  ]);
});

it('shows the fee for data on Ethereum where a rollup takes one', () => {
  const bytes = 4 + 6 * 32 + 16 + 115 + 408;
  const data = itemOf({ ...question, feeModel: 'l1-data-fee' }, 'data on Ethereum');
  expect(data?.coins).toBeCloseTo((3_000 * bytes) / 1e9, 12);
  expect(data?.of).toBe(`3,000 posts × ${bytes} bytes`);
});

it('adds replicas where the peak needs them, and refuses what was not measured', () => {
  const busy = { ...question, verdictsPerDay: 3_000_000 };
  // 11.6 tasks a second, three times at the peak, over 7 for each replica.
  expect(itemOf(busy, 'validators')?.of).toBe('15 replicas of three roles');
  expect(() => estimateCost(record, { ...question, operators: 20 })).toThrow(/20 operators with ecdsa/);
  expect(itemOf({ ...question, operators: 1 }, 'posting')?.of).toContain('80,000 gas');
});

it.each([
  ['l1-data-fee', 2_000_000_000, 1_355_000_000_000, 1_000_000_000],
  ['l1-data-in-gas', 2_000_000_000, 77, 77],
] as const)('reads the prices of a chain with %s', async (kind, gasPrice, said, wanted) => {
  const word = (value: number) => BigInt(value).toString(16).padStart(64, '0');
  const answers: Record<string, string> = {
    eth_chainId: '0x2105',
    eth_gasPrice: `0x${gasPrice.toString(16)}`,
    eth_call: kind === 'l1-data-fee' ? `0x${word(said)}` : `0x${[0, said, 0, 0, 0, 0].map(word).join('')}`,
  };
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const asked = body as { id: number; method: string };
      response.end(JSON.stringify({ jsonrpc: '2.0', id: asked.id, result: answers[asked.method] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const fees = await readFees(url, kind, 1_355);
    expect(fees).toEqual({ chainId: 8_453, gasPriceWei: BigInt(gasPrice), dataPriceWei: wanted });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it('prints what the page shows', () => {
  const page = readFileSync(new URL('../../../../docs/cost.md', import.meta.url), 'utf8');
  const [, shown] = /```text\n([\s\S]*?)\n```/.exec(page) ?? [];
  const asked: CostQuestion = {
    ...question,
    verdictsPerDay: 100_000,
    batch: 128,
    operators: 11,
    gasPriceGwei: 1,
    dataPriceGwei: 0,
    coinPrice: 3_000,
    taskRate: 15,
    taskBytes: 8_192,
    storagePrice: 0.1,
  };
  const lines = costLines('ethereum', asked, estimateCost(gasRecord, asked));
  expect(lines.map((line) => line.trimEnd()).join('\n')).toBe(shown);
});
