/** The `assay` command: its output, its exit codes, and that it leaves nothing behind. */
import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { networkFileOf, readConnection } from '@assay/cli/network/network-file';
import { shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { publicRequestOf } from '@assay/cli/tasks/public-request';
import type { VerdictLine } from '@assay/cli/verdicts/verdict-line';
import { toHex } from '@assay/protocol/encoding/bytes';
import { exampleKey } from '@assay/protocol/network/example-network';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { type Finished, makeWorkplace, type Workplace } from './assay-command.ts';
import { fixtureTasks } from './fixture-tasks.ts';
import { standardRoles } from './standard-roles.ts';

/** 3 servers, a validator of each role for each operator, 2 aggregators, the key participant, the gateway. */
const processesOf = (operators: number) => 3 + standardRoles.length * operators + 4;
/** With one operator and one aggregator, and no key participant. */
const processesOfValidate = 3 + standardRoles.length + 2;
const isWhole = process.env.TEST_SCOPE === 'whole';
/** The nightly run has the demo's own four operators, `npm test` one. */
const demoOperators = isWhole ? 4 : 1;
const totalsKeys = [
  'tasks',
  'submissions',
  'accepted',
  'rejected',
  'abstained',
  'batches',
  'certified',
  'provenOnChain',
  'falseAccepts',
  'falseRejects',
  'sealed',
  'strangerRefused',
  'judgedBefore',
  'elapsedMs',
];

const good = { task: 't1', prompt: 'Say hello.', submissions: [{ miner: 'm1', output: 'Hello.' }] };

let workplace: Workplace;

beforeEach(async () => {
  workplace = await makeWorkplace();
});

afterEach(() => workplace.remove());

it('--help ends with 0 and shows examples', async () => {
  const commands = [
    [],
    ['up'],
    ['dev'],
    ['service'],
    ['demo'],
    ['validate'],
    ['report'],
    ['question', 'ask'],
    ['question', 'answer'],
    ['question', 'show'],
    ['equivocation'],
    ['calibrate'],
    ['bench', 'quality'],
  ];
  // Neither help nor wrong words may need the set-up, which takes long: this one does not exist.
  const setUp = { ASSAY_SET_UP: join(workplace.folder, 'none.mjs') };
  const all = await Promise.all(commands.map((command) => workplace.run(...command, '--help', setUp)));
  const wrong = [['validate'], ['up', '--port', 'x'], ['validate', 'a', '--quick', '--hub', '0x0'], ['validate', 'a']];
  for (const words of wrong) {
    const { code, stderr } = await workplace.run(...words, setUp);
    expect([code, stderr]).toEqual([2, expect.not.stringContaining('none.mjs')]);
  }
  await writeFile(join(workplace.folder, 'good.jsonl'), JSON.stringify(good));
  expect((await workplace.run('validate', 'good.jsonl', setUp)).stderr).toContain('none.mjs');
  // Where packages have to be brought up to date, the words are looked at by themselves before that.
  const wordsOnly = { ASSAY_SET_UP: fileURLToPath(new URL('../../setup/words-only.mjs', import.meta.url)) };
  expect(await workplace.run('validate', 'good.jsonl', wordsOnly)).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(await workplace.run('validate', 'none.jsonl', wordsOnly)).toMatchObject({ code: 2, stdout: '' });
  for (const { code, stdout } of all) {
    expect(code).toBe(0);
    expect(stdout).toMatch(/Examples:\n {2}\$ assay /);
  }
});

it('wrong use ends with 2 and one line that names the error', async () => {
  const { folder } = workplace;
  const bad = { ...good, task: 't2', submissions: [{ miner: 'm1', output: 'Hello.', commitment: 'sha256:12' }] };
  await writeFile(join(folder, 'bad.jsonl'), `${JSON.stringify(good)}\n\n${JSON.stringify(bad)}\n`);
  const labelled = (label: string) => ({ ...good, submissions: [{ miner: 'm1', output: 'Hello.', label }] });
  await writeFile(join(folder, 'good.jsonl'), JSON.stringify(good));
  await writeFile(join(folder, 'few.jsonl'), JSON.stringify(labelled('honest')));
  await writeFile(join(folder, 'misspelt.jsonl'), JSON.stringify(labelled('honset')));
  const shipped = await readFile(shippedPoliciesFile, 'utf8');
  const digest = /0x[0-9a-f]{64}/.exec(shipped)?.[0] ?? '';
  await writeFile(join(folder, 'other-model.json'), shipped.replaceAll(digest, `0x${'5e'.repeat(32)}`));
  await writeFile(join(folder, 'no-json.jsonl'), `${JSON.stringify(good)}\n{"task":\n`);
  const twice = [
    { miner: 'm1', output: 'a' },
    { miner: 'm1', output: 'b' },
  ];
  await writeFile(join(folder, 'twice.json'), JSON.stringify([good, { ...good, task: 't2', submissions: twice }]));
  const holder = createServer();
  const port = await new Promise<string>((resolve) => {
    holder.listen(0, '127.0.0.1', () => resolve(String((holder.address() as AddressInfo).port)));
  });
  const named = [
    [['up', '--operators', '1', '--port', port], `Port ${port} of 127.0.0.1 is in use`],
    [['validate', 'twice.json'], 'entry 2 (task "t2"): submissions has two submissions of one miner'],
    [['validate', 'bad.jsonl'], 'line 3 (task "t2"): submissions.0.commitment'],
    [['validate', 'no-json.jsonl'], 'line 2 is not JSON'],
    [['validate', 'none.jsonl'], 'none.jsonl'],
    [['validate', 'good.jsonl', '--policies', 'other-model.json'], 'is made for 0x5e5e'],
    [['bench', 'quality', 'few.jsonl', '--policies', 'other-model.json'], 'is made for 0x5e5e'],
    [['bench', 'quality', 'few.jsonl', '--policy', 'strict'], 'There is no policy "strict"'],
    [['bench', 'quality', 'good.jsonl'], 'has no labels'],
    [['calibrate', 'good.jsonl', '--false-reject', '0.01'], 'has no labels'],
    [['calibrate', 'no-json.jsonl', '--false-reject', '0.01'], 'line 2 is not JSON'],
    [['calibrate', 'few.jsonl', '--false-reject', '0.01'], '1 honest submissions and 0 attacks'],
    [['calibrate', 'misspelt.jsonl', '--false-reject', '0.01'], 'line 1: the label "honset" is not known'],
    [['calibrate', 'few.jsonl', '--false-reject', '0.01', '--out', 'none/policies.json'], 'none/policies.json'],
    [['question', 'ask', 'p', '--reference', 'r', '--until', 'soon'], '--until soon'],
    [['question', 'ask', 'p', '--reference', 'r'], 'assay up'],
    [['report', `0x${'12'.repeat(32)}`], 'assay up'],
  ] as const;
  const all = await Promise.all(named.map(([args]) => workplace.run(...args)));
  holder.close();
  for (const [index, { code, stderr }] of all.entries()) {
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(/^assay: [^\n]+\n$/) });
    expect(stderr).toContain(named[index]?.[1]);
  }
});

