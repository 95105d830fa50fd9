import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import {
  exampleCosignature,
  exampleNetwork,
  exampleObservation,
  exampleObservations,
  exampleProposal,
  exampleTask,
  policyRequiring,
} from '@assay/protocol/network/example-network';
import { configDigest, loadNetwork } from '@assay/protocol/network/validator-set';
import { tuning } from '@assay/protocol/tuning';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TestAggregator } from '../aggregator.fixture.ts';
import { startPosting } from '../batch-in-hand.ts';
import { newBooks } from '../books.ts';
import { booksOf, snapshotOf } from '../record/snapshot.ts';
import { finishTask } from '../tasks.ts';
import { booksAfter, isIdle, isOwnTask } from './epoch-end.ts';

const example = exampleNetwork([1n, 1n, 1n, 1n], policyRequiring('checksum'));
const next = { ...example, network: loadNetwork({ ...example.network, epoch: example.network.epoch + 1 }) };
const handoverMs = 10_000;

/** The aggregators of two epochs, of which the second takes tasks from 10,000 ms on. */
function both() {
  const earlier = new TestAggregator(example);
  const later = new TestAggregator(next);
  later.books = newBooks({ ...later.books.setting, takesFromMs: handoverMs });
  for (const one of [earlier, later]) one.start();
  return { earlier, later };
}

const task = (reference: string) => exampleTask({ reference }).task;

