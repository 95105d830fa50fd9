import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@assay/protocol/limits';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkTasks, faultText } from './check-tasks.ts';
import { readDataLines } from './data-file.ts';

const one = { miner: 'm-1', output: 'o' };
const task = (name: string, more: object = {}) => ({ task: name, prompt: 'p', submissions: [one], ...more });
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'assay-check-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function checked(text: string) {
  const file = join(folder, 'tasks.jsonl');
  await writeFile(file, text);
  const { tasks, faults } = checkTasks(await readDataLines(file), 'standard');
  return { names: tasks.map((each) => each.task), texts: faults.map((fault) => faultText(fault).replace(file, 'f')) };
}

/** Every kind of fault, and what is said about it. */
const faulty: readonly (readonly [bad: (name: string) => string, says: string])[] = [
  [() => '{"task":', ' is not JSON'],
  [() => '7', ' must be an object'],
  [(name) => JSON.stringify(task(name, { prompt: undefined })), ': prompt is missing'],
  [(name) => JSON.stringify(task(name, { prompt: 7 })), ': prompt must be a text'],
  [(name) => JSON.stringify(task(name, { promt: 'p' })), ': promt is not a known field'],
  [(name) => JSON.stringify(task(name, { submissions: [] })), ': submissions is empty'],
  [
    (name) => JSON.stringify(task(name, { submissions: [one, one] })),
    ': submissions has two submissions of one miner (m-1)',
  ],
  [
    (name) => JSON.stringify(task(name, { submissions: [{ ...one, output: 'é'.repeat(limits.outputBytesMax) }] })),
    `: submissions.0.output is longer than ${limits.outputBytesMax} bytes`,
  ],
  [
    (name) => JSON.stringify(task(name, { submissions: [{ ...one, score: 1 }] })),
    ': submissions.0.score is not a known field',
  ],
  [(name) => JSON.stringify(task(name, { temperature: 11 })), ': temperature must be at most 10'],
];

describe('checkTasks', () => {
  it.each([{ $ref: 'https://schemas.test/a' }, { type: 'word' }])(
    'finds that %j is no schema to use',
    async (answerSchema) => {
      const { texts } = await checked(JSON.stringify(task('t', { answerSchema })));
      expect(texts).toEqual([expect.stringMatching(/: answerSchema (?:has a \$ref|is not a schema)/)]);
    },
  );

  it('lists all of 20 faults among 2,000 tasks, and keeps the others', async () => {
    const lines = Array.from({ length: 2_000 }, (_, index) => JSON.stringify(task(`t-${index}`)));
    const places = Array.from({ length: 20 }, (_, index) => 97 * index + 5);
    for (const [index, place] of places.entries()) {
      lines[place] = faulty[index % faulty.length]?.[0](`t-${place}`) ?? '';
    }
    const { names, texts } = await checked(lines.join('\n'));
    expect(names).toHaveLength(1_980);
    expect(texts).toHaveLength(20);
    for (const [index, place] of places.entries()) {
      const hasName = index % faulty.length > 1;
      const name = hasName ? ` (task "t-${place}")` : '';
      expect(texts[index]).toBe(`f, line ${place + 1}${name}${faulty[index % faulty.length]?.[1]}.`);
    }
  });

  it('lists several faults of one task', async () => {
    const bad = { task: 'a', submissions: [{ miner: 'a b', output: 1 }] };
    expect((await checked(JSON.stringify(bad))).texts).toHaveLength(3);
  });

  it('refuses a name that was used before, also by a task with a fault', async () => {
    const text = [task('a'), task('a'), task('b', { prompt: 1 }), task('b')].map((each) => JSON.stringify(each));
    expect(await checked(text.join('\n'))).toEqual({
      names: ['a'],
      texts: [
        'f, line 2 (task "a"): task is already on line 1.',
        'f, line 3 (task "b"): prompt must be a text.',
        'f, line 4 (task "b"): task is already on line 3.',
      ],
    });
  });

  it('takes one JSON array, and reference for task', async () => {
    const { task: reference, ...rest } = task('a');
    const both = [{ reference, ...rest }, task('b'), task('c', { reference: 'd' })];
    expect(await checked(`\n${JSON.stringify(both, undefined, 2)}`)).toEqual({
      names: ['a', 'b'],
      texts: ['f, entry 3 (task "c"): task is there beside a reference, which is the same; leave one out.'],
    });
  });

  it('takes one object over several lines, and says once that such a text is no JSON', async () => {
    const whole = JSON.stringify(task('a'), undefined, 2);
    expect(await checked(whole)).toEqual({ names: ['a'], texts: [] });
    for (const wrong of [`${whole}\n${whole}`, `[${whole}`, `[\n  { "task": 'a' }\n]`]) {
      const { names, texts } = await checked(wrong);
      expect(names).toEqual([]);
      expect(texts).toEqual([expect.stringMatching(/^f is neither one JSON array nor one object a line \(.+\)\.$/)]);
    }
    expect((await checked(`{"task":\n${JSON.stringify(task('a'))}`)).texts).toEqual(['f, line 1 is not JSON.']);
  });

  it('calls the name of a task what the file calls it', async () => {
    const rest = { prompt: 'p', submissions: [one] };
    const both = [rest, { reference: '', ...rest }, { task: 7, ...rest }, { reference: 'a', ...rest }];
    expect((await checked([...both, task('a')].map((each) => JSON.stringify(each)).join('\n'))).texts).toEqual([
      'f, line 1: reference is missing.',
      'f, line 2 (task ""): reference is empty.',
      'f, line 3: task must be a text.',
      'f, line 5 (task "a"): task is already on line 4.',
    ]);
  });

  it('takes the messages of a chat as prompt', async () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Hello?' }] },
    ];
    const { prompt: _, ...rest } = task('a', { messages });
    const { tasks } = checkTasks(
      { file: 'f', name: 'f', sha256: '0x00', lines: [{ where: 'f, line 1', value: rest }] },
      'standard',
    );
    expect(tasks[0]?.prompt).toBe('system: Be brief.\n\nuser: Hello?');
    const bad = [
      { ...rest, messages: [] },
      { ...rest, task: 'b', messages: [{ content: 'x' }] },
      { ...rest, task: 'd', messages: [{ role: 'robot', content: 'x' }] },
      task('c', { messages }),
    ];
    expect((await checked(bad.map((each) => JSON.stringify(each)).join('\n'))).texts).toEqual([
      'f, line 1 (task "a"): messages is empty.',
      'f, line 2 (task "b"): messages.0.role is missing.',
      'f, line 3 (task "d"): messages.0.role must be one of developer, system, user, assistant, tool, function.',
      'f, line 4 (task "c"): messages is given together with a prompt; remove one of them.',
    ]);
  });
});