it.each([
  ['report', '0x12'],
  ['question', 'show', '0x12'],
])('the wrong id of %s is named, with what it must be', async (...args) => {
  const { code, stderr } = await workplace.run(...args);
  expect(code).toBe(2);
  expect(stderr).toMatch(/^error: [^\n]*'0x12'[^\n]*It must be 0x and 64 hexadecimal digits\.\n/);
});

it('validate lists every fault of a file before anything starts', async () => {
  const bad = ['{"task":', JSON.stringify({ task: 't2', prompt: 'p', submissions: [], more: 1 })];
  await writeFile(join(workplace.folder, 'bad.jsonl'), bad.join('\n'));
  const refused = await workplace.run('validate', 'bad.jsonl');
  expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: '' });
  expect(refused.stderr.trimEnd().split('\n')).toEqual([
    'bad.jsonl, line 1 is not JSON.',
    'bad.jsonl, line 2 (task "t2"): submissions is empty.',
    'bad.jsonl, line 2 (task "t2"): more is not a known field.',
    'assay: bad.jsonl has 3 faults in 2 of 2 tasks; correct them, or judge the others with --skip-bad.',
  ]);
  const skipped = await workplace.run('validate', 'bad.jsonl', '--skip-bad');
  expect(skipped.code).toBe(2);
  expect(skipped.stderr).toContain('assay: No task of bad.jsonl can be judged.');
});

