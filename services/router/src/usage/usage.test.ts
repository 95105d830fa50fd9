import { appendFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiKey, Scope } from '@assay/protocol/api/api-keys';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anyone, type Callers } from '../callers.ts';
import { Fault } from '../faults.ts';
import { csvOf, type UsageEntry } from './usage.ts';
import { UsageLedger } from './usage-ledger.ts';
import { answerUsage } from './usage-route.ts';

const noonMs = Date.parse('2026-03-02T12:00:00Z');
const dayMs = 86_400_000;
const none = { error: () => expect.unreachable('nothing may be lost') };
const entry = (more: Partial<UsageEntry> = {}): UsageEntry => ({
  atMs: noonMs,
  key: 'a'.repeat(16),
  model: 'm',
  outcome: 'answered',
  promptTokens: 10,
  completionTokens: 5,
  cost: 0.25,
  paid: '10000',
  ...more,
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-usage-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('adds up by day, key and model, across a restart, and leaves a torn line out', async () => {
  await writeFile(join(folder, 'usage-2020-01-01.jsonl'), '{}\n');
  const first = await UsageLedger.open(folder, none);
  first.add(entry());
  first.add(entry({ outcome: 'no-answer-accepted', paid: '0', promptTokens: 0, completionTokens: 0, cost: 0 }));
  first.add(entry({ key: 'b'.repeat(16), atMs: noonMs + dayMs }));
  await first.close();
  await appendFile(join(folder, 'usage-2026-03-02.jsonl'), '{"atMs":17');
  const second = await UsageLedger.open(folder, none);
  const all = await second.read({ from: '2026-03-01', to: '2026-03-03', key: undefined });
  expect(all).toEqual([
    {
      day: '2026-03-02',
      key: 'a'.repeat(16),
      model: 'm',
      requests: 2,
      answered: 1,
      promptTokens: 10,
      completionTokens: 5,
      cost: 0.25,
      paid: '10000',
    },
    expect.objectContaining({ day: '2026-03-03', key: 'b'.repeat(16), requests: 1 }),
  ]);
  expect(await second.read({ from: '2026-03-03', to: '2026-03-03', key: 'a'.repeat(16) })).toEqual([]);
  expect(await readdir(folder)).not.toContain('usage-2020-01-01.jsonl');
});

it('shows a key its own usage, and all of it to an administrator', async () => {
  const usage = await UsageLedger.open(folder, none);
  const key: ApiKey = { id: 'a'.repeat(16), owner: 'app', scopes: ['read'], createdAtMs: 1 };
  const gateway = { submitTask: async () => '0x' as const, readReport: async () => undefined };
  const callers: Callers = {
    admit: async (_, needs: readonly Scope[]) => {
      if (needs.includes('admin')) throw new Fault('insufficient_permissions');
      return { gateway, key, headers: {} };
    },
  };
  const ask = (query: Record<string, string>, by = callers, from: UsageLedger | undefined = usage) =>
    answerUsage(by, from, { headers: {}, query, remoteAddress: '' }, noonMs + 2 * dayMs);
  expect(await ask({})).toMatchObject({ body: { from: '2026-02-02', to: '2026-03-04', usage: [{ requests: 2 }] } });
  const csv = await ask({ format: 'csv', from: '2026-03-02' });
  expect(csv.body).toBe(
    `day,key,model,requests,answered,promptTokens,completionTokens,cost,paid\r\n2026-03-02,${key.id},m,2,1,10,5,0.25,10000\r\n`,
  );
  await expect(ask({ of: 'all' })).rejects.toMatchObject({ code: 'insufficient_permissions' });
  const open = anyone(gateway, { take: async () => ({ allowed: true, retryAfterMs: 0 }) });
  expect(await ask({ of: 'all' }, open)).toMatchObject({ body: { usage: [{}, {}] } });
  await expect(ask({ from: '2025-01-01' })).rejects.toThrow(/366 days/);
  await expect(ask({ from: 'yesterday' })).rejects.toMatchObject({ code: 'malformed' });
});

it('gives spreadsheets no formula', () => {
  const row = { requests: 1, answered: 1, promptTokens: 0, completionTokens: 0, cost: 0, paid: '0' };
  const text = csvOf([{ day: '2026-03-02', key: '-', model: '=HYPERLINK("x")', ...row }]);
  expect(text.split('\r\n')[1]).toBe(`2026-03-02,-,"'=HYPERLINK(""x"")",1,1,0,0,0,0`);
});
