import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { describe, expect, it } from 'vitest';
import { TestAggregator, type Undated } from '../aggregator.fixture.ts';
import { step } from '../step.ts';
import { eventLine, Replay, startLine, withoutContents } from './recording.ts';
import { areReached, booksOf, snapshotOf } from './snapshot.ts';

const example = exampleNetwork();
const { task, prompt, outputs } = exampleTask();
const observations = exampleObservations(example, task);
const proposal = exampleProposal(example, [{ task, observations }]);

/** An aggregator with a task that is in a batch, and one cosignature. */
function inTheMiddle(): TestAggregator {
  const aggregator = new TestAggregator(example);
  aggregator.nowMs = 1_000;
  aggregator.start();
  aggregator.task(task);
  for (const observation of observations) aggregator.observation(observation);
  aggregator.message('PROPOSALS', subjects.proposal('7-1'), proposal);
  cosign(aggregator, 0);
  return aggregator;
}

function cosign(aggregator: TestAggregator, index: number) {
  const cosignature = exampleCosignature(example, proposal, index);
  return aggregator.message('COSIGNATURES', subjects.cosignature('7-1', cosignature.operator), cosignature);
}

describe('a recording', () => {
  it('replays to the same effects, and says where they differ', () => {
    const aggregator = new TestAggregator(example);
    const lines = [startLine(aggregator.books.setting, undefined)];
    const take = aggregator.take.bind(aggregator);
    aggregator.take = (event: Undated) => {
      const effects = take(event);
      lines.push(eventLine({ ...event, atMs: aggregator.nowMs }, effects));
      return effects;
    };
    aggregator.nowMs = 1_000;
    aggregator.start();
    aggregator.task(task);
    for (const observation of observations) aggregator.observation(observation);
    aggregator.until(2_000);
    expect(aggregator.all('propose')).toHaveLength(1);
    const replay = new Replay();
    const steps = lines.map((line) => replay.next(line));
    expect(steps.slice(1).map((one) => one.kind === 'event' && one.isSame)).not.toContain(false);
    expect(steps.flatMap((one) => (one.kind === 'event' ? one.effects : []))).toEqual(aggregator.effects);
    const missing = new Replay();
    const without = lines.filter((_, index) => index !== 2).map((line) => missing.next(line));
    expect(without.some((one) => one.kind === 'event' && !one.isSame)).toBe(true);
  });

  it('may break off where the process died, and begins anew with its next start', () => {
    const start = startLine(new TestAggregator(example).books.setting, undefined);
    const replay = new Replay();
    expect([start, start.slice(0, 40), start].map((line) => replay.next(line).kind)).toEqual([
      'start',
      'torn',
      'start',
    ]);
    const event = eventLine({ kind: 'tick', atMs: 1 }, []);
    replay.next(event.slice(0, 9));
    expect(() => replay.next(event)).toThrow(/Line 5: there was no start/);
    expect(() => replay.next('{}')).toThrow(/Line 6 is no line/);
  });

  it('holds no content that came along with a task, and decides the same without it', () => {
    const contents = [
      [task.prompt.cid, prompt],
      ...task.submissions.map(({ cid }, index) => [cid, outputs[index] ?? ''] as const),
    ];
    // As messages of earlier versions have it.
    const data = encodeMessage({ ...task, enclosed: Object.fromEntries(contents) });
    const message = { subject: subjects.task(task.taskId), data, headers: {}, sequence: 1, timestampMs: 1_000 };
    const event = { kind: 'message', stream: 'TASKS', message, atMs: 1_000 } as const;
    const stripped = withoutContents(event);
    expect(eventLine(event, [])).toContain(prompt);
    expect(eventLine(stripped, [])).not.toContain(prompt);
    const effectsOf = (one: typeof event) => {
      const aggregator = new TestAggregator(example);
      aggregator.start();
      return step(aggregator.books, one).effects;
    };
    expect(effectsOf(stripped)).toEqual(effectsOf(event));
  });
});

describe('a snapshot', () => {
  it('goes on where the books were: the same events give the same books', () => {
    const one = inTheMiddle();
    const other = inTheMiddle();
    other.books = booksOf(other.books.setting, snapshotOf(other.books));
    const last = { TASKS: 1, OBSERVATIONS: observations.length, PROPOSALS: 1, COSIGNATURES: 1 };
    expect(other.start(last)).toContainEqual({ kind: 'follow', stream: 'COSIGNATURES', fromSequence: 2 });
    for (const aggregator of [one, other]) for (const index of [1, 2]) cosign(aggregator, index);
    expect(snapshotOf(other.books)).toBe(snapshotOf(one.books));
    expect(other.books.batches.open.get(1)?.certificate).toEqual(one.books.batches.open.get(1)?.certificate);
    expect(other.books.postings.get(1)?.phase).toBe('looking');
    expect(other.books.tasks.open.get(task.taskId)?.known.policy).toBe(example.policy);
  });

  it.each([
    ['fits what the streams hold now', { first: 1, last: 40 }, true],
    ['fits streams that begin right behind it', { first: 13, last: 40 }, true],
    ['fits no streams that have lost what comes next', { first: 14, last: 40 }, false],
    ['fits no streams that are shorter', { first: 1, last: 11 }, false],
  ])('%s', (_, extent, fits) => {
    const { books } = inTheMiddle();
    const wide = { first: 1, last: 40 };
    const streams = { REPORTS: wide, TASKS: wide, PROPOSALS: wide, COSIGNATURES: wide, OBSERVATIONS: extent };
    expect(books.lanes.OBSERVATIONS.position).toBe(12);
    expect(areReached(books, streams)).toBe(fits);
  });
});