it('demo ends with one JSON object, writes a line for each task, and leaves nothing behind', async () => {
  const out = join(workplace.folder, 'verdicts.jsonl');
  const size = ['--tasks', '4', '--sealed', '1', ...(demoOperators === 4 ? [] : ['--operators', `${demoOperators}`])];
  const done = await workplace.run('demo', ...size, '--json', '--out', out);
  const tasks = (await fixtureTasks()).slice(0, 4);
  const totals = totalsOf(done);
  expect(totals).toMatchObject({ sealed: 1, strangerRefused: 1 });
  expect(Object.keys(totals)).toEqual(totalsKeys);
  const submissions = tasks.flatMap((task) => task.submissions).length;
  expect(totals).toMatchObject({ tasks: 4, submissions, certified: 4, provenOnChain: 4 });
  const { accepted = 0, rejected = 0, abstained = 0 } = totals;
  expect(accepted + rejected + abstained).toBe(submissions);

  const lines = await linesOf(out);
  expect(lines.map(({ reference }) => reference).sort()).toEqual(tasks.map(({ task }) => task).sort());
  expect(lines.filter(({ publicId }) => publicId !== undefined)).toHaveLength(1);
  for (const { reference, certified, results } of lines) {
    expect(certified).toBe(true);
    const asked = tasks.find(({ task }) => task === reference);
    const named = (all: readonly { miner: string; label?: string | undefined }[] = []) =>
      all.map(({ miner, label }) => ({ miner, label }));
    expect(named(results)).toEqual(named(asked?.submissions));
    for (const { verdict, reasons } of results) expect(reasons.length === 0).toBe(verdict === 'accept');
  }
  expectNothingLeft(done, processesOf(demoOperators));
});

it.runIf(isWhole)(
  'validate on a network of its own accepts no tampered answer, and leaves nothing behind',
  async () => {
    const done = await expectTamperedRejected('--operators', '1');
    expectNothingLeft(done, processesOfValidate);
  },
);

