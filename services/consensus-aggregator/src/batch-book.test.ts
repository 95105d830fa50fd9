import { checkProposal } from '@assay/protocol/batch/proposal';
import {
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { describe, expect, it } from 'vitest';
import { BatchBook } from './batch-book.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const tasks = new Map([[task.taskId, { task, policy: example.policy }]]);
const entries = [{ task, observations: exampleObservations(example, task) }];

function opened(book: BatchBook, sequence: number) {
  const proposal = exampleProposal(example, entries, sequence);
  const checked = checkProposal(example.network, tasks, proposal);
  if (!checked.ok) throw new Error(checked.refusal.detail);
  return {
    batch: book.add(checked.value, {}),
    cosign: (index: number) => exampleCosignature(example, proposal, index),
  };
}

describe('BatchBook', () => {
  it('has a certificate with more than two thirds, and says so once', () => {
    const book = new BatchBook(example.network);
    const { batch, cosign } = opened(book, 1);
    const answers = [0, 1, 1, 2, 3].map((index) => book.cosign(batch, cosign(index)));
    expect(answers.map((answer) => answer.ok && answer.value)).toEqual([
      'added',
      'added',
      'repeat',
      'certified',
      'added',
    ]);
    expect(batch.certificate?.signers).toHaveLength(3);
    expect(book.certified()).toEqual([batch]);
    expect(book.queuedSize).toBe(1);
    book.noteInBlock(1, true);
    expect(book.queuedSize).toBe(0);
    book.noteInBlock(1, false);
    expect(book.queuedSize).toBe(1);
  });

  it('does not count a cosignature on another batch, or of somebody else', () => {
    const book = new BatchBook(example.network);
    const { batch, cosign } = opened(book, 1);
    const { cosign: onAnother } = opened(book, 2);
    const forged = { ...cosign(0), operator: cosign(1).operator };
    const codes = [onAnother(0), forged]
      .map((one) => book.cosign(batch, one))
      .map((one) => !one.ok && one.refusal.code);
    expect(codes).toEqual(['wrong-batch', 'forged']);
    expect(batch.cosignatures.size).toBe(0);
  });

  it('lists certified batches in the order of their sequences', () => {
    const book = new BatchBook(example.network);
    for (const sequence of [3, 1, 2]) {
      const { batch, cosign } = opened(book, sequence);
      for (const index of [0, 1, 2]) book.cosign(batch, cosign(index));
    }
    expect(book.certified().map(({ proposal }) => proposal.cosignature.sequence)).toEqual([1, 2, 3]);
  });

  it('forgets, with a batch, those without a certificate whose tasks are all done', () => {
    const book = new BatchBook(example.network);
    for (const sequence of [1, 2]) opened(book, sequence);
    book.finish(9, () => false);
    expect(book.find(1)).toBeDefined();
    book.finish(1, () => true);
    expect([book.find(1), book.find(2)]).toEqual([undefined, undefined]);
  });
});
