/**
 * Certified reports as the REPORTS stream holds them. Whoever may write there can write anything, so a report counts
 * only when the chain proves it: what is no report, or a made-up one, is as good as none.
 */
import { encodeResults, isInBatch, type ReportFields, reportLeaf } from '@assay/protocol/batch/batch';
import { batchIdOf } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { certifiedReportSchema, reportFieldsOf } from '@assay/protocol/report/certified-report';
import { tuning } from '@assay/protocol/tuning';
import type { Books, Setting } from './books.ts';
import type { Question } from './effects.ts';

/** A report that is under the root which it names. Whether the chain has that root is another matter. */
export interface ClaimedReport {
  readonly taskId: Hex;
  readonly batchId: string;
  /** "epoch-sequence-root". */
  readonly root: string;
  readonly epoch: number;
  readonly sequence: number;
  readonly fields: ReportFields;
  readonly proof: readonly Hex[];
}

/** The name of a root among those that the chain is known to hold. */
export function rootKey(epoch: number, sequence: number, root: Hex): string {
  return `${epoch}-${sequence}-${root}`;
}

/**
 * Reads the report of a task; undefined where the bytes are none. Its signatures are left to those who act on it: on chain
 * is only what a quorum has recomputed.
 */
export function claimedReport({ network }: Setting, data: Uint8Array, taskId: Hex): ClaimedReport | undefined {
  const decoded = decodeMessage(certifiedReportSchema, data);
  if (!decoded.ok) return undefined;
  const report = decoded.value;
  const { chainId, hub, epoch, sequence, root, proof, task, results } = report;
  if (chainId !== network.chainId || hub !== network.hub || task.taskId !== taskId) return undefined;
  if (encodeResults({ taskId, results, final: true }) !== report.encodedResults) return undefined;
  const fields = reportFieldsOf(report);
  if (!isInBatch(root, reportLeaf(fields), proof)) return undefined;
  const batchId = batchIdOf(epoch, sequence);
  return { taskId, batchId, root: rootKey(epoch, sequence, root), epoch, sequence, fields, proof };
}

/** The question whether the chain holds a report's batch. */
export function proofQuestion(id: string, { root, epoch, sequence, fields, proof }: ClaimedReport): Question {
  return { id, about: 'proof', root, epoch, sequence, report: fields, proof };
}

/** Notes that the chain holds a batch, so that it need not be asked about its reports. */
export function noteRoot({ roots }: Books, root: string): void {
  roots.add(root);
  if (roots.size <= tuning.postedRootsMax) return;
  const [oldest] = roots;
  if (oldest !== undefined) roots.delete(oldest);
}
