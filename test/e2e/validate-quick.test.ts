/** `assay validate --quick`: faults are listed first, and a run that is killed or stopped loses nothing. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { demoTasksFile, readTaskFile } from '@assay/cli/tasks/task-file';
import { type VerdictLine, verdictLineSchema } from '@assay/cli/verdicts/verdict-line';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { makeWorkplace, type Workplace } from './assay-command.ts';

const tasksMax = 60;
const faulty = [7, 23, 41];
const good = tasksMax - faulty.length;

let workplace: Workplace;
let out = '';

beforeEach(async () => {
  workplace = await makeWorkplace();
  out = join(workplace.folder, 'verdicts.jsonl');
  await writeFile(join(workplace.folder, 'tasks.jsonl'), Array.from({ length: tasksMax }, lineOf).join('\n'));
});

afterEach(() => workplace.remove());

function lineOf(_: unknown, index: number): string {
  const answers = ['The sum is', 'I get', 'It is'];
  const submissions = answers.map((start, miner) => ({
    miner: `m-${faulty.includes(index) ? 0 : miner}`,
    output: `${start} ${2 * index + 3}, because ${index} and ${index + 3} are added.`,
  }));
  return JSON.stringify({ reference: `t-${index}`, prompt: `What is ${index} + ${index + 3}?`, submissions });
}

const args = ['validate', 'tasks.jsonl', '--quick', '--skip-bad', '--json', '--out', 'verdicts.jsonl'];
const written = () => readFile(out, 'utf8').catch(() => '');
const countOf = (text: string) => text.split('\n').length - 1;

function expectWhole(text: string): void {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line): VerdictLine => verdictLineSchema.parse(JSON.parse(line)));
  expect(lines.every(({ certified, results }) => !certified && results.length === 3)).toBe(true);
  const wanted = Array.from({ length: tasksMax }, (_, index) => index).filter((index) => !faulty.includes(index));
  expect(lines.map(({ reference }) => reference).sort()).toEqual(wanted.map((index) => `t-${index}`).sort());
}

it('lists every fault, judges the others, and judges no task twice although it is killed', async () => {
  const refused = await workplace.run('validate', 'tasks.jsonl', '--quick', '--out', 'verdicts.jsonl');
  expect(refused.code).toBe(2);
  expect(refused.stderr.match(/has two submissions of one miner/g)).toHaveLength(faulty.length);
  expect(await written()).toBe('');

  const first = workplace.start(...args);
  await eventually('some verdicts', async () => countOf(await written()) > 2);
  first.kill();
  await first.finished;
  const before = await written();
  expect(countOf(before)).toBeLessThan(good);
  await writeFile(out, `${before}{"taskId":"0x12`);

  const second = await workplace.run(...args);
  expect(second.code, second.stderr).toBe(0);
  const totals = JSON.parse(second.stdout.trimEnd()) as Record<string, number>;
  expect(totals).toMatchObject({ tasks: good, judgedBefore: countOf(before), certified: 0, provenOnChain: 0 });
  const after = await written();
  expect(after.startsWith(before)).toBe(true);
  expectWhole(after);

  const third = await workplace.run(...args);
  expect(JSON.parse(third.stdout)).toMatchObject({ tasks: good, judgedBefore: good });
  expect(await written()).toBe(after);
});

it('leaves what is done, with totals and how to go on, when it is stopped by Ctrl-C', async () => {
  const words = ['validate', 'tasks.jsonl', '--quick', '--skip-bad', '--out', 'verdicts.jsonl'];
  const first = workplace.start(...words);
  await eventually('a verdict', async () => countOf(await written()) > 0);
  first.interrupt();
  const { code, stdout, stderr } = await first.finished;
  const done = countOf(await written());
  expect(code).toBe(130);
  expect(stdout).toContain(`${done} ${done === 1 ? 'task' : 'tasks'} with ${3 * done} submissions`);
  expect(stdout).toContain('nothing is certified');
  expect(stderr).toContain(`Stopped after ${done} of ${good} tasks. Run the same command again`);
  expect(stderr).not.toContain('\r');
});

it('says of every task of the demo why each verdict is not accept, in its account and in its file', async () => {
  const asked = ['validate', demoTasksFile, '--quick', '--verbose', '--words', '--out', 'verdicts.jsonl'];
  const { code, stdout, stderr } = await workplace.run(...asked);
  expect(code, stderr).toBe(0);
  const accounts = new Map(stdout.split('\n\n').map((account) => [account.split(' ', 1)[0], account.split('\n')]));
  const lines = (await written())
    .trimEnd()
    .split('\n')
    .map((line) => verdictLineSchema.parse(JSON.parse(line)));
  expect(lines).toHaveLength((await readTaskFile(demoTasksFile)).length);
  const verdicts = new Set<string>();
  for (const { reference, results } of lines) {
    const account = accounts.get(reference) ?? [];
    for (const { miner, verdict, reasons, grounds = [] } of results) {
      verdicts.add(verdict);
      const shown = account.filter((line) => line.startsWith(`  ${miner}  `) && line.includes(': '));
      const where = `${reference} ${miner}`;
      expect(reasons.length > 0, where).toBe(verdict !== 'accept');
      expect(shown.length, where).toBe(new Set(reasons.map(({ role }) => role)).size);
      for (const { role, code: reason, text } of reasons) {
        expect(text, where).toBe(`${role}: ${text.slice(role.length + 2)}`);
        expect(
          shown.find((line) => line.startsWith(`  ${miner}  ${role}: `)),
          where,
        ).toContain(reason);
        // Where no passage alone decided, the score of the whole text did.
        const found = grounds.find((one) => one.role === role);
        const words = found === undefined ? [] : [...found.evidence, ...found.against, ...found.passages];
        expect(words.length > 0 || found?.score !== undefined, `${where}, ${role}`).toBe(true);
      }
    }
  }
  expect([...verdicts].sort()).toEqual(['abstain', 'accept', 'reject']);
});
