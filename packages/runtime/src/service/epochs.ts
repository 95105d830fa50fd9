/** The epochs that a service works in: the one that takes tasks now, and its neighbours, followed without a restart. */

import { errorText } from '@assay/protocol/error-text';
import { ChainUnreachable } from '@assay/protocol/network/chain-unreachable';
import {
  type BoundEpochStart,
  epochOfTask,
  previousEndsMs,
  type TakenOver,
  takenOver,
  takesFromMs,
} from '@assay/protocol/network/epochs';
import { configDigest, type Network } from '@assay/protocol/network/validator-set';
import type { Chain, Clock, Telemetry } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import type { NetworkView } from './network-view.ts';
import { metrics } from './telemetry-names.ts';

/** The network of one epoch, its policies, and the server time from which on it takes tasks. */
export interface EpochView extends NetworkView {
  readonly takesFromMs: number;
  /** What it takes over; absent for the first epoch. */
  readonly takesOver?: TakenOver;
}

/**
 * What is known of an epoch: its view; `over` if its certificates count no more; `not-ready` if its policies are not at
 * hand; `unknown` if it has not started.
 */
export type KnownEpoch = EpochView | 'over' | 'not-ready' | 'unknown';

export interface EpochPorts {
  readonly chain: Pick<Chain, 'network' | 'epochStart'>;
  readonly clock: Clock;
  readonly telemetry: Pick<Telemetry, 'log' | 'gauge'>;
  /** The view of a network. Throws if its policies are not at hand; they are looked for again later. */
  readonly viewOf: (network: Network) => NetworkView;
}

/** An epoch that has started. */
interface Started extends BoundEpochStart {
  readonly network: Network;
  readonly takesOver?: TakenOver;
  /** Why there is no view. */
  readonly error?: unknown;
  readonly view?: EpochView;
}

/** Follows the epochs of the chain. An epoch keeps its view for as long as it is known. */
export class Epochs {
  readonly #ports: EpochPorts;
  readonly #listeners = new Set<() => void>();
  #started: readonly Started[] = [];

  private constructor(ports: EpochPorts) {
    this.#ports = ports;
  }

  /** Reads the epochs. Rejects if the chain does not answer, or if the policies of the epoch that takes tasks are missing. */
  static async read(ports: EpochPorts): Promise<Epochs> {
    const epochs = new Epochs(ports);
    await epochs.refresh();
    const now = epochs.#now();
    if (now.view === undefined) throw now.error;
    return epochs;
  }

  /** The epoch that takes tasks now. */
  current(): EpochView {
    const { view } = this.#now();
    const any = view ?? this.views().at(-1);
    if (any === undefined) throw new Error('The policies of the running epochs are missing. Check POLICIES_FILE.');
    return any;
  }

  /** All epochs whose certificates count and whose policies are at hand, in ascending order. */
  views(): EpochView[] {
    return this.#alive().flatMap(({ view }) => view ?? []);
  }

  /** The epoch of a number. */
  of(epoch: number): KnownEpoch {
    const [first] = this.#alive();
    if (first !== undefined && epoch < first.epoch) return 'over';
    const started = this.#started.find((one) => one.epoch === epoch);
    return started === undefined ? 'unknown' : (started.view ?? 'not-ready');
  }

  /** The view of an epoch, even if its certificates count no more; undefined if it or its policies are not known. */
  viewOf(epoch: number): EpochView | undefined {
    return this.#started.find((one) => one.epoch === epoch)?.view;
  }

  /** What the epoch after this one takes over from it; undefined while that has not started. */
  leftOver(epoch: number): TakenOver | undefined {
    return this.#started.find((one) => one.epoch === epoch + 1)?.takesOver;
  }