it('report proves a task of the network that runs from this folder; Ctrl-C stops all of it', async () => {
  const up = workplace.start('up', '--operators', '1');
  await eventually('"Assay is up"', () => up.stdout().includes('Assay is up'), 90_000);
  const [task] = await fixtureTasks();
  const connection = await readConnection(workplace.folder);
  if (task === undefined || connection === undefined) throw new Error('There is no task, or no network.');
  const gateway = new GatewayClient(connection.gatewayUrl);
  const taskId = await gateway.submitTask(publicRequestOf(task, 'standard'));

  const proven = await workplace.run('report', taskId, '--wait', '30', '--json');
  expect(proven.code).toBe(0);
  expect(JSON.parse(lastLineOf(proven.stdout))).toMatchObject({ taskId, certified: true, proven: true });
  const worded = await workplace.run('report', taskId, '--words');
  expect(worded.stdout).toMatch(/without it \d\.\d\d instead of \d\.\d\d/);
  expect(worded.stdout).toMatch(/the operator found: [a-z-]+ \d\.\d\d, counts from \d\.\d\d/);
  const { results, evidence } = await gateway.explainTask(taskId, { words: true, evidence: true });
  expect(evidence?.map(({ role }) => role)).toContain('semantic');
  for (const { verdict, grounds } of results) expect(verdict === 'accept' ? grounds?.length : 0).toBe(0);
  expect(results.flatMap(({ grounds }) => grounds ?? []).length).toBeGreaterThan(0);
  await expectTamperedRejected('--gateway', connection.gatewayUrl);
  await expectResumed(connection.gatewayUrl);
  await expectQuestionAnswered();
  const unknown = await workplace.run('report', `0x${'12'.repeat(32)}`);
  expect(unknown.code).toBe(1);
  expect(unknown.stderr).toContain('not-found');

  const { openaiBaseUrl } = JSON.parse(await readFile(networkFileOf(workplace.folder), 'utf8'));
  const answer = await fetch(`${openaiBaseUrl}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'assay-stand-in', messages: [{ role: 'user', content: 'What is 112 + 391?' }] }),
  });
  expect(answer.headers.get('x-assay-verdict')).toBe('accept');

  up.interrupt();
  const done = await up.finished;
  expect([0, 130]).toContain(done.code);
  expectNothingLeft(done, processesOf(1));
  await expect(readFile(networkFileOf(workplace.folder))).rejects.toThrow('ENOENT');
});

it('Ctrl-C while the network of validate starts stops what has started', async () => {
  await writeFile(join(workplace.folder, 'good.jsonl'), JSON.stringify(good));
  const validate = workplace.start('validate', 'good.jsonl', '--operators', '1');
  await eventually('a service that is ready', () => validate.stderr().includes('services ready'), 90_000);
  validate.interrupt();
  const done = await validate.finished;
  expect({ code: done.code, stdout: done.stdout }).toEqual({ code: 130, stdout: '' });
  expectNothingLeft(done, processesOfValidate);
});

/** Has `validate` judge three tasks with answers whose commitment was tampered with. */
async function expectTamperedRejected(...place: readonly string[]): Promise<Finished> {
  const isTampered = ({ label }: { readonly label?: string | undefined }) => label === 'tampered_commitment';
  const tasks = (await fixtureTasks()).filter((one) => one.submissions.some(isTampered)).slice(0, 3);
  const file = join(workplace.folder, 'tampered.jsonl');
  const out = join(workplace.folder, 'tampered-verdicts.jsonl');
  await writeFile(file, tasks.map((one) => JSON.stringify(one)).join('\n'));
  const done = await workplace.run('validate', file, ...place, '--json', '--out', out);
  expect(totalsOf(done)).toMatchObject({ tasks: 3, certified: 3, provenOnChain: 3 });
  const tampered = (await linesOf(out)).flatMap(({ results }) => results).filter(isTampered);
  expect(tampered.length).toBeGreaterThanOrEqual(3);
  for (const { verdict, flags } of tampered) {
    expect(verdict).toBe('reject');
    expect(flags).toMatchObject({ checksum: ['commitment-mismatch'] });
  }
  return done;
}

/** Asks first, answers, proves the report by the id of the question, and finds the answer of the receipt in the set. */
async function expectQuestionAnswered(): Promise<void> {
  const { folder } = workplace;
  await writeFile(join(folder, 'miner.key'), toHex(exampleKey(1_001)), { mode: 0o600 });
  await writeFile(join(folder, 'answer.txt'), '2 + 2 is 4.');
  const asking = ['--reference', 'sum', '--policy', 'checksum-only', '--answers', '1', '--for', '600', '--json'];
  const asked = await workplace.run('question', 'ask', 'What is 2 + 2?', ...asking);
  const { questionId } = JSON.parse(lastLineOf(asked.stdout)) as { questionId: string };
  const answering = ['question', 'answer', questionId, 'answer.txt', '--key-file', 'miner.key', '--json'];
  const answered = await workplace.run(...answering, '--commit');
  expect(answered.code, answered.stderr).toBe(0);
  await writeFile(join(folder, 'receipt.json'), answered.stdout);
  expect(await workplace.run(...answering)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('answered-already'),
  });
  const proven = await workplace.run('report', questionId, '--wait', '30', '--json');
  expect(JSON.parse(lastLineOf(proven.stdout))).toMatchObject({ certified: true, proven: true });
  const shown = await workplace.run('question', 'show', questionId, '--receipt', 'receipt.json');
  expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('certified') });
}

/** Kills `validate` on a running network, and starts it again: each task is judged once, and the file is whole. */
async function expectResumed(gateway: string): Promise<void> {
  const file = join(workplace.folder, 'some.jsonl');
  const out = join(workplace.folder, 'verdicts.jsonl');
  const tasks = Array.from({ length: 24 }, (_, index) => ({
    reference: `sum ${index}`,
    prompt: `What is ${index} + 2?`,
    submissions: ['a', 'b', 'c'].map((miner) => ({ miner, output: `${miner}: ${index} + 2 is ${index + 2}.` })),
  }));
  await writeFile(file, JSON.stringify(tasks));
  const args = ['validate', file, '--gateway', gateway, '--out', out, '--json'];
  const first = workplace.start(...args);
  await eventually('a verdict', async () => (await readFile(out, 'utf8')).includes('\n'));
  first.kill();
  await first.finished;
  const before = await readFile(out, 'utf8');
  const second = await workplace.run(...args);
  expect(totalsOf(second)).toMatchObject({
    tasks: tasks.length,
    provenOnChain: tasks.length,
    judgedBefore: before.split('\n').length - 1,
  });
  expect((await readFile(out, 'utf8')).startsWith(before)).toBe(true);
  // A chain that was started anew has the same id and addresses, but none of the file's transactions.
  await expectForeignRefused(
    args,
    out,
    { transaction: `0x${'12'.repeat(32)}` },
    /line 24 is a verdict of batch \d+-\d+ in/,
  );
  const network = { chainId: 1, hub: `0x${'ab'.repeat(20)}` };
  await expectForeignRefused(
    args,
    out,
    { network },
    /of hub 0x(ab)+ on chain 1, and this is hub 0x[0-9a-f]+ on chain 31337/,
  );
  const references = (await linesOf(out)).map(({ reference }) => reference);
  expect(references.sort()).toEqual(tasks.map(({ reference }) => reference).sort());
}

/** A file whose last verdict was changed is not continued, and not changed. */
async function expectForeignRefused(args: readonly string[], out: string, change: object, says: RegExp): Promise<void> {
  const text = await readFile(out, 'utf8');
  const lines = text.trimEnd().split('\n');
  const changed = `${[...lines.slice(0, -1), JSON.stringify({ ...JSON.parse(lines.at(-1) ?? ''), ...change })].join('\n')}\n`;
  await writeFile(out, changed);
  const { code, stderr } = await workplace.run(...args);
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(says) as string });
  expect(await readFile(out, 'utf8')).toBe(changed);
  await writeFile(out, text);
}

function expectNothingLeft({ started, processesLeft, filesLeft }: Finished, processes: number) {
  expect(filesLeft).toEqual([]);
  if (process.platform !== 'linux') return;
  expect(started).toBeGreaterThanOrEqual(processes);
  expect(processesLeft).toEqual([]);
}

/** The totals at the end of a command's output; its exit code must be 0. */
function totalsOf(done: Finished): Record<string, number> {
  expect(done.code, done.stderr).toBe(0);
  return JSON.parse(lastLineOf(done.stdout)) as Record<string, number>;
}

function lastLineOf(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

async function linesOf(file: string): Promise<VerdictLine[]> {
  const text = await readFile(file, 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as VerdictLine);
}