describe('two epochs side by side', () => {
  it('open each task in one of them', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2 * handoverMs), { maxLength: 10 }), fc.nat(10), (times, knownAfter) => {
        const { earlier, later } = both();
        const opened = times.map((atMs, index) => {
          if (index === knownAfter)
            earlier.take({ kind: 'ends', takesUntilMs: handoverMs, leftOverFromMs: 3 * handoverMs });
          const one = task(`task ${index}`);
          for (const aggregator of [earlier, later]) aggregator.task(one, atMs);
          return one;
        });
        earlier.take({ kind: 'ends', takesUntilMs: handoverMs, leftOverFromMs: 3 * handoverMs });
        for (const [index, { taskId }] of opened.entries()) {
          const isLate = (times[index] ?? 0) >= handoverMs;
          expect([earlier, later].map(({ books }) => books.tasks.open.has(taskId))).toEqual([!isLate, isLate]);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('count nothing of one epoch in the other', () => {
    const { earlier, later } = both();
    earlier.take({ kind: 'ends', takesUntilMs: handoverMs, leftOverFromMs: 3 * handoverMs });
    const old = task('old');
    const observations = exampleObservations(example, old);
    const proposal = exampleProposal(example, [{ task: old, observations }], 1);
    const { epoch } = proposal;
    const cosignature = exampleCosignature(example, proposal, 0);
    later.task(old, 0);
    for (const observation of observations) later.observation(observation, 1);
    later.message('PROPOSALS', subjects.proposal(batchIdOf(epoch, 1)), proposal, 2);
    later.message('COSIGNATURES', subjects.cosignature(batchIdOf(epoch, 1), cosignature.operator), cosignature, 3);
    for (const stream of ['TASKS', 'OBSERVATIONS', 'PROPOSALS', 'COSIGNATURES'] as const)
      expect(new Set(later.decisions(stream))).toEqual(new Set(['other-epoch']));
    expect(later.books.tasks.open.size + later.books.batches.open.size).toBe(0);
    earlier.observation(exampleObservation(next, task('new'), 'checksum', 0), handoverMs);
    expect(earlier.decisions('OBSERVATIONS')).toEqual(['other-epoch']);
  });

  it('refuse an observation of a task that the other epoch takes', () => {
    const { later } = both();
    const old = task('old');
    later.observation(exampleObservation(next, old, 'checksum', 0), handoverMs);
    const asked = later.all('ask').find(({ question }) => question.about === 'task')?.question;
    if (asked?.about !== 'task') throw new Error('The task was not asked for.');
    const data = new TextEncoder().encode(JSON.stringify(old));
    const message = { subject: subjects.task(old.taskId), data, headers: {}, sequence: 1, timestampMs: handoverMs - 1 };
    later.take({ kind: 'answer', answer: { id: asked.id, about: 'task', taskId: old.taskId, message } });
    expect(later.decisions('OBSERVATIONS')).toEqual(['unknown-task']);
  });

  it('do not open a task again that is repeated in the time of the next epoch', () => {
    const { later } = both();
    const old = task('old');
    const data = new TextEncoder().encode(JSON.stringify(old));
    const first = { subject: subjects.task(old.taskId), data, headers: {}, sequence: 1, timestampMs: handoverMs - 1 };
    later.take({ kind: 'message', stream: 'TASKS', message: { ...first, isFirst: true } });
    later.take({ kind: 'message', stream: 'TASKS', message: { ...first, sequence: 2, timestampMs: handoverMs + 1 } });
    const asked = later.all('ask').find(({ question }) => question.about === 'task')?.question;
    if (asked?.about !== 'task') throw new Error('The first message was not asked for.');
    later.take({ kind: 'answer', answer: { id: asked.id, about: 'task', taskId: old.taskId, message: first } });
    expect(later.decisions('TASKS')).toEqual(['other-epoch', 'task-repeated']);
    expect(later.books.tasks.open.size).toBe(0);
  });

  it('refuse a task on the subject of another', () => {
    const { later } = both();
    later.message('TASKS', subjects.task(task('another').taskId), task('old'), handoverMs);
    expect(later.decisions('TASKS')).toEqual(['wrong-subject']);
  });

  it('refuse messages of epochs that nobody keeps books of', () => {
    const { earlier } = both();
    earlier.observation(exampleObservation(next, task('early'), 'checksum', 0), 1);
    expect(earlier.decisions('OBSERVATIONS')).toEqual(['wrong-epoch']);
  });
});

describe('the books of the next epoch', () => {
  const setting = { ...new TestAggregator(next).books.setting, takesFromMs: handoverMs };
  const long = { ...setting, takesFromMs: 10 * tuning.serverClocksMs };
  const marked = { position: 5, mark: { subject: 'assay.v1.tasks.one', timestampMs: handoverMs } };

  it('begin with their epoch where nothing was read, and at the last message where something was', () => {
    const later = new TestAggregator(next);
    later.books = newBooks(long);
    Object.assign(later.books.lanes.TASKS, marked);
    later.start({ TASKS: 5 });
    const fromMs = 9 * tuning.serverClocksMs;
    expect(later.all('follow')).toEqual([
      { kind: 'follow', stream: 'REPORTS', fromMs },
      { kind: 'follow', stream: 'TASKS', fromSequence: 6 },
      ...['OBSERVATIONS', 'PROPOSALS', 'COSIGNATURES'].map((stream) => ({ kind: 'follow', stream, fromMs })),
    ]);
  });

  it('go on where those of the epoch before stand', () => {
    const { earlier } = both();
    earlier.task(task('old'), handoverMs - 1);
    const after = booksAfter(setting, earlier.books);
    if (after === undefined) throw new Error('Nothing of the next epoch was read.');
    expect(after.lanes.TASKS.position).toBe(1);
    expect(after.tasks.open.size).toBe(0);
    expect(booksOf(setting, snapshotOf(after)).lanes.TASKS).toMatchObject({ position: 1 });
  });

  it('are built from the streams if those reach into the time of the next epoch', () => {
    const { earlier } = both();
    earlier.task(task('new'), handoverMs);
    expect(booksAfter(setting, earlier.books)).toBeUndefined();
  });
});

it('leaves the tasks over whose reports are out and whose batch a reorganisation took at the end', () => {
  const { earlier } = both();
  const { books } = earlier;
  earlier.take({ kind: 'ends', takesUntilMs: handoverMs, leftOverFromMs: 3 * handoverMs });
  const old = task('old');
  const { epoch } = example.network;
  const batchId = batchIdOf(epoch, 1);
  const { root } = exampleProposal(example, [{ task: old, observations: exampleObservations(example, old) }], 1);
  finishTask(books.tasks, old.taskId, batchId, 1);
  finishTask(books.tasks, task('another').taskId, batchIdOf(epoch, 2), 1);
  earlier.until(4 * handoverMs);
  const fields = { configDigest: configDigest(example.network), epoch, sequence: 1, root, count: 1 };
  startPosting(books, { ...fields, certificate: '0x' }, true, earlier.nowMs);
  earlier.take({ kind: 'tick' });
  earlier.take({
    kind: 'answer',
    answer: { id: 'posting 1', about: 'batch', asker: 'posting', sequence: 1 },
  });
  earlier.until(earlier.nowMs + 1_000);
  earlier.take({ kind: 'answer', answer: { id: 'posting 1', about: 'batch', asker: 'posting', sequence: 1 } });
  expect(earlier.all('post')).toHaveLength(1);
  const outcome = { status: 'refused', code: 'EpochNotCheckable', detail: 'EpochNotCheckable(7)' } as const;
  earlier.take({ kind: 'posted', sequence: 1, outcome });
  const asked = earlier.all('ask').flatMap(({ question }) => (question.about === 'task' ? [question] : []));
  expect(asked.map(({ taskId }) => taskId)).toEqual([old.taskId]);
  const data = new TextEncoder().encode(JSON.stringify(old));
  const message = { subject: subjects.task(old.taskId), data, headers: {}, sequence: 1, timestampMs: 1 };
  for (const { id, taskId } of asked) earlier.take({ kind: 'answer', answer: { id, about: 'task', taskId, message } });
  earlier.until(5 * handoverMs);
  expect(earlier.all('ask-left-over').map(({ taskIds }) => taskIds)).toContainEqual([old.taskId]);
});

it('is idle when no task and no batch is left', () => {
  const { earlier } = both();
  expect(isIdle(earlier.books)).toBe(true);
  earlier.task(task('old'), 1);
  expect(isIdle(earlier.books)).toBe(false);
  expect(isOwnTask(earlier.books, 1)).toBe(true);
});
