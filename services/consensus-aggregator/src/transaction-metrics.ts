/** What a transmitter tells of its work, as metrics. */
import type { Telemetry, TransactionEvent } from '@assay/protocol/ports';
import { metrics } from '@assay/runtime/service/telemetry-names';

const weiPerGwei = 1e9;

/** Feeds fee, nonce, and what is done, by why. */
export function countTransaction(telemetry: Telemetry, event: TransactionEvent): void {
  telemetry.count(metrics.transactions, { what: event.kind, why: 'why' in event ? event.why : '' });
  telemetry.gauge(metrics.transmitterStarves, event.kind === 'waits' && event.why === 'funds' ? 1 : 0);
  if ('nonce' in event) telemetry.gauge(metrics.transmitterNonce, event.nonce);
  if (event.kind === 'signed') telemetry.gauge(metrics.transmitterFee, Number(event.maxFeePerGas) / weiPerGwei);
}
