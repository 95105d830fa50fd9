/** Counts the reports of a network as they come, beside what floods write on the same stream. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import type { Bus } from '@assay/protocol/ports';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';

/** The tasks that have a report. */
export class ReportCount {
  readonly #tasks = new Set<Hex>();
  readonly #stopping = new AbortController();
  readonly #following: Promise<void>;

  constructor(bus: Bus) {
    this.#following = this.#follow(bus);
  }

  get tasks(): number {
    return this.#tasks.size;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#following;
  }

  async #follow(bus: Bus): Promise<void> {
    for await (const { data } of bus.follow('REPORTS', {}, this.#stopping.signal)) {
      const decoded = decodeMessage(certifiedReportSchema, data);
      if (decoded.ok) this.#tasks.add(decoded.value.task.taskId);
    }
  }
}
