/** A task from the TASKS stream, with its policy and its deadline. */
import { subjects } from '../bus/subjects.ts';
import { type Policy, waitMsOf } from '../policy/policy.ts';
import type { BusMessage, Headers } from '../ports.ts';
import { checkSealed } from '../question/seal.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import type { SigningDomain } from '../signature/typed-data.ts';
import type { Task } from './task.ts';
import { decodeTaskMessage, type TaskMessage } from './task-message.ts';

/** A task on the stream, with its policy and its deadline. */
export interface KnownTask {
  readonly task: Task;
  readonly policy: Policy;
  /** Server time, milliseconds since 1970: the same for everyone who reads the stream. */
  readonly deadlineMs: number;
  readonly headers: Headers;
}

/** A task from one message, with the content that the message carries. */
export interface ReadTask {
  readonly known: KnownTask;
  readonly enclosed: TaskMessage['enclosed'];
}

/** The network that a task is read for: what signatures are bound to, and the policies by name. */
export interface TaskReader {
  readonly network: SigningDomain;
  readonly policies: ReadonlyMap<string, Policy>;
}

/** Decodes a message of TASKS, which must be on its task's subject, and checks the seal of a task that began as a question. */
export function readTask(
  { network, policies }: TaskReader,
  message: Pick<BusMessage, 'subject' | 'data' | 'timestampMs' | 'headers'>,
): Checked<ReadTask> {
  const decoded = decodeTaskMessage(message.data);
  if (!decoded.ok) return decoded;
  const { task, enclosed } = decoded.value;
  if (message.subject !== subjects.task(task.taskId))
    return refused('wrong-subject', 'The task is not that of the subject.', 'subject');
  const sealed = checkSealed(network, task);
  if (!sealed.ok) return sealed;
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
