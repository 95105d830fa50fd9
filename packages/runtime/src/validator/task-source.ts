/** Tasks by id from the TASKS stream, with a bounded cache of recent ones. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Bus } from '@assay/protocol/ports';
import { type KnownTask, readTask } from '@assay/protocol/task/known-task';
import { tuning } from '@assay/protocol/tuning';
import { LRUCache } from 'lru-cache';

/** Looks tasks up on the stream. */
export class TaskSource {
  private readonly bus: Bus;
  private readonly policies: ReadonlyMap<string, Policy>;
  private readonly recent = new LRUCache<Hex, KnownTask>({ max: tuning.recentTasksMax });

  constructor(bus: Bus, policies: ReadonlyMap<string, Policy>) {
    this.bus = bus;
    this.policies = policies;
  }

  /** The task, or undefined when the stream has none that fits its schema. Rejects when the bus does not answer. */
  async find(taskId: Hex): Promise<KnownTask | undefined> {
    const known = this.recent.get(taskId);
    if (known !== undefined) return known;
    const message = await this.bus.last('TASKS', subjects.task(taskId));
    if (message === undefined) return undefined;
    const read = readTask(this.policies, message);
    if (!read.ok || read.value.known.task.taskId !== taskId) return undefined;
    this.remember(read.value.known);
    return read.value.known;
  }

  /** Caches a task that was read elsewhere; evicts the least recently used beyond {@link tuning.recentTasksMax}. */
  remember(known: KnownTask): void {
    this.recent.set(known.task.taskId, known);
  }
}
