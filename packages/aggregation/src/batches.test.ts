import { checkProposal } from '@assay/protocol/batch/proposal';
import {
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { describe, expect, it } from 'vitest';
import { defaultPace } from './aggregator.fixture.ts';
import { awaitingCertificate, certifiedBatches, cosign, finishBatch, noteInBlock, openBatch } from './batches.ts';
import { type BatchBook, newBooks } from './books.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const tasks = new Map([[task.taskId, { task, policy: example.policy }]]);
const entries = [{ task, observations: exampleObservations(example, task) }];
const setting = {
  network: example.network,
  policies: new Map([[example.policy.name, example.policy]]),
  pace: defaultPace,
};

function opened(book: BatchBook, sequence: number, takenMs?: number) {
  const proposal = exampleProposal(example, entries, sequence);
  const checked = checkProposal(example.network, tasks, proposal);
  if (!checked.ok) throw new Error(checked.refusal.detail);
  return {
    batch: openBatch(book, checked.value, {}, takenMs),
    cosignature: (index: number) => exampleCosignature(example, proposal, index),
  };
}

describe('the open batches', () => {
  it('have a certificate with more than two thirds, and say so once', () => {
    const book = newBooks(setting).batches;
    const { batch, cosignature } = opened(book, 1);
    const answers = [0, 1, 1, 2, 3].map((index) => cosign(setting, book, batch, cosignature(index)));
    expect(answers.map((answer) => answer.ok && answer.value)).toEqual([
      'added',
      'added',
      'repeat',
      'certified',
      'added',
    ]);
    expect(batch.certificate?.signers).toHaveLength(3);
    expect(certifiedBatches(book)).toEqual([batch]);
    expect(book.queued.size).toBe(1);
    noteInBlock(book, 1, true);
    expect(book.queued.size).toBe(0);
    noteInBlock(book, 1, false);
    expect(book.queued.size).toBe(1);
  });

  it('do not count a cosignature on another batch, or of somebody else', () => {
    const book = newBooks(setting).batches;
    const { batch, cosignature } = opened(book, 1);
    const { cosignature: onAnother } = opened(book, 2);
    const forged = { ...cosignature(0), operator: cosignature(1).operator };
    const codes = [onAnother(0), forged]
      .map((one) => cosign(setting, book, batch, one))
      .map((one) => !one.ok && one.refusal.code);
    expect(codes).toEqual(['wrong-batch', 'forged']);
    expect(batch.cosignatures.size).toBe(0);
  });

  it('are listed in the order of their sequences once they are certified', () => {
    const book = newBooks(setting).batches;
    for (const sequence of [3, 1, 2]) {
      const { batch, cosignature } = opened(book, sequence);
      for (const index of [0, 1, 2]) cosign(setting, book, batch, cosignature(index));
    }
    expect(certifiedBatches(book).map(({ proposal }) => proposal.cosignature.sequence)).toEqual([1, 2, 3]);
  });

  it('wait for their certificates, those that were taken lately', () => {
    const book = newBooks(setting).batches;
    const { batch, cosignature } = opened(book, 1, 100);
    opened(book, 2, 200);
    opened(book, 3);
    expect([awaitingCertificate(book, 99), awaitingCertificate(book, 100)]).toEqual([2, 1]);
    for (const index of [0, 1, 2]) cosign(setting, book, batch, cosignature(index));
    expect(awaitingCertificate(book, 0)).toBe(1);
  });

  it('are forgotten once their reports are out, with those that have no certificate and no other tasks', () => {
    const book = newBooks(setting).batches;
    opened(book, 1);
    opened(book, 2, 1);
    finishBatch(book, 1, () => false);
    expect([...book.open.keys()]).toEqual([2]);
    opened(book, 1);
    finishBatch(book, 1, () => true);
    expect([book.open.size, book.withoutCertificate.size]).toEqual([0, 0]);
  });
});
