/** Calls a role's check in its worker thread. Arguments are cloned, and a policy is passed by name. */
import type { Measured } from '@assay/protocol/observation/evidence';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Task } from '@assay/protocol/task/task';
import type { TaskContent } from '@assay/protocol/task/task-content';
import type { RoleCheck } from '../validator/validator-context.ts';

/** One task for the thread. */
export interface CheckCall {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policyName: string;
}

/** The part of a thread that is used here. */
export interface CheckThread {
  call<Output>(name: string, input: unknown): Promise<Output>;
}

/** The name of the check function in a thread. */
export const checkWork = 'check';

/** A role's check, computed by a thread. Rejects if the thread lost the work; the task is then redelivered. */
export function checkByThread(thread: CheckThread): RoleCheck {
  return (input) => thread.call<readonly Measured[]>(checkWork, checkCallOf(input));
}

/** A check's input in the form that is sent to the thread. */
export function checkCallOf({ task, content, policy }: Parameters<RoleCheck>[0]): CheckCall {
  const outputs = content.outputs.map((output) => ('bytes' in output ? { bytes: ownBytes(output.bytes) } : output));
  return { task, content: { prompt: content.prompt, outputs }, policyName: policy.name };
}

/** The policies that a thread was started with, by name. Throws for an unknown name. */
export function policiesByName(policies: readonly Policy[]): (name: string) => Policy {
  const byName = new Map(policies.map((policy) => [policy.name, policy]));
  return (name) => {
    const policy = byName.get(name);
    if (policy === undefined) throw new Error(`The thread has no policy "${name}".`);
    return policy;
  };
}

/** Bytes with their own buffer: cloning a view would copy its whole buffer. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
