/** Tasks by id from the TASKS stream, with a bounded cache of recent ones. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Bus, BusMessage } from '@assay/protocol/ports';
import { type KnownTask, readTask, type TaskReader } from '@assay/protocol/task/known-task';
import { tuning } from '@assay/protocol/tuning';
import { LRUCache } from 'lru-cache';

/**
 * Whether a message of TASKS repeats an earlier one of its subject. Only the first one counts: a repeat has a later time,
 * by which another epoch would take the task again. The stream is asked for every message: a publisher writes its headers
 * itself, so `isFirst` would let whoever publishes to TASKS decide what an operator signs.
 */
export async function isRepeatedTask(bus: Pick<Bus, 'next'>, message: BusMessage): Promise<boolean> {
  const first = await bus.next('TASKS', message.subject, 0);
  return first !== undefined && first.sequence < message.sequence;
}

/** A message of TASKS with the time at which an epoch counts it as handed in; undefined if it does not take it. */
export type Dated = (message: BusMessage) => BusMessage | undefined | Promise<BusMessage | undefined>;

/** Looks the tasks of one epoch up on the stream. */
export class TaskSource {
  private readonly bus: Bus;
  private readonly reader: TaskReader;
  private readonly dated: Dated;
  private readonly recent = new LRUCache<Hex, KnownTask>({ max: tuning.recentTasksMax });

  /** `dated` says which tasks the epoch takes; any if absent. */
  constructor(bus: Bus, reader: TaskReader, dated: Dated = (message) => message) {
    this.bus = bus;
    this.reader = reader;
    this.dated = dated;
  }

  /** The task, or undefined when the stream has none of the epoch that fits its schema. Rejects when the bus does not answer. */
  async find(taskId: Hex): Promise<KnownTask | undefined> {
    const known = this.recent.get(taskId);
    if (known !== undefined) return known;
    const first = await this.bus.next('TASKS', subjects.task(taskId), 0);
    const message = first === undefined ? undefined : await this.dated(first);
    if (message === undefined) return undefined;
    const read = readTask(this.reader, message);
    if (!read.ok) return undefined;
    this.remember(read.value.known);
    return read.value.known;
  }

  /** Caches a task that was read elsewhere; evicts the least recently used beyond {@link tuning.recentTasksMax}. */
  remember(known: KnownTask): void {
    this.recent.set(known.task.taskId, known);
  }
}
