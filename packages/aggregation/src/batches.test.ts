import { checkAnyCertificate } from '@assay/protocol/batch/certify';
import { checkProposal } from '@assay/protocol/batch/proposal';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { exampleBlsCosignature, withBlsCertificates } from '@assay/protocol/network/example-bls';
import {
  exampleCosignature,
  exampleNetwork,
  exampleObservations,
  exampleProposal,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { signBls } from '@assay/protocol/signature/bls';
import { describe, expect, it } from 'vitest';
import { defaultPace } from './aggregator.fixture.ts';
import {
  awaitingCertificate,
  certifiedBatches,
  cosign,
  finishBatch,
  forgetWhatIsOut,
  noteInBlock,
  openBatch,
  renewCertificate,
} from './batches.ts';
import { type BatchBook, newBooks } from './books.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const tasks = new Map([[task.taskId, { task, policy: example.policy, deadlineMs: 0 }]]);
const entries = [{ task, observations: exampleObservations(example, task) }];
const setting = {
  takesFromMs: 0,
  network: example.network,
  policies: new Map([[example.policy.name, example.policy]]),
  pace: defaultPace,
};

function opened(book: BatchBook, sequence: number, takenMs?: number) {
  const proposal = exampleProposal(example, entries, sequence);
  const checked = checkProposal(example.network, { tasks, timestampMs: 0 }, proposal);
  if (!checked.ok) throw new Error(checked.refusal.detail);
  return {
    batch: openBatch(book, checked.value, {}, takenMs),
    cosignature: (index: number) => exampleCosignature(example, proposal, index),
  };
}

describe('the open batches', () => {
  it('are forgotten without a certificate once others have brought all of their reports out', () => {
    const book = newBooks(setting).batches;
    const { batch, cosignature } = opened(book, 1, 5);
    const isOut = () => true;
    forgetWhatIsOut(book, () => false);
    expect(book.open.size).toBe(1);
    forgetWhatIsOut(book, isOut);
    expect([book.open.size, book.withoutCertificate.size]).toEqual([0, 0]);
    // With a certificate it is looked for on chain before it is forgotten.
    book.open.set(1, batch);
    for (const index of [0, 1, 2]) cosign(setting, book, batch, cosignature(index));
    forgetWhatIsOut(book, isOut);
    expect(book.open.size).toBe(1);
  });

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

describe('the open batches where the hub takes BLS', () => {
  const bls = withBlsCertificates(example);
  const blsSetting = { ...setting, network: bls.network };
  const lie = signBls(`0x${'01'.repeat(32)}`, new Uint8Array(32).fill(1));
  const liar = bls.operators[0]?.address ?? '0x';

  function openedBls(book: BatchBook, sequence: number) {
    const proposal = exampleProposal(bls, entries, sequence);
    const checked = checkProposal(bls.network, { tasks, timestampMs: 0 }, proposal);
    if (!checked.ok) throw new Error(checked.refusal.detail);
    const batch = openBatch(book, checked.value, {});
    const add = (index: number, signature?: Hex) => {
      const result = cosign(blsSetting, book, batch, exampleBlsCosignature(bls, proposal, index, signature));
      return result.ok && result.value;
    };
    const isValid = () =>
      checkAnyCertificate(bls.network, batch.proposal.cosignature, batch.certificate?.bytes ?? '0x').ok;
    return { batch, add, isValid };
  }

  it('take the cosignatures that come after the quorum into the certificate', () => {
    const book = newBooks(blsSetting).batches;
    const { batch, add, isValid } = openedBls(book, 1);
    expect([0, 1, 2].map((index) => add(index))).toEqual(['added', 'added', 'certified']);
    renewCertificate(blsSetting, book, batch);
    expect(batch.certificate?.signers).toHaveLength(3);
    expect(add(3)).toBe('added');
    renewCertificate(blsSetting, book, batch);
    expect(batch.certificate?.signers).toHaveLength(4);
    expect(isValid()).toBe(true);
  });

  it('are certified without an operator that lies, and do without it in later batches', () => {
    const book = newBooks(blsSetting).batches;
    const first = openedBls(book, 1);
    expect([first.add(0, lie), first.add(1), first.add(2), first.add(3)]).toEqual([
      'added',
      'added',
      'added',
      'certified',
    ]);
    expect(first.isValid()).toBe(true);
    expect([...book.suspects]).toEqual([liar]);
    expect(first.add(0)).toBe('repeat');
    const second = openedBls(book, 2);
    expect([second.add(0), second.add(1), second.add(2)]).toEqual(['added', 'added', 'certified']);
    expect(second.batch.certificate?.signers).toContain(liar);
    second.add(3);
    renewCertificate(blsSetting, book, second.batch);
    expect(second.batch.certificate?.signers).not.toContain(liar);
    expect(second.isValid()).toBe(true);
  });
});
