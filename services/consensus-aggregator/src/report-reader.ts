/**
 * Certified reports as the REPORTS stream holds them. Whoever may write there can write anything, so a report counts
 * only when the chain proves it: what is no report, or a made-up one, is as good as none.
 */
import { encodeResults, isInBatch, reportLeaf } from '@assay/protocol/batch/batch';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import type { Network } from '@assay/protocol/network/validator-set';
import type { Bus, Chain } from '@assay/protocol/ports';
import { type CertifiedReport, certifiedReportSchema, reportFieldsOf } from '@assay/protocol/report/certified-report';

/** What stands on a report's subject. */
export interface StandingReport {
  /** Undefined when there is none that the chain proves. */
  readonly report: CertifiedReport | undefined;
  /** Sequence of the last message there, whatever it is; 0 when there is none. */
  readonly lastSequence: number;
}

/** Reads reports, and asks the chain once for each batch. */
export class ReportReader {
  readonly #bus: Bus;
  readonly #chain: Chain;
  readonly #network: Network;
  readonly #postedRoots = new Set<string>();

  constructor(bus: Bus, chain: Chain, network: Network) {
    this.#bus = bus;
    this.#chain = chain;
    this.#network = network;
  }

  /** Notes that the chain holds a batch, so that it need not be asked about its reports. */
  notePosted(epoch: number, sequence: number, root: Hex): void {
    this.#postedRoots.add(`${epoch}-${sequence}-${root}`);
    if (this.#postedRoots.size <= limits.postedRootsMax) return;
    const oldest = this.#postedRoots.values().next();
    if (!oldest.done) this.#postedRoots.delete(oldest.value);
  }

  /** The report of a task. Rejects when bus or chain do not answer. */
  async find(taskId: Hex): Promise<StandingReport> {
    const message = await this.#bus.last('REPORTS', subjects.report(taskId));
    if (message === undefined) return { report: undefined, lastSequence: 0 };
    const decoded = decodeMessage(certifiedReportSchema, message.data);
    const isProven = decoded.ok && decoded.value.task.taskId === taskId && (await this.#isProven(decoded.value));
    return { report: isProven ? decoded.value : undefined, lastSequence: message.sequence };
  }

  /** Its signatures are left to those who act on it: on chain is only what a quorum has recomputed. */
  async #isProven(report: CertifiedReport): Promise<boolean> {
    const { chainId, hub, epoch, sequence, root, proof } = report;
    if (chainId !== this.#network.chainId || hub !== this.#network.hub) return false;
    const { task, results } = report;
    if (encodeResults({ taskId: task.taskId, results, final: true }) !== report.encodedResults) return false;
    const fields = reportFieldsOf(report);
    if (!isInBatch(root, reportLeaf(fields), proof)) return false;
    if (this.#postedRoots.has(`${epoch}-${sequence}-${root}`)) return true;
    if (!(await this.#chain.verifyReport(epoch, sequence, fields, proof))) return false;
    this.notePosted(epoch, sequence, root);
    return true;
  }
}
