/** The batches in hand: taken, put off after a failure. What is done with them is in `posting.ts` and `reporting.ts`. */

import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import type { PostableBatch } from '@assay/protocol/batch/intent';
import { stageOf } from '@assay/protocol/batch/posting-turn';
import { tuning } from '@assay/protocol/tuning';
import type { Books, Posting } from './books.ts';
import type { Emit } from './effects.ts';

/** Takes a batch in hand. Its turns begin now. */
export function startPosting(books: Books, batch: PostableBatch, isAgain: boolean, nowMs: number): void {
  // The cosignatures after the quorum's are on their way, and each that a BLS certificate lacks costs gas.
  const waitMs = books.setting.network.certificates === 'bls' && !isAgain ? tuning.blsCertificateWaitMs : 0;
  books.postings.set(batch.sequence, {
    batch,
    isAgain,
    phase: 'look',
    turnMs: nowMs + waitMs + turnAfterMs(books, batch.sequence),
    wasIn: false,
    attempt: 1,
    untilMs: nowMs,
    lookedAtHeight: 0,
    reports: new Map(),
  });
}

/** How long after the start of its turns a batch may be posted by this aggregator. */
export function turnAfterMs({ setting }: Books, sequence: number): number {
  const { network, pace } = setting;
  return stageOf(network.hub, sequence, pace.index, pace.count) * pace.turnDeltaMs;
}

/** It is tried again after a while, twice as long each time, within a bound; first of all the chain is asked again. */
export function failed(books: Books, posting: Posting, code: string, error: string, nowMs: number, emit: Emit): void {
  const { attempt } = posting;
  const { sequence } = posting.batch;
  emit({ kind: 'note', note: { what: 'posting-failed', sequence, attempt, code, error } });
  posting.phase = 'resting';
  posting.untilMs = nowMs + backoffMs(retryBackoff, attempt + 1);
  posting.turnMs = posting.untilMs + turnAfterMs(books, sequence);
  posting.wasIn = false;
  posting.attempt++;
  posting.reports.clear();
}
