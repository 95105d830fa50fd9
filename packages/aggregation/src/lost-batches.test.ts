/** Batches in which a task is that has a report already: which of them get a certificate, and what becomes of the others. */

import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCertifiedReport,
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
  policyRequiring,
} from '@assay/protocol/network/example-network';
import type { BusMessage } from '@assay/protocol/ports';
import { expect, it } from 'vitest';
import { TestAggregator } from './aggregator.fixture.ts';
import type { FollowedStream } from './followed-streams.ts';

const example = exampleNetwork([1n, 1n, 1n, 1n], policyRequiring('checksum'));
const sequence = 2;
const laterMs = 600_000;

const entry = (reference: string) => {
  const { task } = exampleTask({ reference });
  return { task, observations: exampleObservations(example, task) };
};

/** An aggregator with two observed tasks in the valid proposal 2. */
function aggregatorOf() {
  const [one, other] = [entry('one'), entry('other')];
  const aggregator = new TestAggregator(example, { batchWaitMs: 1_000 });
  aggregator.nowMs = 1;
  aggregator.start();
  const hear = (stream: FollowedStream, subject: string, value: unknown, at = sequence) => {
    const message: BusMessage = { subject, data: encodeMessage(value), headers: {}, sequence: at, timestampMs: 1 };
    aggregator.take({ kind: 'message', stream, message: { ...message, isFirst: true } });
  };
  const proposal = exampleProposal(example, [one, other], sequence);
  const batchId = batchIdOf(proposal.epoch, sequence);
  return {
    aggregator,
    one,
    other,
    /** The chain proves the report of a task in another batch. */
    report: () => {
      const report = exampleCertifiedReport(example, [one]);
      hear('REPORTS', subjects.report(one.task.taskId), report, 1);
      const asked = aggregator.all('ask').find(({ question }) => question.about === 'proof')?.question;
      if (asked?.about !== 'proof') throw new Error('The chain was not asked.');
      const { id, about, root } = asked;
      aggregator.take({ kind: 'answer', answer: { id, about, root, isProven: true } });
    },
    observe: () => {
      for (const { task, observations } of [one, other]) {
        aggregator.task(task);
        for (const observation of observations) aggregator.observation(observation);
      }
    },
    propose: () => {
      hear('PROPOSALS', subjects.proposal(batchId), proposal);
      const { taskId } = one.task;
      const message = { subject: subjects.task(taskId), data: encodeMessage(one.task), headers: {}, sequence: 1 };
      for (const { question } of aggregator.all('ask'))
        if (question.about === 'task' && question.taskId === taskId)
          aggregator.take({
            kind: 'answer',
            answer: { id: question.id, about: 'task', taskId, message: { ...message, timestampMs: 1 } },
          });
    },
    cosign: () => {
      for (const [index, { address }] of example.operators.entries())
        hear(
          'COSIGNATURES',
          subjects.cosignature(batchId, address),
          exampleCosignature(example, proposal, index),
          index + 1,
        );
    },
  };
}

it('a proposal is given up, and its other tasks are proposed anew, once one is reported in another batch', () => {
  const { aggregator, one, other, observe, propose, report } = aggregatorOf();
  observe();
  propose();
  expect(aggregator.books.tasks.open.get(other.task.taskId)?.takenBy).toBe(sequence);
  report();
  expect(aggregator.books.tasks.done.get(one.task.taskId)?.batchId).toBe(batchIdOf(example.network.epoch, 1));
  aggregator.until(laterMs);
  expect(aggregator.all('propose').map(({ taskIds }) => taskIds)).toContainEqual([other.task.taskId]);
  expect(aggregator.books.batches.open.size).toBe(0);
});

it('a batch that has its certificate is brought out, although a task in it is reported in another', () => {
  const { aggregator, observe, propose, report, cosign } = aggregatorOf();
  observe();
  propose();
  cosign();
  report();
  aggregator.until(laterMs);
  expect(aggregator.all('ask').some(({ question }) => question.about === 'batch')).toBe(true);
  expect(aggregator.books.batches.open.size).toBe(1);
});

it('a proposal of a task that is reported in another batch holds no task', () => {
  const { aggregator, other, observe, propose, report } = aggregatorOf();
  report();
  observe();
  propose();
  expect(aggregator.decisions('PROPOSALS')).toEqual(['task-taken']);
  expect(aggregator.books.tasks.open.get(other.task.taskId)?.takenBy).toBeUndefined();
});