  /** The epoch that a task of this server time belongs to. */
  at(timestampMs: number): Exclude<KnownEpoch, 'unknown'> {
    const started = epochOfTask(this.#started, timestampMs);
    if (started === undefined || !this.#alive().includes(started)) return 'over';
    return started.view ?? 'not-ready';
  }

  /** When certificates of this epoch stop counting; undefined while no later epoch has started. */
  endsMs(epoch: number): number | undefined {
    const next = this.#started.find((one) => one.epoch > epoch);
    return next === undefined ? undefined : previousEndsMs(next);
  }

  /** Epochs whose certificates count and whose policies are not at hand. */
  notReady(): number[] {
    return this.#alive()
      .filter(({ view }) => view === undefined)
      .map(({ epoch }) => epoch);
  }

  /** Calls `listener` after each change, until the function that it returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Asks the chain whether an epoch has started. Rejects if the chain does not answer. */
  async refresh(): Promise<void> {
    const start = await this.#ports.chain.epochStart();
    const last = this.#started.at(-1);
    const isComplete = this.#started.every(({ view }) => view !== undefined);
    if (last !== undefined && isSame(last, start) && isComplete) return;
    const previous = await this.#startBefore(start);
    const beforeThat = previous === undefined ? undefined : await this.#startBefore(previous);
    // What an epoch has left over is judged by its network for as long as the next one counts.
    const isPreviousOver = this.#ports.clock.nowMs() >= previousEndsMs(start);
    const isJudged = beforeThat !== undefined && !isPreviousOver;
    const wanted = [
      ...(isJudged ? [this.#read(beforeThat, await this.#startBefore(beforeThat))] : []),
      ...(previous === undefined ? [] : [this.#read(previous, beforeThat)]),
      this.#read(start, previous),
    ];
    const started = await Promise.all(wanted);
    const isNews = started.some((one) => !this.#started.includes(one)) || started.length !== this.#started.length;
    this.#started = started;
    this.#tell();
    if (isNews) for (const listener of this.#listeners) listener();
  }

  /** Follows the chain until the signal aborts. While it does not answer, the epochs stay as they are. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, telemetry } = this.#ports;
    for (;;) {
      await clock.sleep(this.#pollMs(), signal);
      if (signal.aborted) return;
      await this.refresh().catch((error: unknown) => {
        if (!(error instanceof ChainUnreachable))
          telemetry.log.warn('the epoch cannot be read', { error: errorText(error) });
      });
    }
  }

  /** For the comparison of services: one that is behind the others neither observes nor grants for new tasks. */
  #tell(): void {
    const newest = this.views().at(-1)?.network.epoch;
    if (newest !== undefined) this.#ports.telemetry.gauge(metrics.epoch, newest);
  }

  #pollMs(): number {
    const graceMs = this.#started.at(-1)?.graceMs ?? 0;
    const wantedMs = graceMs === 0 ? tuning.epochPollMsMax : graceMs / tuning.epochPollsPerGrace;
    return Math.min(tuning.epochPollMsMax, Math.max(tuning.epochPollMsMin, wantedMs));
  }

  #now(): Started {
    const now = epochOfTask(this.#started, this.#ports.clock.nowMs()) ?? this.#started[0];
    if (now === undefined) throw new Error('The chain has not been asked for its epoch yet.');
    return now;
  }

  #alive(): Started[] {
    const nowMs = this.#ports.clock.nowMs();
    return this.#started.filter(({ epoch }) => nowMs < (this.endsMs(epoch) ?? Number.POSITIVE_INFINITY));
  }

  /** The start of the epoch before; undefined for the first one. */
  async #startBefore(start: BoundEpochStart): Promise<BoundEpochStart | undefined> {
    const epoch = start.epoch - 1;
    if (epoch < 1) return undefined;
    return this.#started.find((one) => one.epoch === epoch) ?? this.#ports.chain.epochStart(epoch);
  }

  /** The epoch with its view, as it was known before if its start is the same; `before` is the start of the epoch before. */
  async #read(start: BoundEpochStart, before?: BoundEpochStart): Promise<Started> {
    const known = this.#started.find((one) => isSame(one, start));
    if (known?.view !== undefined) return known;
    const { chain, viewOf } = this.#ports;
    const { log } = this.#ports.telemetry;
    const network = known?.network ?? (await networkOfStarted(chain, start.epoch));
    const { epoch } = start;
    if (configDigest(network) !== start.configDigest)
      throw new ChainUnreachable(`The chain has stated two sets of epoch ${epoch}. It will be asked again.`);
    const over = before === undefined ? {} : { takesOver: takenOver(start, before) };
    const facts = { ...start, network, ...over };
    try {
      const view = { ...viewOf(network), takesFromMs: takesFromMs(start), ...over };
      log.info('epoch read', { epoch, takesFromMs: view.takesFromMs, members: network.members.length });
      return { ...facts, view };
    } catch (error) {
      if (known !== undefined) return known;
      const isOver = this.#ports.clock.nowMs() >= (this.endsMs(epoch) ?? Number.POSITIVE_INFINITY);
      if (isOver) log.warn('without the policies of an ended epoch, what it has left over is not observed', { epoch });
      else log.error('the policies of an epoch are missing: its tasks wait', { epoch, error: errorText(error) });
      return { ...facts, error };
    }
  }
}

/** The network of an epoch that the chain has said to have started: another RPC may not know of it yet. */
async function networkOfStarted(chain: Pick<Chain, 'network'>, epoch: number): Promise<Network> {
  try {
    return await chain.network(epoch);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ChainUnreachable(
      `The chain has stated epoch ${epoch} and now does not know it. It will be asked again.`,
      {
        cause: error,
      },
    );
  }
}

/** The same start: a reorganisation may move it to another block, or to one of the same second with another set. */
function isSame(one: BoundEpochStart, other: BoundEpochStart): boolean {
  return (
    one.epoch === other.epoch &&
    one.startedAtMs === other.startedAtMs &&
    one.graceMs === other.graceMs &&
    one.configDigest === other.configDigest
  );
}
