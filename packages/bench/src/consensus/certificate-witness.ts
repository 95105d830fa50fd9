/**
 * An observer outside the network that records when each task has its certificate. It reads proposals and verifies
 * cosignatures.
 */

import {
  assembleCertificate,
  type Cosignature,
  checkCosignature,
  cosignatureSchema,
} from '@assay/protocol/batch/certificate';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { countSchema, digestSchema } from '@assay/protocol/encoding/fields';
import { configDigest, type Network } from '@assay/protocol/network/validator-set';
import type { Bus } from '@assay/protocol/ports';
import type { CosignatureFields } from '@assay/protocol/signature/typed-data';
import { z } from 'zod';

/** A proposal without its observations, which only operators need. */
const outlineSchema = z.object({
  epoch: countSchema,
  sequence: countSchema,
  root: digestSchema,
  entries: z.array(z.object({ taskId: digestSchema })),
});

interface Batch {
  readonly fields: CosignatureFields;
  readonly taskIds: readonly Hex[];
  readonly cosignatures: Map<Hex, Cosignature>;
  certified: boolean;
}

/** Follows the bus until the signal aborts; reports each task once, when its certificate is complete. */
export class CertificateWitness {
  private readonly network: Network;
  private readonly onCertified: (taskId: Hex, atMs: number) => void;
  private readonly batches = new Map<number, Batch>();
  private readonly early = new Map<number, Cosignature[]>();
  private readonly certified = new Set<Hex>();

  constructor(network: Network, onCertified: (taskId: Hex, atMs: number) => void) {
    this.network = network;
    this.onCertified = onCertified;
  }

  /** How many batches have a certificate. */
  get batchesCertified(): number {
    return [...this.batches.values()].filter(({ certified }) => certified).length;
  }

  /** The state of a task, in words. */
  describe(taskId: Hex): string {
    const of = [...this.batches].filter(([, { taskIds }]) => taskIds.includes(taskId));
    const held = of.map(([sequence, batch]) => `proposal ${sequence} with ${batch.cosignatures.size} cosignatures`);
    return `${this.batches.size} proposals, ${this.batchesCertified} certified; ${held.join(', ') || 'it is in none'}`;
  }

  async follow(bus: Bus, signal: AbortSignal): Promise<void> {
    const proposals = async () => {
      for await (const { data } of bus.follow('PROPOSALS', {}, signal)) this.onProposal(data);
    };
    const cosignatures = async () => {
      for await (const { data } of bus.follow('COSIGNATURES', {}, signal)) this.onCosignature(data);
    };
    await Promise.all([proposals(), cosignatures()]);
  }

  private onProposal(data: Uint8Array): void {
    const read = decodeMessage(outlineSchema, data);
    if (!read.ok) throw new Error(`A proposal cannot be read: ${read.refusal.detail}`);
    const { epoch, sequence, root, entries } = read.value;
    const fields = { configDigest: configDigest(this.network), epoch, sequence, root, count: entries.length };
    const taskIds = entries.map(({ taskId }) => taskId);
    this.batches.set(sequence, { fields, taskIds, cosignatures: new Map(), certified: false });
    for (const one of this.early.get(sequence) ?? []) this.count(one);
    this.early.delete(sequence);
  }

  private onCosignature(data: Uint8Array): void {
    const read = decodeMessage(cosignatureSchema, data);
    if (!read.ok) throw new Error(`A cosignature cannot be read: ${read.refusal.detail}`);
    if (this.batches.has(read.value.sequence)) this.count(read.value);
    else this.early.set(read.value.sequence, [...(this.early.get(read.value.sequence) ?? []), read.value]);
  }

  private count(cosignature: Cosignature): void {
    const batch = this.batches.get(cosignature.sequence);
    if (batch === undefined || batch.certified) return;
    const checked = checkCosignature(this.network, batch.fields, cosignature);
    if (!checked.ok) throw new Error(`A cosignature is wrong: ${checked.refusal.detail}`);
    batch.cosignatures.set(cosignature.operator, cosignature);
    if (assembleCertificate(this.network, [...batch.cosignatures.values()]) === undefined) return;
    batch.certified = true;
    const atMs = performance.now();
    for (const taskId of batch.taskIds) {
      if (this.certified.has(taskId)) throw new Error(`Task ${taskId} was certified twice.`);
      this.certified.add(taskId);
      this.onCertified(taskId, atMs);
    }
  }
}
