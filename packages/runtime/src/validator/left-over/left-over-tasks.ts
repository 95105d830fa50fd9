/**
 * Which tasks the epoch before has left over, as one operator decides it: by its own RPC, its own journal, and the log of
 * proposals, which can delay the decision and not change it.
 */
import { explains } from '@assay/protocol/batch/left-over';
import { type Proposal, readProposal } from '@assay/protocol/batch/proposal';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { TakenOver } from '@assay/protocol/network/epochs';
import type { Bus, BusMessage, Chain, Clock, EndedBatch, Finality, SigningJournal } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { tuning } from '@assay/protocol/tuning';
import type { EpochView } from '../../service/epochs.ts';
import type { NetworkView } from '../../service/network-view.ts';
import { claimOf } from '../signing-record.ts';
import { TaskSource } from '../task-source.ts';
import type { ValidatorContext } from '../validator-context.ts';

export interface LeftOverParts {
  readonly bus: Bus;
  readonly chain: Pick<Chain, 'endedBatches' | 'postedBatch'>;
  readonly clock: Clock;
  readonly journal: SigningJournal;
  readonly finality: Finality;
  /** The epoch that takes the tasks over. */
  readonly view: NetworkView & Pick<EpochView, 'takesOver'>;
  /** The view of any epoch that is known, whether or not it is over. */
  readonly viewOf: (epoch: number) => NetworkView | undefined;
}

/** What the chain has of the epoch before, since some time. */
interface Settled {
  readonly sinceMs: number;
  readonly batches: readonly EndedBatch[];
}

/** Decides about the tasks that one epoch may take over. Keeps what it has found out. */
export class LeftOverTasks {
  readonly #parts: LeftOverParts;
  /** Tasks of the batches that are explained, by the batch's sequence; a promise while one is looked at. */
  readonly #explained = new Map<number, Promise<ReadonlySet<Hex> | undefined>>();
  #settled: Settled | undefined;
  #askAgainMs = 0;

  constructor(parts: LeftOverParts) {
    this.#parts = parts;
  }

  /**
   * A message of TASKS with the time at which this epoch counts it as handed in, if the epoch before has left it over.
   * Refused: `not-left-over` for good; `epoch-not-settled` until the chain is final; `batch-unexplained` while the log does
   * not show a proposal. Rejects if bus, chain or journal do not answer.
   */
  async find(message: BusMessage): Promise<Checked<BusMessage>> {
    const { view, clock } = this.#parts;
    const { takesOver } = view;
    const epoch = view.network.epoch - 1;
    const taskId: Hex = `0x${message.subject.slice(subjects.task('0x').length)}`;
    if (takesOver === undefined || message.timestampMs < takesOver.fromMs || message.timestampMs >= takesOver.untilMs)
      return refused('not-left-over', `Task ${taskId} is not of epoch ${epoch}.`, 'taskId');
    const since = message.timestampMs - tuning.leftOverSkewMs;
    const settled = clock.nowMs() < takesOver.countsFromMs ? undefined : await this.#settledSince(takesOver, since);
    if (settled === undefined)
      return refused('epoch-not-settled', `The chain's batches of epoch ${epoch} are not final yet.`, 'epoch');
    const certified = await this.#certifiedIn(taskId, settled.batches);
    if (!certified.ok) return certified;
    if (certified.value === undefined) return accepted({ ...message, timestampMs: takesOver.countsFromMs });
    const batchId = batchIdOf(epoch, certified.value);
    return refused('not-left-over', `Task ${taskId} is certified in batch ${batchId}.`, 'taskId');
  }

