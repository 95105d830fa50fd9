import { expect, it } from 'vitest';
import { keccak256, utf8 } from '../encoding/bytes.ts';
import { buildTask } from './build-task.ts';
import { taskRequestSchema } from './task.ts';
import { questionTextOf, taskTextOf } from './task-text.ts';

it('the id of a task is the digest of its text, which begins with the question', () => {
  const request = {
    reference: 'a "quoted" reference, "submissions":[',
    parameters: { model: 'm', seed: 7 },
    prompt: 'Wie heißt der Fluss?',
    submissions: [
      { miner: 'b', output: 'Elbe.' },
      { miner: 'a', output: 'Der Fluss heißt "Elbe".' },
    ],
  };
  const { task } = buildTask(taskRequestSchema.parse(request));
  expect(keccak256(utf8(taskTextOf(task)))).toBe(task.taskId);
  expect(taskTextOf(task).startsWith(questionTextOf(task))).toBe(true);
  const [, ...others] = request.submissions;
  const another = buildTask(taskRequestSchema.parse({ ...request, submissions: others })).task;
  expect(questionTextOf(another)).toBe(questionTextOf(task));
  for (const change of [{ reference: 'r' }, { prompt: 'q' }, { parameters: {} }, { policy: 'strict' }]) {
    const changed = buildTask(taskRequestSchema.parse({ ...request, ...change })).task;
    expect(questionTextOf(changed)).not.toBe(questionTextOf(task));
  }
});
