import { limits } from '@assay/protocol/limits';
import {
  exampleMeasurements,
  exampleNetwork,
  exampleObservation,
  exampleObservations,
  exampleReport,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { describe, expect, it } from 'vitest';
import { defaultPace } from './aggregator.fixture.ts';
import { newBooks } from './books.ts';
import { finishTask, nextDueMs, observe, openTask, overdueTasks, readyTasks, take, whyNotTake } from './tasks.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const publishedMs = 1_000;
const deadlineMs = publishedMs + example.policy.deadlineMs;
const known = { task, policy: example.policy, deadlineMs, headers: {} };
const all = exampleObservations(example, task);
const reject = task.submissions.map(() => exampleMeasurements.reject);

const setting = {
  network: example.network,
  policies: new Map([[example.policy.name, example.policy]]),
  pace: defaultPace,
};

function opened() {
  const book = newBooks(setting).tasks;
  const open = openTask(book, known);
  if (open === undefined) throw new Error('There is no room.');
  return { book, open };
}

describe('the open tasks', () => {
  it('opens a task once', () => {
    const { book, open } = opened();
    expect(openTask(book, known)).toBe(open);
    expect(book.open.size).toBe(1);
  });

  it('is ready as soon as no missing observation could change a verdict', () => {
    const { book, open } = opened();
    const readyAfter = all.findIndex((observation, index) => {
      observe(setting, open, observation, publishedMs + index);
      return readyTasks(book, 0).length > 0;
    });
    expect(readyAfter).toBeGreaterThanOrEqual(8);
    expect(open.isFinal).toBe(true);
    expect(open.readySinceMs).toBe(publishedMs + readyAfter);
  });

  it('counts the first observation of an operator and role, whatever the second says', () => {
    const { open } = opened();
    const [first] = all;
    if (first === undefined) throw new Error('There is no observation.');
    const second = exampleObservation(example, task, 'checksum', 0, reject);
    expect(observe(setting, open, first, publishedMs)).toEqual({ ok: true, value: 'added' });
    expect(observe(setting, open, first, publishedMs)).toEqual({ ok: true, value: 'repeat' });
    expect(observe(setting, open, second, publishedMs)).toEqual({ ok: true, value: 'equivocation' });
    expect([...open.observations.values()].map(({ checked }) => checked.observation)).toEqual([first]);
  });

  it.each([
    [50, 0, 'repeat'],
    [51, 0, 'equivocation'],
    [0, 1, 'equivocation'],
  ])('of two that differ by %i in score and %i in flags, says %s', (score, flags, answer) => {
    const { open } = opened();
    const ofScore = (value: number, word: number) =>
      exampleObservation(
        example,
        task,
        'semantic',
        0,
        task.submissions.map(() => ({ score: value, flags: word })),
      );
    observe(setting, open, ofScore(9_000, 0), publishedMs);
    expect(observe(setting, open, ofScore(9_000 + score, flags), publishedMs)).toEqual({ ok: true, value: answer });
  });

  it('does not count an observation that was there before its task', () => {
    const { open } = opened();
    const [first] = all;
    if (first === undefined) throw new Error('There is no observation.');
    expect(observe(setting, open, first, publishedMs - 1)).toMatchObject({
      ok: false,
      refusal: { code: 'before-task' },
    });
    expect(open.observations.size).toBe(0);
  });

  it('is overdue after the deadline and its grace, not before', () => {
    const { book } = opened();
    const dueMs = deadlineMs + limits.deadlineGraceMs;
    expect(nextDueMs(book)).toBe(dueMs);
    expect(overdueTasks(book, dueMs - 1)).toEqual([]);
    expect(overdueTasks(book, dueMs)).toHaveLength(1);
  });

  it('forgets a task whose report is out, and remembers that it is', () => {
    const { book } = opened();
    finishTask(book, task.taskId, '7-1', 1);
    expect([book.open.size, book.done.has(task.taskId), nextDueMs(book)]).toEqual([0, true, undefined]);
  });
});

describe('whyNotTake', () => {
  const partial = all.slice(0, 2);
  const proposed = exampleReport(example, { task, observations: partial });
  const codeOf = (answer: ReturnType<typeof whyNotTake>) => (answer.ok ? 'taken' : answer.refusal.code);

  it('takes a final report at any time, and a task only once', () => {
    const { book, open } = opened();
    const final = exampleReport(example, { task, observations: all });
    expect(codeOf(whyNotTake(book, final, publishedMs))).toBe('taken');
    take(book, open, 1);
    expect(codeOf(whyNotTake(book, final, publishedMs))).toBe('task-taken');
  });

  it('takes an abstention for want of observations from the deadline on', () => {
    const { book } = opened();
    expect(codeOf(whyNotTake(book, proposed, deadlineMs - 1))).toBe('too-early');
    expect(codeOf(whyNotTake(book, proposed, deadlineMs))).toBe('taken');
  });

  it.each([
    [deadlineMs, 'left-out'],
    [deadlineMs + 1, 'taken'],
  ])('with a missing observation of moment %i: %s', (atMs, code) => {
    const { book, open } = opened();
    for (const observation of partial) observe(setting, open, observation, publishedMs);
    observe(setting, open, exampleObservation(example, task, 'semantic', 3), atMs);
    expect(codeOf(whyNotTake(book, proposed, deadlineMs + 10))).toBe(code);
  });

  it('knows no task that is not open', () => {
    expect(codeOf(whyNotTake(newBooks(setting).tasks, proposed, deadlineMs))).toBe('unknown-task');
  });
});
