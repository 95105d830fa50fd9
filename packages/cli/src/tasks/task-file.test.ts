import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UsageError } from '../commands/usage-error.ts';
import { readTaskFile } from './task-file.ts';

const task = (name: string, more: object = {}) =>
  JSON.stringify({ task: name, prompt: 'p', submissions: [{ miner: 'm-1', output: 'o' }], ...more });
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-tasks-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string) {
  const file = join(folder, 'tasks.jsonl');
  await writeFile(file, text);
  return readTaskFile(file);
}

describe('readTaskFile', () => {
  it('reads one task a line and skips empty lines', async () => {
    const tasks = await read(`${task('a')}\n\n  \n${task('b', { model: 'm' })}\n`);
    expect(tasks.map((one) => one.task)).toEqual(['a', 'b']);
    expect(tasks[1]?.model).toBe('m');
  });

  it.each([
    ['ab'.repeat(32), `sha256:${'ab'.repeat(32)}`],
    [`0x${'AB'.repeat(32)}`, `sha256:${'ab'.repeat(32)}`],
    [`keccak256:0x${'ab'.repeat(32)}`, `keccak256:${'ab'.repeat(32)}`],
  ])('accepts the commitment %s', async (commitment, taken) => {
    const [only] = await read(task('a', { submissions: [{ miner: 'm', output: 'o', commitment }] }));
    expect(only?.submissions[0]?.commitment).toBe(taken);
  });

  it.each([
    ['a line that is not JSON', `${task('a')}\n\n{"task":`, /line 3 is not JSON/],
    ['a missing prompt', `${task('a')}\n${task('b', { prompt: undefined })}`, /line 2: prompt/],
    [
      'a miner that is no name',
      task('a', { submissions: [{ miner: 'a b', output: 'o' }] }),
      /line 1: submissions\.0\.miner/,
    ],
    [
      'a wrong commitment',
      task('a', { submissions: [{ miner: 'm', output: 'o', commitment: 'md5:1' }] }),
      /line 1: submissions\.0\.commitment/,
    ],
    ['a name used twice', `${task('a')}\n${task('b')}\n${task('a')}`, /line 3: the task "a" is already on line 1/],
    ['no task at all', '\n\n', /holds no task/],
  ])('names the line and the field of %s', async (_, text, says) => {
    const error = await read(text).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).toMatch(says);
    expect(String(error)).not.toContain('\n');
  });

  it('names a missing file', async () => {
    await expect(readTaskFile(join(folder, 'absent.jsonl'))).rejects.toThrow(/absent\.jsonl cannot be read/);
  });
});
