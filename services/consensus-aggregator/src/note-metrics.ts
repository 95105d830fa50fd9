/** What the reducer notes, as metrics and log lines. */

import type { Note } from '@assay/aggregation/effects';
import type { Telemetry } from '@assay/protocol/ports';
import { metrics } from '@assay/runtime/service/telemetry-names';

/** Tells one note. */
export function tell({ log, ...telemetry }: Pick<Telemetry, 'log' | 'count' | 'gauge'>, note: Note): void {
  const { what: _, ...facts } = note;
  switch (note.what) {
    case 'caught-up':
      log.info('caught up with the streams', facts);
      return;
    case 'open-tasks':
      telemetry.gauge(metrics.openTasks, note.count);
      return;
    case 'certified':
      telemetry.count(metrics.certificates);
      return;
    case 'confirmed':
      telemetry.gauge(metrics.confirmations, note.confirmations);
      return;
    case 'too-late':
      telemetry.count(metrics.posts, { outcome: 'too-late' });
      return;
    case 'vanished':
      telemetry.count(metrics.posts, { outcome: 'vanished' });
      log.warn('a posted batch is no longer on chain; it will be posted again', facts);
      return;
    case 'reorganised':
      telemetry.count(metrics.reorgs);
      log.warn('the chain was reorganised', facts);
      return;
    case 'unfinal':
      telemetry.gauge(metrics.unfinalBatches, note.count);
      return;
    case 'proposal-failed':
      log.warn('the proposal failed; it will be tried again', facts);
      return;
    case 'posting-failed':
      telemetry.count(metrics.posts, { outcome: note.code });
      log.warn('the batch is not published yet; it will be tried again', facts);
      return;
    case 'chain-silent':
      telemetry.count(metrics.posts, { outcome: 'unanswered' });
      log.warn('the chain does not answer', facts);
      return;
  }
}
