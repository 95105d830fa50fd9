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
import { TaskBook } from './task-book.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const publishedMs = 1_000;
const deadlineMs = publishedMs + example.policy.deadlineMs;
const known = { task, policy: example.policy, deadlineMs, headers: {} };
const all = exampleObservations(example, task);
const reject = task.submissions.map(() => exampleMeasurements.reject);

function opened() {
  const book = new TaskBook(example.network);
  const added = book.add(known);
  if (!added.ok) throw new Error(added.refusal.detail);
  return { book, open: added.value };
}

describe('TaskBook', () => {
  it('opens a task once', () => {
    const { book, open } = opened();
    expect(book.add(known)).toEqual({ ok: true, value: open });
    expect(book.size).toBe(1);
  });

  it('is ready as soon as no missing observation could change a verdict', () => {
    const { book, open } = opened();
    const readyAfter = all.findIndex((observation, index) => {
      book.observe(open, observation, publishedMs + index);
      return book.readyTasks(0).length > 0;
    });
    expect(readyAfter).toBeGreaterThanOrEqual(8);
    expect(open.isFinal).toBe(true);
    expect(open.readySinceMs).toBe(publishedMs + readyAfter);
  });

  it('counts the first observation of an operator and role, whatever the second says', () => {
    const { book, open } = opened();
    const [first] = all;
    if (first === undefined) throw new Error('There is no observation.');
    const second = exampleObservation(example, task, 'checksum', 0, reject);
    expect(book.observe(open, first, publishedMs)).toEqual({ ok: true, value: 'added' });
    expect(book.observe(open, first, publishedMs)).toEqual({ ok: true, value: 'repeat' });
    expect(book.observe(open, second, publishedMs)).toEqual({ ok: true, value: 'equivocation' });
    expect([...open.observations.values()].map(({ checked }) => checked.observation)).toEqual([first]);
  });

  it.each([
    [50, 0, 'repeat'],
    [51, 0, 'equivocation'],
    [0, 1, 'equivocation'],
  ])('of two that differ by %i in score and %i in flags, says %s', (score, flags, answer) => {
    const { book, open } = opened();
    const ofScore = (value: number, word: number) =>
      exampleObservation(
        example,
        task,
        'semantic',
        0,
        task.submissions.map(() => ({ score: value, flags: word })),
      );
    book.observe(open, ofScore(9_000, 0), publishedMs);
    expect(book.observe(open, ofScore(9_000 + score, flags), publishedMs)).toEqual({ ok: true, value: answer });
  });

  it('does not count an observation that was there before its task', () => {
    const { book, open } = opened();
    const [first] = all;
    if (first === undefined) throw new Error('There is no observation.');
    expect(book.observe(open, first, publishedMs - 1)).toMatchObject({ ok: false, refusal: { code: 'before-task' } });
    expect(open.observations.size).toBe(0);
  });

  it('is overdue after the deadline and its grace, not before', () => {
    const { book } = opened();
    const dueMs = deadlineMs + limits.deadlineGraceMs;
    expect(book.nextDueMs()).toBe(dueMs);
    expect(book.overdueTasks(dueMs - 1)).toEqual([]);
    expect(book.overdueTasks(dueMs)).toHaveLength(1);
  });

  it('forgets a task whose report is out, and remembers that it is', () => {
    const { book } = opened();
    book.finish(task.taskId);
    expect([book.size, book.isDone(task.taskId), book.nextDueMs()]).toEqual([0, true, undefined]);
  });
});

describe('whyNotTake', () => {
  const partial = all.slice(0, 2);
  const proposed = exampleReport(example, { task, observations: partial });
  const codeOf = (answer: ReturnType<TaskBook['whyNotTake']>) => (answer.ok ? 'taken' : answer.refusal.code);

  it('takes a final report at any time, and a task only once', () => {
    const { book, open } = opened();
    const final = exampleReport(example, { task, observations: all });
    expect(codeOf(book.whyNotTake(final, publishedMs))).toBe('taken');
    book.take(open, 1);
    expect(codeOf(book.whyNotTake(final, publishedMs))).toBe('task-taken');
  });

  it('takes an abstention for want of observations from the deadline on', () => {
    const { book } = opened();
    expect(codeOf(book.whyNotTake(proposed, deadlineMs - 1))).toBe('too-early');
    expect(codeOf(book.whyNotTake(proposed, deadlineMs))).toBe('taken');
  });

  it.each([
    [deadlineMs, 'left-out'],
    [deadlineMs + 1, 'taken'],
  ])('with a missing observation of moment %i: %s', (atMs, code) => {
    const { book, open } = opened();
    for (const observation of partial) book.observe(open, observation, publishedMs);
    book.observe(open, exampleObservation(example, task, 'semantic', 3), atMs);
    expect(codeOf(book.whyNotTake(proposed, deadlineMs + 10))).toBe(code);
  });

  it('knows no task that is not open', () => {
    expect(codeOf(new TaskBook(example.network).whyNotTake(proposed, deadlineMs))).toBe('unknown-task');
  });
});
