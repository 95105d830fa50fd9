/** One aggregator for each epoch: two run side by side while both epochs have tasks. */

import { booksAfter, isIdle } from '@assay/aggregation/epochs/epoch-end';
import { snapshotOf } from '@assay/aggregation/record/snapshot';
import type { Clock, Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import type { Epochs, EpochView } from '@assay/runtime/service/epochs';
import { type Aggregator, settingOf } from './aggregator.ts';
import { runAggregator } from './run-aggregator.ts';

/** How the aggregators are made. */
export interface EpochAggregators {
  readonly epochs: Epochs;
  readonly clock: Clock;
  readonly log: Log;
  /** The aggregator of an epoch; it goes on from a snapshot if there is one. */
  readonly aggregatorOf: (view: EpochView, startsFrom: string | undefined) => Aggregator;
}

interface Running {
  readonly aggregator: Aggregator;
  readonly stopping: AbortController;
  readonly ended: Promise<void>;
}

/** Runs an aggregator for each epoch whose certificates count, until the signal aborts or one of them fails. */
export class AggregatorsByEpoch {
  readonly #parts: EpochAggregators;
  readonly #running = new Map<EpochView, Running>();

  constructor(parts: EpochAggregators) {
    this.#parts = parts;
  }

  /** Whether all aggregators have read what stood on the streams when they started. */
  isCaughtUp(): boolean {
    const all = [...this.#running.values()];
    return all.length > 0 && all.every(({ aggregator }) => aggregator.books.told.isCaughtUp);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { epochs, clock } = this.#parts;
    const failing = new AbortController();
    const either = AbortSignal.any([signal, failing.signal]);
    let failure: unknown;
    const startMissing = () => {
      for (const view of this.#wanted())
        this.#start(view, either, (error) => {
          failure ??= error;
          failing.abort('failed');
        });
    };
    startMissing();
    const forget = epochs.onChange(startMissing);
    const following = epochs.run(either);
    while (!either.aborted) {
      await clock.sleep(tuning.epochPollMsMax, either);
      this.#stopOver();
    }
    forget();
    await Promise.all([following, ...[...this.#running.values()].map(({ ended }) => ended)]);
    if (failure !== undefined) throw failure;
  }

  /** The epochs whose certificates count; and those that are over while their aggregators ask for what they left over. */
  #wanted(): EpochView[] {
    const { epochs, clock } = this.#parts;
    const views = epochs.views();
    const before = epochs.viewOf((views[0]?.network.epoch ?? 0) - 1);
    return before !== undefined && clock.nowMs() < this.#asksUntilMs(before) ? [before, ...views] : views;
  }

  /** Until when the aggregator of an epoch works for tasks that it has left over; infinite while none follows. */
  #asksUntilMs({ network }: EpochView): number {
    const { countsFromMs = Number.POSITIVE_INFINITY } = this.#parts.epochs.leftOver(network.epoch) ?? {};
    return countsFromMs + tuning.finalityWatchMs;
  }

  #start(view: EpochView, signal: AbortSignal, fail: (error: unknown) => void): void {
    if (signal.aborted || this.#running.has(view)) return;
    const stopping = new AbortController();
    const replaced = this.#stopReplaced(view);
    const aggregator = this.#parts.aggregatorOf(view, this.#snapshotFor(view));
    const ended = replaced
      .then(() => runAggregator(aggregator, AbortSignal.any([signal, stopping.signal])))
      .catch(fail);
    this.#running.set(view, { aggregator, stopping, ended });
    this.#parts.log.info('aggregator of an epoch starts', { epoch: view.network.epoch });
  }

  /** Stops the aggregator of the same epoch whose start a reorganisation has moved to another block. */
  async #stopReplaced({ network }: EpochView): Promise<void> {
    const replaced = [...this.#running].find(([view]) => view.network.epoch === network.epoch);
    if (replaced === undefined) return;
    const [view, { stopping, ended }] = replaced;
    this.#running.delete(view);
    stopping.abort('the epoch has another start');
    await ended;
  }

  /** Where the aggregator of the epoch before stands, if nothing of this epoch can have come by then. */
  #snapshotFor(view: EpochView): string | undefined {
    const before = [...this.#running.keys()].find(({ network }) => network.epoch === view.network.epoch - 1);
    const earlier = before === undefined ? undefined : this.#running.get(before)?.aggregator;
    if (earlier === undefined) return undefined;
    const books = booksAfter(settingOf(view, earlier.pace), earlier.books);
    return books === undefined ? undefined : snapshotOf(books);
  }

  /** Stops aggregators whose epoch is over once nothing is left for them to do, or could be done. */
  #stopOver(): void {
    const { epochs, clock, log } = this.#parts;
    for (const [view, { aggregator, stopping }] of this.#running) {
      const { epoch } = view.network;
      const endsMs = epochs.endsMs(epoch) ?? Number.POSITIVE_INFINITY;
      const isLeft = !isIdle(aggregator.books) && clock.nowMs() < this.#asksUntilMs(view);
      if (clock.nowMs() < endsMs || isLeft) continue;
      this.#running.delete(view);
      stopping.abort('the epoch is over');
      log.info('aggregator of an epoch ends', { epoch, openTasks: aggregator.books.tasks.open.size });
    }
  }
}
