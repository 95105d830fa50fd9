/** Tasks by id, from the TASKS stream, with a bounded memory of those seen last. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { type Policy, waitMsOf } from '@assay/protocol/policy/policy';
import type { Bus, Headers } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import type { Task } from '@assay/protocol/task/task';
import { decodeTaskMessage, type TaskMessage } from '@assay/protocol/task/task-message';

/** A task as it stands on the stream, with its policy and the moment from which it no longer waits. */
export interface KnownTask {
  readonly task: Task;
  readonly policy: Policy;
  /** Server time, milliseconds since 1970: the same for everyone who reads the stream. */
  readonly deadlineMs: number;
  readonly headers: Headers;
}

/** A task as one message brings it, with the content that came along. */
export interface ReadTask {
  readonly known: KnownTask;
  readonly enclosed: TaskMessage['enclosed'];
}

/** Decodes a message of TASKS. */
export function readTask(
  policies: ReadonlyMap<string, Policy>,
  message: { readonly data: Uint8Array; readonly timestampMs: number; readonly headers: Headers },
): Checked<ReadTask> {
  const decoded = decodeTaskMessage(message.data);
  if (!decoded.ok) return decoded;
  const { task, enclosed } = decoded.value;
  const policy = policies.get(task.policy);
  if (policy === undefined) {
    return refused(
      'unknown-policy',
      `There is no policy "${task.policy}"; this network has ${[...policies.keys()].join(', ')}.`,
      'policy',
    );
  }
  const deadlineMs = message.timestampMs + waitMsOf(policy, task);
  return accepted({ known: { task, policy, deadlineMs, headers: message.headers }, enclosed });
}

/** Looks tasks up on the stream. */
export class TaskSource {
  private readonly bus: Bus;
  private readonly policies: ReadonlyMap<string, Policy>;
  private readonly recent = new Map<Hex, KnownTask>();

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

  /** Keeps a task that was read elsewhere; forgets the oldest beyond {@link limits.recentTasksMax}. */
  remember(known: KnownTask): void {
    this.recent.set(known.task.taskId, known);
    if (this.recent.size <= limits.recentTasksMax) return;
    const oldest = this.recent.keys().next();
    if (!oldest.done) this.recent.delete(oldest.value);
  }
}
