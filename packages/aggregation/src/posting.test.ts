import { subjects } from '@assay/protocol/bus/subjects';
import {
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '@assay/protocol/network/example-network';
import type { PostedBatch } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { TestAggregator } from './aggregator.fixture.ts';
import type { Pace } from './books.ts';
import type { Effect } from './effects.ts';
import { type BatchView, type PostingStep, postingStep } from './posting.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const proposal = exampleProposal(example, [{ task, observations: exampleObservations(example, task) }]);
const receipt = {
  status: 'posted',
  transactionHash: `0x${'77'.repeat(32)}`,
  blockNumber: 9,
  gasUsed: 100,
  transmitter: `0x${'99'.repeat(20)}`,
} as const;

/** An aggregator with one batch that has just got its certificate. */
function certified(pace: Partial<Pace> = {}): { aggregator: TestAggregator; effects: readonly Effect[] } {
  const aggregator = new TestAggregator(example, pace);
  aggregator.nowMs = 1_000;
  aggregator.start();
  aggregator.task(task);
  aggregator.message('PROPOSALS', subjects.proposal('7-1'), proposal);
  const effects = [0, 1, 2, 3].flatMap((index) => {
    const cosignature = exampleCosignature(example, proposal, index);
    return aggregator.message('COSIGNATURES', subjects.cosignature('7-1', cosignature.operator), cosignature);
  });
  return { aggregator, effects };
}

const look = (effects: readonly Effect[]) =>
  effects.some((effect) => effect.kind === 'ask' && effect.question.id === 'posting 1');

/** The chain's word on the batch: in a block so deep, or not in. */
function seen(aggregator: TestAggregator, confirmations: number): readonly Effect[] {
  const { root } = proposal;
  const { status: _, ...where } = receipt;
  const posted: PostedBatch = { ...where, root, count: 1, confirmations };
  const answer = { id: 'posting 1', about: 'batch', asker: 'posting', sequence: 1 } as const;
  return aggregator.take({ kind: 'answer', answer: confirmations === 0 ? answer : { ...answer, posted } });
}

describe('the next step for a batch', () => {
  const view: BatchView = { nowMs: 100, confirmations: 0, wasIn: false, turnMs: 0 };

  it.each<[string, Partial<BatchView>, PostingStep]>([
    ['not in, its turn', {}, 'post'],
    ['not in, another’s turn', { turnMs: 101 }, 'wait'],
    ['in, too few blocks on top', { confirmations: 2 }, 'wait'],
    ['in and deep enough, whoever’s turn', { confirmations: 3, turnMs: 101 }, 'report'],
    ['deeper than wanted', { confirmations: 9, wasIn: true }, 'report'],
    ['was in and is not, its turn', { wasIn: true }, 'vanished'],
    ['was in and is not, another’s turn', { wasIn: true, turnMs: 101 }, 'vanished'],
    ['was in and is again', { wasIn: true, confirmations: 1 }, 'wait'],
  ])('%s: %s', (_, changes, step) => {
    expect(postingStep({ ...view, ...changes }, 3)).toBe(step);
  });
});

describe('a certified batch', () => {
  it('is looked for, posted, and reported by the receipt alone, with the signers of its certificate', () => {
    const { aggregator, effects } = certified();
    expect(look(effects)).toBe(true);
    expect(seen(aggregator, 0).map(({ kind }) => kind)).toContain('post');
    const after = aggregator.take({ kind: 'posted', sequence: 1, outcome: receipt });
    expect(after.filter((effect) => effect.kind === 'ask' && effect.question.about === 'batch')).toEqual([]);
    const [published] = after.filter((effect) => effect.kind === 'publish-report');
    const signers = aggregator.books.batches.open.get(1)?.certificate?.signers;
    expect(published).toMatchObject({
      expectLastSubjectSequence: 0,
      report: { signers, transaction: { hash: receipt.transactionHash, blockNumber: 9 } },
    });
    expect(signers).toHaveLength(3);
    const { taskId } = task;
    aggregator.take({ kind: 'report-published', sequence: 1, taskId, outcome: { status: 'stored' } });
    const { books } = aggregator;
    expect([books.tasks.open.size, books.batches.open.size, books.postings.size]).toEqual([0, 0, 0]);
    expect([...books.finality.watched.keys()]).toEqual(['7-1']);
  });

  it('is not posted when another was quicker', () => {
    const { aggregator } = certified();
    expect(seen(aggregator, 1).map(({ kind }) => kind)).toContain('publish-report');
    expect(aggregator.all('post')).toEqual([]);
  });

  it('is looked for again, and reported, only under as many blocks as are wanted', () => {
    const { aggregator } = certified({ confirmations: 3 });
    seen(aggregator, 0);
    aggregator.take({ kind: 'posted', sequence: 1, outcome: receipt });
    const again = aggregator.take({ kind: 'answer', answer: { id: 'blocks', about: 'height', height: 10 } });
    expect(look(again)).toBe(true);
    seen(aggregator, 2);
    expect(aggregator.all('publish-report')).toEqual([]);
    aggregator.take({ kind: 'answer', answer: { id: 'blocks', about: 'height', height: 11 } });
    expect(seen(aggregator, 3).map(({ kind }) => kind)).toContain('publish-report');
  });

  it('that a reorganisation takes before its reports are out is posted again', () => {
    const { aggregator } = certified({ confirmations: 3 });
    seen(aggregator, 0);
    aggregator.take({ kind: 'posted', sequence: 1, outcome: receipt });
    aggregator.take({ kind: 'answer', answer: { id: 'blocks', about: 'height', height: 10 } });
    expect(look(seen(aggregator, 0))).toBe(true);
    seen(aggregator, 0);
    expect(aggregator.all('post')).toHaveLength(2);
  });

  it('is tried again ever later when its post fails, and the chain is asked first', () => {
    const { aggregator } = certified();
    const delays: number[] = [];
    for (let attempt = 1; attempt <= 3; attempt++) {
      seen(aggregator, 0);
      const failedMs = aggregator.nowMs;
      aggregator.take({
        kind: 'posted',
        sequence: 1,
        outcome: { status: 'failed', code: 'failed', error: 'no RPC answers' },
      });
      const looks = () => aggregator.all('ask').filter(({ question }) => question.id === 'posting 1').length;
      const before = looks();
      while (looks() === before) aggregator.until(aggregator.nowMs + 1);
      delays.push(aggregator.nowMs - failedMs);
    }
    expect(delays).toEqual([2, 4, 8].map((factor) => factor * tuning.retryDelayMs));
    expect(aggregator.all('post')).toHaveLength(3);
  });

  it('has its report written behind what others put on its subject, within a bound', () => {
    const { aggregator } = certified();
    seen(aggregator, 1);
    const { taskId } = task;
    for (let attempt = 1; attempt <= tuning.reportAttemptsMax; attempt++) {
      const conflict = { kind: 'report-published', sequence: 1, taskId, outcome: { status: 'conflict' } } as const;
      const [asked] = aggregator.take(conflict).filter((effect) => effect.kind === 'ask');
      if (asked?.kind !== 'ask') throw new Error('Nothing was asked.');
      const message = {
        subject: subjects.report(taskId),
        data: new Uint8Array(),
        headers: {},
        sequence: attempt,
        timestampMs: 1,
      };
      aggregator.take({ kind: 'answer', answer: { id: asked.question.id, about: 'report', taskId, message } });
    }
    const expected = aggregator.all('publish-report').map((effect) => effect.expectLastSubjectSequence);
    expect(expected).toEqual([0, 1, 2, 3, 4]);
    expect(aggregator.books.postings.get(1)?.phase).toBe('resting');
  });
});
