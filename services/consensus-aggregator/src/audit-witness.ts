/** Follows the audit log, so that its head goes on chain with the batches; puts none there that continues another log. */
import { encodeAnchor } from '@assay/protocol/audit/anchor';
import { ChainCheck } from '@assay/protocol/audit/chain-check';
import { type AuditHead, auditPageSchema } from '@assay/protocol/audit/record';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import type { Bus, BusMessage, Clock, Telemetry } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { metrics } from '@assay/runtime/service/telemetry-names';

/** What the witness uses. */
export interface WitnessPorts {
  readonly bus: Pick<Bus, 'follow' | 'extent'>;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'log' | 'gauge'>;
}

/** Knows the head of the log as it was when it was last read; begins with the last message of the stream. */
export class AuditWitness {
  readonly #ports: WitnessPorts;
  readonly #chain = new ChainCheck([]);
  #head: AuditHead | undefined;
  #next: number | undefined;

  constructor(ports: WitnessPorts) {
    this.#ports = ports;
  }

  /** The bytes of the head; undefined while there is no record, and for good once the log has broken. */
  readonly bytes = (): Hex | undefined => (this.#head === undefined ? undefined : encodeAnchor(this.#head));

  /** Follows the log until the signal aborts, or until it breaks. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, clock, telemetry } = this.#ports;
    while (!signal.aborted && this.#chain.broken === undefined) {
      try {
        this.#next ??= Math.max(1, (await bus.extent('RECORDS')).last);
        for await (const message of bus.follow('RECORDS', { fromSequence: this.#next }, signal)) {
          this.#next = message.sequence + 1;
          this.#take(message);
          if (this.#chain.broken !== undefined) break;
        }
      } catch (error) {
        if (!signal.aborted)
          telemetry.log.error('the audit log is not followed, tried again', { error: errorText(error) });
      }
      if (!signal.aborted) await clock.sleep(tuning.retryDelayMs, signal);
    }
  }

  #take({ data, sequence }: BusMessage): void {
    const { telemetry } = this.#ports;
    const page = decodeMessage(auditPageSchema, data);
    if (page.ok) for (const record of page.value) this.#chain.take(record);
    else this.#chain.takeUnreadable(page.refusal.detail);
    const { broken } = this.#chain;
    if (broken !== undefined)
      telemetry.log.error('the audit log is broken: no more of it goes on chain', { sequence, ...broken });
    this.#head = broken === undefined && page.ok ? page.value.at(-1) : undefined;
    telemetry.gauge(metrics.auditHead, this.#head?.number ?? 0);
  }
}
