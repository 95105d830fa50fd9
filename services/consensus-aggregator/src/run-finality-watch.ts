/** Looks for reorganisations until posted batches are final, and posts again what they took. */

import { intentSchema, type PostableBatch } from '@assay/protocol/batch/intent';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import { metrics } from '@assay/runtime/service/signals';
import type { Aggregator } from './aggregator.ts';
import { post, untilConfirmed } from './post-batch.ts';

/** What the watch saw last: the hash of the highest block that matters, which binds all blocks below it. */
interface Seen {
  readonly height: number;
  readonly hash: string;
}

/** Watches until the signal aborts, first of all what was posted before this process came. */
export async function runFinalityWatch(aggregator: Aggregator, signal: AbortSignal): Promise<void> {
  const again = new Map<number, Promise<void>>();
  let toRecover: PostableBatch[] | undefined;
  let seen: Seen | undefined;
  while (!signal.aborted) {
    try {
      toRecover ??= await postedLately(aggregator, signal);
      // Each once: where the chain breaks off, the rest is looked at when it answers again.
      while (toRecover.length > 0 && !signal.aborted) {
        const some = toRecover.slice(0, limits.batchesUnderWayMax);
        await Promise.all(some.map((batch) => lookAt(aggregator, batch, again, signal)));
        toRecover.splice(0, some.length);
      }
      seen = await look(aggregator, seen, again, signal);
    } catch (error) {
      aggregator.telemetry.log.warn('finality could not be looked at', { error: errorText(error) });
    }
    await aggregator.clock.sleep(limits.finalityPollMs, signal);
  }
  await Promise.all(again.values());
}

/** One look. A block whose hash has changed, or that is gone, says that there was a reorganisation at or below it. */
async function look(
  aggregator: Aggregator,
  seen: Seen | undefined,
  again: Map<number, Promise<void>>,
  signal: AbortSignal,
): Promise<Seen | undefined> {
  const { chain, finalityWatch, pace, telemetry } = aggregator;
  telemetry.gauge(metrics.unfinalBatches, finalityWatch.size);
  const height = finalityWatch.highest();
  if (height === undefined) return undefined;
  const before = seen === undefined ? undefined : await chain.blockHash(seen.height);
  if (seen !== undefined && before !== seen.hash) {
    telemetry.count(metrics.reorgs);
    telemetry.log.warn('the chain was reorganised', { height: seen.height });
    // Seen again only once all batches have been looked at.
    for (const { batch } of finalityWatch.all()) await lookAt(aggregator, batch, again, signal);
  }
  const final = await chain.finalHeight(pace.finality);
  // A last look before each is let go: what happened between a batch's block and the first hash of it left no trace.
  for (const { batch, height: at } of finalityWatch.all())
    if (at <= final) await lookAt(aggregator, batch, again, signal);
  finalityWatch.finalise(final);
  const highest = finalityWatch.highest();
  const hash = highest === undefined ? undefined : await chain.blockHash(highest);
  return highest === undefined || hash === undefined ? undefined : { height: highest, hash };
}

/** Notes where a batch is now; one that is nowhere is posted again, each aggregator at its turn. */
async function lookAt(
  aggregator: Aggregator,
  batch: PostableBatch,
  again: Map<number, Promise<void>>,
  signal: AbortSignal,
): Promise<void> {
  const { chain, finalityWatch, telemetry } = aggregator;
  const posted = await chain.postedBatch(batch.epoch, batch.sequence, 1);
  if (posted !== undefined) return finalityWatch.add(batch, posted.blockNumber);
  finalityWatch.forget(batch);
  if (again.has(batch.sequence) || aggregator.batchBook.find(batch.sequence) !== undefined) return;
  telemetry.count(metrics.posts, { outcome: 'vanished' });
  telemetry.log.warn('a posted batch is not on the chain any more, is posted again', { sequence: batch.sequence });
  const done = postAgain(aggregator, batch, signal).finally(() => again.delete(batch.sequence));
  again.set(batch.sequence, done);
}

/** Never rejects. */
async function postAgain(aggregator: Aggregator, batch: PostableBatch, signal: AbortSignal): Promise<void> {
  const put = async () => {
    const outcome = await post(aggregator, batch);
    if (outcome.status === 'refused') throw new Error(`The contract refused it: ${outcome.code}: ${outcome.detail}`);
  };
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const posted = await untilConfirmed(aggregator, batch, put, signal);
      if (posted !== undefined) aggregator.finalityWatch.add(batch, posted.blockNumber);
      return;
    } catch (error) {
      aggregator.telemetry.count(metrics.posts, { outcome: 'failed' });
      aggregator.telemetry.log.warn('a batch that vanished is not in again yet', {
        sequence: batch.sequence,
        attempt,
        error: errorText(error),
      });
      await aggregator.clock.sleep(Math.min(limits.retryDelayMs * 2 ** attempt, limits.retryDelayMsMax), signal);
    }
  }
}

/** What any transmitter posted lately, newest last: a reorganisation may have come while no aggregator was there to see it. */
async function postedLately(aggregator: Aggregator, signal: AbortSignal): Promise<PostableBatch[]> {
  const { bus, clock, proposalsRead, view } = aggregator;
  await proposalsRead.reached(await bus.lastSequence('PROPOSALS'), signal);
  const last = await bus.lastSequence('INTENTS');
  const lately = new Map<number, PostableBatch>();
  if (last === 0) return [];
  const done = new AbortController();
  for await (const message of bus.follow('INTENTS', {}, AbortSignal.any([signal, done.signal]))) {
    const decoded = decodeMessage(intentSchema, message.data);
    const batch = decoded.ok ? decoded.value.batch : undefined;
    const isRecent = clock.nowMs() - message.timestampMs <= limits.finalityWatchMs;
    if (batch !== undefined && isRecent && batch.epoch === view.network.epoch) lately.set(batch.sequence, batch);
    if (message.sequence >= last) done.abort();
  }
  return [...lately.values()].slice(-limits.watchedBatchesMax);
}