  /** The batches of the epoch before that were posted since a time, or more; undefined while they are not final. */
  async #settledSince({ endedMs }: TakenOver, sinceMs: number): Promise<Settled | undefined> {
    if (this.#settled !== undefined && this.#settled.sinceMs <= sinceMs) return this.#settled;
    const { chain, clock, finality, view } = this.#parts;
    if (clock.nowMs() < this.#askAgainMs) return undefined;
    const batches = await chain.endedBatches(view.network.epoch - 1, { sinceMs, endedMs, finality });
    if (batches === undefined) {
      this.#askAgainMs = clock.nowMs() + tuning.epochNotReadyMs;
      return undefined;
    }
    const settled = { sinceMs, batches };
    if (!areTooMany(batches)) this.#settled = settled;
    return settled;
  }

  /**
   * The sequence of the batch that certifies a task, undefined if none does. The operator's own claim is looked at first:
   * it holds however the bus dates the task. Refused while a batch is not explained.
   */
  async #certifiedIn(taskId: Hex, batches: readonly EndedBatch[]): Promise<Checked<number | undefined>> {
    const { chain, journal, view } = this.#parts;
    const epoch = view.network.epoch - 1;
    const claim = await claimOf(journal, epoch, taskId);
    const claimed = claim === undefined ? undefined : await chain.postedBatch(epoch, claim.sequence, 1);
    if (claim !== undefined && claimed?.root === claim.root) return accepted(claim.sequence);
    if (areTooMany(batches))
      return refused('batch-unexplained', `Too many batches were posted since task ${taskId}.`, 'taskId');
    for (const batch of batches) {
      const tasks = await this.#tasksOf(batch);
      if (tasks?.has(taskId)) return accepted(batch.sequence);
      if (tasks !== undefined) continue;
      const detail = `The log does not show the proposal of batch ${batchIdOf(epoch, batch.sequence)}, which is on chain.`;
      return refused('batch-unexplained', detail, 'epoch');
    }
    return accepted(undefined);
  }

  #tasksOf(batch: EndedBatch): Promise<ReadonlySet<Hex> | undefined> {
    const { sequence } = batch;
    const present = this.#explained.get(sequence);
    if (present !== undefined) return present;
    const looking = this.#explain(batch);
    this.#explained.set(sequence, looking);
    const forget = () => this.#explained.delete(sequence);
    looking.then((tasks) => tasks ?? forget(), forget);
    return looking;
  }

  /** The tasks of a batch on chain, from the proposal in its place of the log; undefined if that does not explain it. */
  async #explain(batch: EndedBatch): Promise<ReadonlySet<Hex> | undefined> {
    const { bus, view, viewOf } = this.#parts;
    const earlier = viewOf(view.network.epoch - 1);
    if (earlier === undefined) return undefined;
    const message = await bus.next('PROPOSALS', subjects.proposals, batch.sequence - 1);
    const read = message === undefined ? undefined : readProposal(message);
    if (read === undefined || !read.ok) return undefined;
    const tasks = await this.#tasksIn(read.value, earlier);
    if (!explains(earlier.network, batch, read.value, tasks)) return undefined;
    return new Set(read.value.entries.map(({ taskId }) => taskId));
  }

  async #tasksIn({ entries }: Proposal, earlier: NetworkView): Promise<Map<Hex, KnownTask>> {
    const source = new TaskSource(this.#parts.bus, earlier);
    const found = await Promise.all(entries.map(({ taskId }) => source.find(taskId)));
    return new Map(found.flatMap((known) => (known === undefined ? [] : [[known.task.taskId, known] as const])));
  }
}

/** The tasks of an epoch: its own, and those that the epoch before has left over. */
export function tasksOfEpoch(
  parts: LeftOverParts,
  takes: (timestampMs: number) => boolean,
): Pick<ValidatorContext, 'tasks' | 'leftOver'> {
  const leftOver = new LeftOverTasks(parts);
  const dated = async (message: BusMessage) => {
    if (takes(message.timestampMs)) return message;
    const found = await leftOver.find(message);
    return found.ok ? found.value : undefined;
  };
  return { leftOver, tasks: new TaskSource(parts.bus, parts.view, dated) };
}

/** Whether these have more reports than are kept in memory. */
function areTooMany(batches: readonly EndedBatch[]): boolean {
  return batches.reduce((sum, { count }) => sum + count, 0) > tuning.leftOverReportsMax;
}
