/** The batches under way of an aggregator: valid proposals, their cosignatures and certificates. No I/O. */

import {
  assembleCertificate,
  type Certificate,
  type Cosignature,
  checkCosignature,
} from '@assay/protocol/batch/certificate';
import type { CheckedProposal } from '@assay/protocol/batch/proposal';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Network } from '@assay/protocol/network/validator-set';
import type { Headers } from '@assay/protocol/ports';
import { accepted, type Checked } from '@assay/protocol/refusal';

/** A batch that is proposed and not yet reported. One that this aggregator refused waits here as well, in case operators do not. */
export interface OpenBatch {
  readonly proposal: CheckedProposal;
  /** Trace context of the proposal. */
  readonly headers: Headers;
  readonly cosignatures: Map<Hex, Cosignature>;
  certificate: Certificate | undefined;
}

export class BatchBook {
  private readonly network: Network;
  private readonly open = new Map<number, OpenBatch>();
  private readonly withCertificate = new Map<number, OpenBatch>();
  private readonly queued = new Set<number>();
  /** When those were taken that wait for cosignatures. */
  private readonly withoutCertificate = new Map<number, number>();

  constructor(network: Network) {
    this.network = network;
  }

  /** Batches taken after a moment that have no certificate yet. */
  awaitingCertificate(afterMs: number): number {
    return [...this.withoutCertificate.values()].filter((takenMs) => takenMs > afterMs).length;
  }

  /** Opens the batch of a proposal that its observations bear out; `takenMs` says when its tasks were taken for it, if they were. */
  add(proposal: CheckedProposal, headers: Headers, takenMs?: number): OpenBatch {
    const batch: OpenBatch = { proposal, headers, cosignatures: new Map(), certificate: undefined };
    if (takenMs !== undefined) this.withoutCertificate.set(proposal.cosignature.sequence, takenMs);
    this.open.set(proposal.cosignature.sequence, batch);
    return batch;
  }

  /** Batches with a certificate that were in no block when last looked at. */
  get queuedSize(): number {
    return this.queued.size;
  }

  /** Notes whether a batch with a certificate is in a block. */
  noteInBlock(sequence: number, isIn: boolean): void {
    if (isIn) this.queued.delete(sequence);
    else if (this.withCertificate.has(sequence)) this.queued.add(sequence);
  }

  find(sequence: number): OpenBatch | undefined {
    return this.open.get(sequence);
  }

  /** Adds a cosignature; says whether the batch has its certificate now, and had none before. */
  cosign(batch: OpenBatch, cosignature: Cosignature): Checked<'added' | 'repeat' | 'certified'> {
    if (batch.cosignatures.has(cosignature.operator)) return accepted('repeat');
    const checked = checkCosignature(this.network, batch.proposal.cosignature, cosignature);
    if (!checked.ok) return checked;
    batch.cosignatures.set(cosignature.operator, cosignature);
    if (batch.certificate !== undefined) return accepted('added');
    batch.certificate = assembleCertificate(this.network, [...batch.cosignatures.values()]);
    if (batch.certificate === undefined) return accepted('added');
    const { sequence } = batch.proposal.cosignature;
    this.withCertificate.set(sequence, batch);
    this.queued.add(sequence);
    this.withoutCertificate.delete(sequence);
    return accepted('certified');
  }

  /** Batches with a certificate, lowest sequence first. */
  certified(): OpenBatch[] {
    return [...this.withCertificate.values()].sort(
      (a, b) => a.proposal.cosignature.sequence - b.proposal.cosignature.sequence,
    );
  }

  /** Forgets a batch whose reports are out, and batches without a certificate that have no other tasks than such. */
  finish(sequence: number, isDone: (taskId: Hex) => boolean): void {
    this.open.delete(sequence);
    this.withCertificate.delete(sequence);
    this.queued.delete(sequence);
    for (const [other, { certificate, proposal }] of this.open) {
      if (certificate !== undefined || !proposal.reports.every(({ task }) => isDone(task.taskId))) continue;
      this.open.delete(other);
      this.withoutCertificate.delete(other);
    }
  }
}
