import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleKey } from '@assay/protocol/network/example-network';
import { addressOf } from '@assay/protocol/signature/signature';
import { describe, expect, it } from 'vitest';
import { minersSchema } from '../miners.ts';
import { MinerRecords, orderOf } from './miner-records.ts';
import { RecordFile } from './record-file.ts';
import { type MinerStanding, type MinerState, newcomer, standingAfter, stateTest } from './state-test.ts';

const miners = minersSchema.parse(
  [1, 2, 3, 4].map((key) => ({
    name: `m${key}`,
    url: 'http://127.0.0.1:1/v1',
    address: addressOf(exampleKey(key)),
    models: ['m'],
  })),
);
const [first, second, third, fourth] = miners;
if (first === undefined || second === undefined || third === undefined || fourth === undefined) throw new Error('four');

const accept = { verdict: 'accept', flags: {} } as const;
const reject = { verdict: 'reject', flags: { semantic: ['off-topic'], checksum: [] } } as const;
const many = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

/** Numbers in [0, 1) from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('the test of a miner’s state', () => {
  /** The share of tests of a miner with this share of accepted answers that end with a move down. */
  function movedDown(share: number, tests: number): number {
    const next = randomFrom(7);
    let down = 0;
    for (let test = 0; test < tests; test++) {
      let standing: MinerStanding = { state: 'restricted', evidence: 0 };
      while (standing.state === 'restricted') standing = standingAfter(standing, next() < share);
      if (standing.state === 'sandboxed') down++;
    }
    return down / tests;
  }

  it('is wrong no more often than it states', () => {
    const { goodShare, badShare, goodMovedDownMax, badMovedUpMax } = stateTest;
    // Wald's bounds are kept but for a share of the errors themselves; 40,000 tests spread by about 0.0002.
    expect(movedDown(goodShare, 40_000)).toBeLessThan(1.5 * goodMovedDownMax);
    expect(1 - movedDown(badShare, 40_000)).toBeLessThan(1.2 * badMovedUpMax);
  });

  it.each<[string, boolean[], MinerState]>([
    ['five rejected answers in a row move down', many(5, false), 'restricted'],
    ['four do not', many(4, false), 'active'],
    ['nothing is above active', many(40, true), 'active'],
    ['good answers move up again', [...many(5, false), ...many(12, true)], 'active'],
    ['removed is for good', [...many(15, false), ...many(500, true)], 'removed'],
  ])('%s', (_, verdicts, state) => {
    expect(verdicts.reduce(standingAfter, newcomer).state).toBe(state);
  });
});

describe('the records', () => {
  it('count by window, with intervals, flags and times, and drop what is older than a month', () => {
    let nowMs = Date.parse('2026-03-02T12:00:00Z');
    const records = new MinerRecords({ nowMs: () => nowMs });
    for (const one of [...many(8, accept), reject, reject]) records.judged(first, 'm', one);
    records.judged(first, 'm', { verdict: 'abstain', flags: {} });
    records.answered(first, 'm', 100);
    records.answered(first, 'm', 301);
    nowMs += 3 * 86_400_000;
    records.judged(first, 'm', accept);
    const [figures, others] = records.read(miners);
    expect(figures).toMatchObject({
      name: 'm1',
      model: 'm',
      state: 'active',
      windows: {
        day: { judged: 1, accepted: 1, flags: {}, meanAnswerMs: 0 },
        week: { judged: 11, accepted: 9, flags: { 'semantic.off-topic': 2 }, meanAnswerMs: 201 },
      },
    });
    const { acceptRate } = figures?.windows.week ?? expect.fail();
    expect(acceptRate.share).toBeCloseTo(9 / 11);
    expect(acceptRate.low).toBeCloseTo(0.523, 3);
    expect(acceptRate.high).toBeCloseTo(0.9486, 3);
    expect(others?.windows.month).toMatchObject({ judged: 0, acceptRate: { low: 0, high: 1 } });
    nowMs += 29 * 86_400_000;
    records.judged(first, 'm', accept);
    expect(Object.values(records.saved).map(({ days }) => Object.keys(days))).toEqual([['2026-03-05', '2026-04-03']]);
  });

  it('say in which order miners are asked', () => {
    const states = new Map<string, MinerState>([
      ['m1', 'sandboxed'],
      ['m2', 'restricted'],
      ['m3', 'active'],
      ['m4', 'removed'],
    ]);
    const names = (drawn: typeof miners, wanted: number) =>
      orderOf(drawn, ({ name }) => states.get(name) ?? 'active', wanted).map(({ name }) => name);
    expect(names(miners, 3)).toEqual(['m3', 'm2', 'm1']);
    expect(names(miners, 2)).toEqual(['m3', 'm1', 'm2']);
    expect(names(miners, 1)).toEqual(['m3', 'm2']);
    expect(names([first, fourth], 3)).toEqual([]);
  });
});

it('survive a restart in a file, which is whole or not there', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'assay-standing-'));
  const file = join(folder, 'records.json');
  const log = { error: () => expect.unreachable('it is written') };
  // Only closing ends the pause before a write.
  const clock = {
    nowMs: () => Date.parse('2026-03-02T12:00:00Z'),
    sleep: (_: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true })),
  };
  try {
    const before = await RecordFile.open(file, clock, log);
    for (const one of many(5, reject)) before.records.judged(second, 'm', one);
    await before.close();
    const after = await RecordFile.open(file, clock, log);
    expect(after.records.stateOf(second, 'm')).toBe('restricted');
    expect(after.records.read(miners)).toEqual(before.records.read(miners));
    await after.close();
    for (const text of ['{', '{"a":{}}', '[]']) {
      await writeFile(file, text);
      await expect(RecordFile.open(file, clock, log)).rejects.toThrow(/Move it away/);
      expect(await readFile(file, 'utf8')).toBe(text);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
