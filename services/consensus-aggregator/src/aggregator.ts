/** What the parts of the aggregator share. */
import { limits } from '@assay/protocol/limits';
import type { Bus, Chain, Clock, Finality, Telemetry } from '@assay/protocol/ports';
import { FollowPosition } from '@assay/runtime/loop/follow-position';
import type { NetworkView } from '@assay/runtime/service/network-view';
import { TaskSource } from '@assay/runtime/validator/task-source';
import { BatchBook } from './batch-book.ts';
import { BlockWatch } from './block-watch.ts';
import { FinalityWatch } from './finality-watch.ts';
import { ReportReader } from './report-reader.ts';
import { TaskBook } from './task-book.ts';

/** Place and pace of one aggregator among all. */
export interface Pace {
  readonly index: number;
  readonly count: number;
  readonly batchReportsMax: number;
  readonly batchWaitMs: number;
  /** Certified batches for each aggregator that are in no block, from which on reports wait until one of them is. */
  readonly batchesAheadMax: number;
  readonly turnDeltaMs: number;
  readonly confirmations: number;
  readonly finality: Finality;
}

export interface AggregatorPorts {
  readonly service: string;
  readonly view: NetworkView;
  readonly bus: Bus;
  readonly chain: Chain;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly pace: Pace;
}

export interface Aggregator extends AggregatorPorts {
  readonly tasks: TaskSource;
  readonly reports: ReportReader;
  readonly taskBook: TaskBook;
  readonly batchBook: BatchBook;
  readonly finalityWatch: FinalityWatch;
  readonly blocks: BlockWatch;
  /** How far the followers of OBSERVATIONS and PROPOSALS are. */
  readonly observationsRead: FollowPosition;
  readonly proposalsRead: FollowPosition;
  /** Wakes the proposer and the poster. */
  readonly wake: Bell;
}

/** An aggregator with empty books. */
export function newAggregator(ports: AggregatorPorts): Aggregator {
  return {
    ...ports,
    tasks: new TaskSource(ports.bus, ports.view.policies),
    reports: new ReportReader(ports.bus, ports.chain, ports.view.network),
    taskBook: new TaskBook(ports.view.network),
    batchBook: new BatchBook(ports.view.network),
    finalityWatch: new FinalityWatch(limits.watchedBatchesMax),
    blocks: new BlockWatch(ports),
    observationsRead: new FollowPosition(),
    proposalsRead: new FollowPosition(),
    wake: new Bell(),
  };
}

/** Rings for everyone who waits now. */
export class Bell {
  private readonly waiting = new Set<() => void>();
  private count = 0;

  /** How often it has rung: whoever looks first and waits then says from when. */
  get rings(): number {
    return this.count;
  }

  ring(): void {
    this.count++;
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  /** Resolves at once when it has rung more than `rings` times, else at the next ring, after `ms`, or when the signal aborts. */
  async next(rings: number, clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.count !== rings) return;
    const rung = new AbortController();
    const wake = () => rung.abort('rung');
    this.waiting.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    await clock.sleep(ms, rung.signal);
    signal.removeEventListener('abort', wake);
    this.waiting.delete(wake);
  }
}
