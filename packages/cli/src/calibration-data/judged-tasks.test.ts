import { describe, expect, it } from 'vitest';
import { judgedTasks } from './judged-tasks.ts';

const systems = ['fid', 'gpt35', 'chatgpt', 'gpt4', 'newbing'];

/** A question whose first `right` answers are right. */
function row(question: string, right: number, changes: object = {}) {
  const judged = systems.flatMap((system, index) => [
    [`answer_${system}`, ` ${system} says so `],
    [`judge_${system}`, index < right],
  ]);
  return { question, improper: false, ...Object.fromEntries(judged), ...changes };
}

const madeOf = (rows: readonly object[]) =>
  judgedTasks(JSON.stringify(rows))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('judgedTasks', () => {
  it('trims answers, labels them as judged, and names a task by its question', () => {
    const [task, ...others] = madeOf([row('who played the middle sister on full house', 4)]);
    expect(others).toEqual([]);
    expect(task).toMatchObject({ task: '00100ddaa4eff61a', prompt: 'who played the middle sister on full house' });
    expect(task.submissions.map(({ label }: { label: string }) => label)).toEqual([
      ...Array(4).fill('honest'),
      'wrong_answer',
    ]);
    expect(task.submissions[0]).toEqual({ miner: 'miner-fid', output: 'fid says so', label: 'honest' });
  });

  it('leaves out questions that are improper, not judged in full, or mostly answered wrongly', () => {
    const rows = [
      row('a', 5, { improper: true }),
      row('b', 5, { judge_gpt4: null }),
      row('c', 5, { answer_gpt4: null }),
      row('d', 2),
      row('e', 3),
    ];
    expect(madeOf(rows).map(({ prompt }) => prompt)).toEqual(['e']);
  });

  it('orders questions by their digest, and ends at a thousand', () => {
    const tasks = madeOf(Array.from({ length: 1_100 }, (_, index) => row(`question ${index}`, 5)));
    expect(tasks).toHaveLength(1_000);
    const names = tasks.map(({ task }) => task);
    expect(names).toEqual([...names].sort((one, other) => (one < other ? -1 : 1)));
  });
});
