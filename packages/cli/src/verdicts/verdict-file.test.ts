import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  examplePolicy,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { policyDigest } from '@assay/protocol/policy/policy';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../commands/usage-error.ts';
import type { JudgedTask } from '../tasks/judge-tasks.ts';
import { VerdictFile } from './verdict-file.ts';
import { lineStart, verdictLineOf } from './verdict-line.ts';

const { task } = exampleTask();
const example = exampleNetwork();
const report = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
const judged: JudgedTask = {
  task: {
    task: task.reference,
    prompt: 'p',
    submissions: task.submissions.map(({ miner }) => ({ miner, output: 'o', label: 'honest' })),
  },
  taskId: task.taskId,
  policy: examplePolicy,
  sealed: false,
  report,
  unproven: undefined,
};
const kind = { policyDigests: new Set([policyDigest(examplePolicy)]), certified: true };

let folder = '';
let file = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-verdicts-'));
});
beforeEach(async () => {
  file = join(folder, 'verdicts.jsonl');
  await rm(file, { force: true });
});
afterAll(() => rm(folder, { recursive: true }));

/** The line of the judged task under another id. */
function line(digit: number, more: object = {}) {
  const whole = verdictLineOf(judged);
  if (whole === undefined) throw new Error('There is no line.');
  return { ...whole, taskId: `0x${String(digit).repeat(64)}` as const, ...more };
}

const written = (lines: readonly object[]) => lines.map((one) => `${JSON.stringify(one)}\n`).join('');
const idsIn = async () => {
  const opened = await VerdictFile.open(file, kind);
  opened.close();
  return [...opened.earlier.keys()].map((id) => Number(id.at(-1)));
};

describe('verdictLineOf', () => {
  it('begins with the task id, and gives the reasons of every verdict other than accept', () => {
    const results = report.results.map((one, index) =>
      index === 0 ? { ...one, verdict: 'reject' as const, flags: { checksum: ['commitment-mismatch'] } } : one,
    );
    const whole = verdictLineOf({ ...judged, report: { ...report, results } });
    expect(JSON.stringify(whole).startsWith(lineStart)).toBe(true);
    expect(whole?.results[0]?.reasons.map(({ text }) => text)).toEqual(['checksum: commitment-mismatch']);
    for (const { verdict, reasons, label } of whole?.results ?? []) {
      expect(reasons.length === 0).toBe(verdict === 'accept');
      expect(label).toBe('honest');
    }
  });

  it('is not there without a report, and for one that the chain does not prove', () => {
    expect(verdictLineOf({ ...judged, report: undefined, unproven: 'no certified report in time' })).toBeUndefined();
    expect(verdictLineOf({ ...judged, unproven: 'not-in-batch: no' })).toBeUndefined();
  });
});

describe('VerdictFile', () => {
  it('appends lines to what is there, and knows them the next time', async () => {
    const first = await VerdictFile.open(file, kind);
    first.append(line(1));
    first.append(line(2));
    first.close();
    first.append(line(9));
    const second = await VerdictFile.open(file, kind);
    expect([...second.earlier.values()]).toEqual([line(1), line(2)]);
    second.append(line(3));
    second.close();
    expect(await readFile(file, 'utf8')).toBe(written([line(1), line(2), line(3)]));
  });

  it.each([0, 1, 5, 20, 200])('removes a last line that was cut after %i bytes', async (kept) => {
    await writeFile(file, written([line(1), line(2)]));
    await appendFile(file, written([line(3)]));
    await truncate(file, written([line(1), line(2)]).length + kept);
    expect(await idsIn()).toEqual([1, 2]);
    expect(await readFile(file, 'utf8')).toBe(written([line(1), line(2)]));
  });

  it('completes a last line that only lacks its end', async () => {
    await writeFile(file, written([line(1), line(2)]).trimEnd());
    expect(await idsIn()).toEqual([1, 2]);
    expect(await readFile(file, 'utf8')).toBe(written([line(1), line(2)]));
  });

  it('knows a sealed task by the id that it has as a public one', async () => {
    await writeFile(file, written([line(1, { publicId: `0x${'7'.repeat(64)}` })]));
    expect(await idsIn()).toEqual([7]);
  });

  it.each([
    ['another file', 'some notes', /line 1 is not a line of verdicts/],
    ['a file of tasks', `${JSON.stringify({ reference: 't', prompt: 'p', submissions: [] })}\n`, /line 1 is not/],
    ['a damaged line in the middle', `${written([line(1)])}{"taskId":"0x\n${written([line(2)])}`, /line 2 is not/],
    ['verdicts of --quick', written([line(1, { certified: false })]), /line 1 is a verdict with --quick/],
    [
      'another policy',
      written([line(1, { policyDigest: `0x${'0'.repeat(64)}` })]),
      /under another policy, "standard" 0x0+, not under 0x/,
    ],
  ])('refuses %s and leaves it alone', async (_, text, says) => {
    await writeFile(file, text);
    await expect(VerdictFile.open(file, kind)).rejects.toThrow(UsageError);
    await expect(VerdictFile.open(file, kind)).rejects.toThrow(says);
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('names a folder that does not exist', async () => {
    await expect(VerdictFile.open(join(folder, 'none', 'v.jsonl'), kind)).rejects.toThrow(/cannot be written/);
  });

  it('begins anew if asked to', async () => {
    await writeFile(file, written([line(1)]));
    const anew = await VerdictFile.begin(file);
    anew.append(line(2));
    anew.close();
    expect(await readFile(file, 'utf8')).toBe(written([line(2)]));
  });
});
