/** Puts one certified batch on chain at this aggregator's turn, and waits until it is deep enough. */
import type { PostableBatch } from '@assay/protocol/batch/intent';
import { stageOf } from '@assay/protocol/batch/turn';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import type { PostedBatch, PostOutcome } from '@assay/protocol/ports';
import { metrics } from '@assay/runtime/service/signals';
import type { Aggregator } from './aggregator.ts';
import { postingStep } from './posting-step.ts';
import { countPost, tellBalance } from './report-metrics.ts';

/**
 * The batch as the chain holds it, under as many blocks as are wanted. `put` posts it; it is called at this aggregator's
 * turn, again when the batch vanishes, and not at all when another was quicker. Undefined when the signal aborts.
 * Rejects with what `put` rejects with.
 */
export async function untilConfirmed(
  aggregator: Aggregator,
  { epoch, sequence }: { readonly epoch: number; readonly sequence: number },
  put: () => Promise<void>,
  signal: AbortSignal,
): Promise<PostedBatch | undefined> {
  const { clock, pace, telemetry, view } = aggregator;
  const stage = stageOf(view.network.hub, sequence, pace.index, pace.count);
  let turnMs = clock.nowMs() + stage * pace.turnDeltaMs;
  let wasIn = false;
  while (!signal.aborted) {
    const { height } = aggregator.blocks;
    const posted = await lookedUp(aggregator, epoch, sequence);
    if (posted !== 'unknown') {
      const confirmations = posted?.confirmations ?? 0;
      const step = postingStep({ nowMs: clock.nowMs(), confirmations, wasIn, turnMs }, pace.confirmations);
      aggregator.batchBook.noteInBlock(sequence, confirmations > 0);
      if (confirmations > 0 && !wasIn) aggregator.wake.ring();
      if (step === 'report') return posted;
      if (step === 'vanished') {
        telemetry.count(metrics.posts, { outcome: 'vanished' });
        turnMs = clock.nowMs() + stage * pace.turnDeltaMs;
      }
      if (step === 'post') await put();
      wasIn = confirmations > 0;
      if (step === 'post' || step === 'vanished') continue;
    }
    const nowMs = clock.nowMs();
    const waitMs = turnMs > nowMs ? Math.min(turnMs - nowMs, limits.blockWaitMsMax) : limits.blockWaitMsMax;
    await aggregator.blocks.changedFrom(height, waitMs, signal);
  }
  return undefined;
}

/** Posts a batch and counts what came of it. */
export async function post(aggregator: Aggregator, batch: PostableBatch): Promise<PostOutcome> {
  const startedMs = aggregator.clock.nowMs();
  const { certificate, ...fields } = batch;
  const outcome = await aggregator.chain.post(fields, certificate);
  countPost(aggregator, outcome, batch.count, (aggregator.clock.nowMs() - startedMs) / 1000);
  void tellBalance(aggregator);
  return outcome;
}

async function lookedUp(
  { chain, telemetry }: Aggregator,
  epoch: number,
  sequence: number,
): Promise<PostedBatch | undefined | 'unknown'> {
  try {
    return await chain.postedBatch(epoch, sequence, 1);
  } catch (error) {
    telemetry.log.warn('the chain does not answer', { error: errorText(error) });
    return 'unknown';
  }
}
