/** The open tasks of an aggregator with their observations. In memory only: the streams build it again. No I/O. */

import type { ProposedReport } from '@assay/protocol/batch/proposal';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { Network } from '@assay/protocol/network/validator-set';
import type { Measurement } from '@assay/protocol/observation/measurement';
import { type CheckedObservation, checkObservation, type Observation } from '@assay/protocol/observation/observation';
import { scoreToleranceOf, waitMsOf } from '@assay/protocol/policy/policy';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { isFinal } from '@assay/protocol/report/report';
import type { KnownTask } from '@assay/protocol/task/known-task';

/** A task that has no certified report yet. */
export interface OpenTask {
  readonly known: KnownTask;
  /** First observation of each operator and role, with the server's time. */
  readonly observations: Map<string, { readonly checked: CheckedObservation; readonly timestampMs: number }>;
  /** Whether no missing observation could change a verdict. */
  isFinal: boolean;
  /** When it became ready for a proposal, server or local milliseconds. */
  readySinceMs: number | undefined;
  /** Sequence of the valid proposal that holds it. */
  takenBy: number | undefined;
  /** How often a proposal of this aggregator with it in was not taken; then it is proposed with fewer others, and later. */
  refusals: number;
  /** Not to be proposed by this aggregator before this moment. */
  notBeforeMs: number;
}

export type Added = 'added' | 'repeat' | 'equivocation';

export class TaskBook {
  private readonly network: Network;
  private readonly open = new Map<Hex, OpenTask>();
  /** Those of the open tasks that are in no proposal: the proposer looks through them whenever something happens. */
  private readonly free = new Set<OpenTask>();
  private readonly done = new Set<Hex>();

  constructor(network: Network) {
    this.network = network;
  }

  get size(): number {
    return this.open.size;
  }

  /** True when the task's certified report is out. Only the latest {@link limits.doneTasksMax} are remembered. */
  isDone(taskId: Hex): boolean {
    return this.done.has(taskId);
  }

  find(taskId: Hex): OpenTask | undefined {
    return this.open.get(taskId);
  }

  /** Opens a task, or returns the one that is open. Refused when too many are open: the stream keeps it meanwhile. */
  add(known: KnownTask): Checked<OpenTask> {
    const present = this.open.get(known.task.taskId);
    if (present !== undefined) return accepted(present);
    if (this.open.size >= limits.openTasksMax)
      return refused('too-many-open-tasks', `${this.open.size} tasks are open.`);
    const task: OpenTask = {
      known,
      observations: new Map(),
      isFinal: false,
      readySinceMs: undefined,
      takenBy: undefined,
      refusals: 0,
      notBeforeMs: 0,
    };
    this.open.set(known.task.taskId, task);
    this.free.add(task);
    return accepted(task);
  }

  /** Adds an observation; the first of each operator and role counts. */
  observe(task: OpenTask, observation: Observation, timestampMs: number): Checked<Added> {
    const { known } = task;
    // Whoever followed the streams as they grew met it before the task and refused it: so must whoever reads them later.
    if (timestampMs < known.deadlineMs - waitMsOf(known.policy, known.task))
      return refused('before-task', `The observation was there before task ${known.task.taskId}.`, 'taskId');
    const checked = checkObservation(this.network, known.policy, known.task, observation);
    if (!checked.ok) return checked;
    const key = `${observation.role} ${observation.operator}`;
    const earlier = task.observations.get(key);
    if (earlier !== undefined) {
      const tolerance = scoreToleranceOf(known.policy, observation.role);
      const same = agree(earlier.checked.measurements, checked.value.measurements, tolerance);
      return accepted(same ? 'repeat' : 'equivocation');
    }
    task.observations.set(key, { checked: checked.value, timestampMs });
    // A report that is final stays so: what comes later adds to its scores, which are derived when it is proposed.
    if (task.isFinal) return accepted('added');
    const all = [...task.observations.values()].map((one) => one.checked);
    task.isFinal = isFinal(this.network, known.policy, known.task, all);
    if (task.isFinal) task.readySinceMs ??= timestampMs;
    return accepted('added');
  }

  /** Tasks in no proposal that are final, or were found overdue, and need not wait since they were refused. */
  readyTasks(nowMs: number): OpenTask[] {
    return [...this.free].filter((task) => task.readySinceMs !== undefined && task.notBeforeMs <= nowMs);
  }

  /** Notes that a proposal with the task in was not taken: it waits for twice as long each time, within a bound. */
  refuse(task: OpenTask, nowMs: number): void {
    task.refusals++;
    task.notBeforeMs = nowMs + Math.min(limits.retryDelayMs * 2 ** (task.refusals - 1), limits.retryDelayMsMax);
  }

  /** Tasks in no proposal whose deadline, with its grace, has passed without a final report. */
  overdueTasks(nowMs: number): OpenTask[] {
    return [...this.free].filter(
      (task) => task.readySinceMs === undefined && nowMs >= task.known.deadlineMs + limits.deadlineGraceMs,
    );
  }

  /** The soonest moment at which a task becomes overdue, or may be proposed again; undefined when none waits. */
  nextDueMs(): number | undefined {
    let next: number | undefined;
    for (const task of this.free) {
      const at = task.readySinceMs === undefined ? task.known.deadlineMs + limits.deadlineGraceMs : task.notBeforeMs;
      if (next === undefined || at < next) next = at;
    }
    return next;
  }

  /** Why a proposed report cannot stand beside what is on the streams: taken already, too early, or somebody left out. */
  whyNotTake(proposed: ProposedReport, proposalTimestampMs: number): Checked<OpenTask> {
    const task = this.open.get(proposed.task.taskId);
    if (task === undefined) return refused('unknown-task', `Task ${proposed.task.taskId} is not open.`, 'entries');
    if (task.takenBy !== undefined)
      return refused('task-taken', `Task ${proposed.task.taskId} is in proposal ${task.takenBy}.`, 'entries');
    if (proposed.report.final) return accepted(task);
    const { deadlineMs } = task.known;
    if (proposalTimestampMs < deadlineMs)
      return refused('too-early', `Task ${proposed.task.taskId} abstains before its deadline.`, 'entries');
    const included = new Set(proposed.observations.map((one) => one.signature));
    for (const { checked, timestampMs } of task.observations.values()) {
      if (timestampMs <= deadlineMs && !included.has(checked.observation.signature)) {
        return refused(
          'left-out',
          `An observation of task ${proposed.task.taskId} by ${checked.observation.operator} is missing.`,
          'entries',
        );
      }
    }
    return accepted(task);
  }

  /** Holds a task for the valid proposal of a sequence: it is not proposed again. */
  take(task: OpenTask, sequence: number): void {
    task.takenBy = sequence;
    this.free.delete(task);
  }

  /** Forgets a task whose certified report is out. */
  finish(taskId: Hex): void {
    const task = this.open.get(taskId);
    if (task !== undefined) this.free.delete(task);
    this.open.delete(taskId);
    this.done.add(taskId);
    if (this.done.size <= limits.doneTasksMax) return;
    const oldest = this.done.values().next();
    if (!oldest.done) this.done.delete(oldest.value);
  }
}

/** Whether two observations of one operator may both be honest: replicas may differ in the last digits of a score. */
function agree(first: readonly Measurement[], second: readonly Measurement[], tolerance: number): boolean {
  return first.every(({ score, flags }, index) => {
    const other = second[index];
    return other !== undefined && flags === other.flags && Math.abs(score - other.score) <= tolerance;
  });
}
