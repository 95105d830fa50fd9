import {
  exampleMeasurements,
  exampleNetwork,
  exampleObservation,
  exampleObservations,
  exampleReport,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { absenceOf } from '@assay/protocol/observation/absence';
import { flagWord } from '@assay/protocol/observation/flag';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { defaultPace } from './aggregator.fixture.ts';
import { newBooks } from './books.ts';
import {
  finishTask,
  isAnswered,
  nextDueMs,
  observe,
  openTask,
  overdueTasks,
  readyTasks,
  take,
  whyNotTake,
} from './tasks.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const publishedMs = 1_000;
const deadlineMs = publishedMs + example.policy.deadlineMs;
const known = { task, policy: example.policy, deadlineMs, headers: {} };
const all = exampleObservations(example, task);
const reject = task.submissions.map(() => exampleMeasurements.reject);

const setting = {
  takesFromMs: 0,
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
    [5_980, 0, 'repeat'],
    [4_000, 0, 'repeat'],
    [4_949, 0, 'equivocation'],
    [5_000, flagWord('semantic', ['injection']), 'equivocation'],
    [0, flagWord('semantic', ['content-missing']), 'repeat'],
  ])('of two, the first with score 5000, the second with %i and flags %i, says %s', (score, flags, answer) => {
    const { open } = opened();
    const ofScore = (value: number, word: number) =>
      exampleObservation(
        example,
        task,
        'semantic',
        0,
        task.submissions.map(() => ({ score: value, flags: word })),
      );
    observe(setting, open, ofScore(score === 4_000 ? 4_990 : 5_000, 0), publishedMs);
    expect(observe(setting, open, ofScore(score, flags), publishedMs)).toEqual({ ok: true, value: answer });
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
    const dueMs = deadlineMs + tuning.deadlineGraceMs;
    expect(nextDueMs(book)).toBe(dueMs);
    expect(overdueTasks(book, dueMs - 1)).toEqual([]);
    expect(overdueTasks(book, dueMs)).toHaveLength(1);
  });

  it('is answered when a quorum has observed in every role, though it be nothing', () => {
    const { open } = opened();
    const answers = exampleObservations(example, task, (operator, role) =>
      operator === 3 ? undefined : absenceOf(role, task),
    );
    const answeredAfter = answers.findIndex((observation) => {
      observe(setting, open, observation, publishedMs);
      return isAnswered(setting, open);
    });
    expect(answeredAfter).toBe(answers.length - 1);
  });

  it('forgets a task whose report is out, and remembers that it is', () => {
    const { book } = opened();
    finishTask(book, task.taskId, '7-1', 1);
    expect([book.open.size, book.done.has(task.taskId), nextDueMs(book)]).toEqual([0, true, undefined]);
  });
});

describe('whyNotTake', () => {
  const codeOf = (answer: ReturnType<typeof whyNotTake>) => (answer.ok ? 'taken' : answer.refusal.code);

  it('takes a task only once', () => {
    const { book, open } = opened();
    const final = exampleReport(example, { task, observations: all });
    expect(codeOf(whyNotTake(book, final))).toBe('taken');
    take(book, open, 1);
    expect(codeOf(whyNotTake(book, final))).toBe('task-taken');
  });

  it('knows no task that is not open', () => {
    const proposed = exampleReport(example, { task, observations: all });
    expect(codeOf(whyNotTake(newBooks(setting).tasks, proposed))).toBe('unknown-task');
  });
});
