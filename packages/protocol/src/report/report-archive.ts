/** A place that keeps certified reports for good, each once. */
import type { Hex } from '../encoding/bytes.ts';
import type { CertifiedReport } from './certified-report.ts';

/** The hub whose reports are kept; one archive may keep those of several. */
export interface ArchivedHub {
  readonly chainId: number;
  readonly hub: Hex;
}

/** Every method rejects if the place does not answer, and has then changed nothing. */
export interface ReportArchive {
  /** Sequence of the last message of REPORTS that was read; 0 for a new archive. */
  position(of: ArchivedHub): Promise<number>;
  /**
   * Keeps a proven report, or none for a message that held no such report, together with the position of its message: all
   * of it or nothing. `known`: the archive had a report of that task.
   */
  keep(of: ArchivedHub, sequence: number, report: CertifiedReport | undefined): Promise<'kept' | 'known' | 'none'>;
  close(): Promise<void>;
}
