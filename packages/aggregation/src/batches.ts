/** The batches under way: valid proposals, their cosignatures and certificates. */

import { type Cosignature, checkCosignature } from '@assay/protocol/batch/certificate';
import { certify } from '@assay/protocol/batch/certify';
import type { CheckedProposal } from '@assay/protocol/batch/proposal';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Headers } from '@assay/protocol/ports';
import { accepted, type Checked } from '@assay/protocol/refusal';
import type { BatchBook, OpenBatch, Setting } from './books.ts';

/**
 * Opens the batch of a proposal that its observations bear out; `takenMs` says when its tasks were taken for it, if they
 * were. One that is open stays as it is.
 */
export function openBatch(book: BatchBook, proposal: CheckedProposal, headers: Headers, takenMs?: number): OpenBatch {
  const { sequence } = proposal.cosignature;
  const present = book.open.get(sequence);
  if (present !== undefined) return present;
  const batch: OpenBatch = { proposal, headers, cosignatures: new Map() };
  if (takenMs !== undefined) book.withoutCertificate.set(sequence, takenMs);
  book.open.set(sequence, batch);
  return batch;
}

/** Adds a cosignature; says whether the batch has its certificate now, and had none before. */
export function cosign(
  { network }: Setting,
  book: BatchBook,
  batch: OpenBatch,
  cosignature: Cosignature,
): Checked<'added' | 'repeat' | 'certified'> {
  if (batch.cosignatures.has(cosignature.operator)) return accepted('repeat');
  const checked = checkCosignature(network, batch.proposal.cosignature, cosignature);
  if (!checked.ok) return checked;
  batch.cosignatures.set(cosignature.operator, cosignature);
  if (batch.certificate !== undefined) return accepted('added');
  if (!makeCertificate(network, book, batch)) return accepted('added');
  const { sequence } = batch.proposal.cosignature;
  book.queued.add(sequence);
  book.withoutCertificate.delete(sequence);
  book.hasNews = true;
  return accepted('certified');
}

/**
 * Adds the signatures that came after the quorum to a BLS certificate: each that is missing costs gas. An ECDSA
 * certificate stays, because there each signature costs gas.
 */
export function renewCertificate({ network }: Setting, book: BatchBook, batch: OpenBatch): void {
  const { certificate, cosignatures } = batch;
  if (network.certificates !== 'bls' || certificate === undefined) return;
  if (usable(cosignatures).length > certificate.signers.length) makeCertificate(network, book, batch);
}

/** Makes the certificate of the cosignatures that are there; says whether there is one. */
function makeCertificate(network: Setting['network'], book: BatchBook, batch: OpenBatch): boolean {
  const { cosignatures, proposal } = batch;
  const { certificate, invalid } = certify(network, proposal.cosignature, usable(cosignatures), book.suspects);
  for (const operator of invalid) {
    book.suspects.add(operator);
    cosignatures.set(operator, 'invalid');
  }
  if (certificate === undefined) return false;
  batch.certificate = certificate;
  return true;
}

function usable(cosignatures: OpenBatch['cosignatures']): Cosignature[] {
  return [...cosignatures.values()].filter((one) => one !== 'invalid');
}

/** Batches taken after a moment that have no certificate yet. */
export function awaitingCertificate({ withoutCertificate }: BatchBook, afterMs: number): number {
  return [...withoutCertificate.values()].filter((takenMs) => takenMs > afterMs).length;
}

/** Notes whether a batch with a certificate is in a block. */
export function noteInBlock(book: BatchBook, sequence: number, isIn: boolean): void {
  if (isIn) book.queued.delete(sequence);
  else if (book.open.get(sequence)?.certificate !== undefined) book.queued.add(sequence);
}

/** Batches with a certificate, lowest sequence first. */
export function certifiedBatches({ open }: BatchBook): OpenBatch[] {
  return [...open.values()]
    .filter(({ certificate }) => certificate !== undefined)
    .sort((a, b) => a.proposal.cosignature.sequence - b.proposal.cosignature.sequence);
}

/** Forgets a batch whose reports are out, and batches without a certificate that have no other tasks than such. */
export function finishBatch(book: BatchBook, sequence: number, isDone: (taskId: Hex) => boolean): void {
  book.open.delete(sequence);
  book.queued.delete(sequence);
  book.withoutCertificate.delete(sequence);
  forgetWhatIsOut(book, isDone);
}

/** Forgets batches without a certificate whose reports are all out: no cosignature for them is worth waiting for. */
export function forgetWhatIsOut(book: BatchBook, isDone: (taskId: Hex) => boolean): void {
  book.hasNews = true;
  for (const [sequence, { certificate, proposal }] of book.open) {
    if (certificate !== undefined || !proposal.reports.every(({ task }) => isDone(task.taskId))) continue;
    book.open.delete(sequence);
    book.withoutCertificate.delete(sequence);
  }
}

/** Forgets batches without a certificate that get none any more; returns their sequences. */
export function forgetLost(book: BatchBook, isLost: (batch: OpenBatch) => boolean): number[] {
  const lost = [...book.open].filter(([, batch]) => batch.certificate === undefined && isLost(batch));
  for (const [sequence] of lost) {
    book.open.delete(sequence);
    book.withoutCertificate.delete(sequence);
  }
  return lost.map(([sequence]) => sequence);
}
