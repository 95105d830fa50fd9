/** The newest tasks and what became of them, for people who watch: read from the streams, kept in memory, bounded. */
import type { StandingAnswer, TaskSummary } from '@assay/protocol/api/gateway-answers';
import type { StreamName } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Bus, BusMessage, Clock, Log } from '@assay/protocol/ports';
import { type CertifiedReport, certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { decodeTaskMessage } from '@assay/protocol/task/task-message';
import { followStream } from '../follow-stream.ts';
import { type ReportFacts, reportFacts, standingOf } from './standing.ts';

/** The parts that it uses. */
export interface RecentTasksOptions {
  readonly bus: Pick<Bus, 'follow' | 'extent'>;
  readonly clock: Clock;
  readonly log: Log;
  /** The policies of all epochs whose certificates count. */
  readonly policies: () => Iterable<Policy>;
  /** Tasks that are kept; older ones are left out. */
  readonly tasksMax: number;
  /** People who may watch at once. */
  readonly watchersMax: number;
}

type Decision = NonNullable<TaskSummary['decision']>;

/** What is kept of a report. */
interface Decided {
  readonly decision: Decision;
  readonly facts: ReportFacts;
}

type Watcher = (changed: TaskSummary) => void;

/** Changes that wait for one watcher; a slower one is let go, and comes back for the list. */
const changesMax = 1_000;

export class RecentTasks {
  readonly #options: RecentTasksOptions;
  /** Task id → its task, oldest first. A report can be read before its task, so decisions are kept apart. */
  readonly #accepted = new Map<Hex, TaskSummary>();
  readonly #decided = new Map<Hex, Decided>();
  readonly #watchers = new Set<Watcher>();
  readonly #over = new AbortController();

  constructor(options: RecentTasksOptions) {
    this.#options = options;
  }

  /** Follows the streams until the signal aborts; then all watches end. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#follow('TASKS', (message) => this.#takeTask(message), signal),
      this.#follow('REPORTS', (message) => this.#takeReport(message), signal),
    ]);
    this.#over.abort('over');
  }

  /** At most `limit` tasks, newest first, of those before a position. */
  list(limit: number, before = Number.POSITIVE_INFINITY): TaskSummary[] {
    const earlier = [...this.#accepted.values()].filter(({ position }) => position < before);
    return earlier
      .slice(-limit)
      .reverse()
      .map((one) => this.#withDecision(one));
  }

  /** What the reports that are kept say of operators and miners. */
  standing(): StandingAnswer {
    return standingOf([...this.#decided.values()].map(({ facts }) => facts));
  }

  /** Whether there is room for another watcher. */
  get hasRoom(): boolean {
    return this.#watchers.size < this.#options.watchersMax;
  }

  /** Each task that is accepted or decided from now on, until the signal aborts or the watcher is too slow. */
  async *changes(signal: AbortSignal): AsyncIterable<TaskSummary> {
    const waiting: TaskSummary[] = [];
    let wake = Promise.withResolvers<void>();
    let isSlow = false;
    const watcher = (changed: TaskSummary) => {
      if (waiting.length < changesMax) waiting.push(changed);
      else isSlow = true;
      wake.resolve();
    };
    const over = AbortSignal.any([signal, this.#over.signal]);
    const stop = () => wake.resolve();
    over.addEventListener('abort', stop, { once: true });
    this.#watchers.add(watcher);
    try {
      while (!over.aborted && !isSlow) {
        yield* waiting.splice(0);
        if (waiting.length === 0) await wake.promise;
        wake = Promise.withResolvers();
      }
    } finally {
      this.#watchers.delete(watcher);
      over.removeEventListener('abort', stop);
    }
  }

  #follow(stream: StreamName, take: (message: BusMessage) => void, signal: AbortSignal): Promise<void> {
    const { bus, tasksMax } = this.#options;
    const firstSequence = async () => {
      const { first, last } = await bus.extent(stream);
      return Math.max(first, last - tasksMax + 1);
    };
    return followStream({ ...this.#options, stream, firstSequence, take }, signal);
  }

  /** What is no task says so in the dead letters of those who judge it. */
  #takeTask({ data, sequence, timestampMs }: BusMessage): void {
    const decoded = decodeTaskMessage(data);
    if (!decoded.ok) return;
    const { task } = decoded.value;
    const summary: TaskSummary = {
      taskId: task.taskId,
      position: sequence,
      acceptedAtMs: timestampMs,
      reference: task.reference,
      policy: task.policy,
      payload: payloadOf(this.#options.policies(), task.policy),
      submissions: task.submissions.length,
    };
    this.#keep(this.#accepted, task.taskId, summary);
    this.#tell(task.taskId);
  }

  #takeReport({ data, timestampMs }: BusMessage): void {
    const decoded = decodeMessage(certifiedReportSchema, data);
    if (!decoded.ok) return;
    const { taskId } = decoded.value.task;
    const facts = reportFacts(decoded.value, timestampMs);
    this.#keep(this.#decided, taskId, { decision: decisionOf(decoded.value, timestampMs), facts });
    this.#tell(taskId);
  }

  #keep<T>(all: Map<Hex, T>, taskId: Hex, one: T): void {
    all.set(taskId, one);
    const [oldest] = all.keys();
    if (all.size > this.#options.tasksMax && oldest !== undefined) all.delete(oldest);
  }

  #tell(taskId: Hex): void {
    const summary = this.#accepted.get(taskId);
    if (summary === undefined) return;
    for (const watcher of this.#watchers) watcher(this.#withDecision(summary));
  }

  #withDecision(summary: TaskSummary): TaskSummary {
    const decided = this.#decided.get(summary.taskId);
    return decided === undefined ? summary : { ...summary, decision: decided.decision };
  }
}

function decisionOf(report: CertifiedReport, decidedAtMs: number): Decision {
  const countOf = (verdict: string) => report.results.filter((one) => one.verdict === verdict).length;
  return {
    decidedAtMs,
    accepted: countOf('accept'),
    rejected: countOf('reject'),
    abstained: countOf('abstain'),
    epoch: report.epoch,
    sequence: report.sequence,
    root: report.root,
    reportsInBatch: report.count,
    transaction: report.transaction.hash,
    gasUsed: report.transaction.gasUsed,
  };
}

/** The payload of the policies of a name; `sealed` where one of them, or none, says so. */
export function payloadOf(policies: Iterable<Policy>, name: string): Policy['payload'] {
  const payloads = new Set([...policies].filter((policy) => policy.name === name).map(({ payload }) => payload));
  return payloads.size === 1 && payloads.has('public') ? 'public' : 'sealed';
}
