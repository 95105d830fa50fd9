/** How a role's check is called in the thread that computes it: what goes over is cloned, and a policy goes by its name. */
import type { Measurement } from '@assay/protocol/observation/measurement';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Task } from '@assay/protocol/task/task';
import type { TaskContent } from '@assay/protocol/task/task-content';
import type { RoleCheck } from './validator-context.ts';

/** One task for the thread. */
export interface CheckCall {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policyName: string;
}

/** What of a thread is needed here. */
export interface CheckThread {
  call<Output>(name: string, input: unknown): Promise<Output>;
}

/** The name under which a thread offers its check. */
export const checkWork = 'check';

/** A role's check that a thread computes. Rejects when the thread lost the work: the task then comes again. */
export function checkByThread(thread: CheckThread): RoleCheck {
  return (input) => thread.call<readonly Measurement[]>(checkWork, checkCallOf(input));
}

/** A check's input as it goes to the thread. */
export function checkCallOf({ task, content, policy }: Parameters<RoleCheck>[0]): CheckCall {
  const outputs = content.outputs.map((output) => ('bytes' in output ? { bytes: ownBytes(output.bytes) } : output));
  return { task, content: { prompt: content.prompt, outputs }, policyName: policy.name };
}

/** The policies that a thread was started with, by name. Throws on a name that is not among them. */
export function policiesByName(policies: readonly Policy[]): (name: string) => Policy {
  const byName = new Map(policies.map((policy) => [policy.name, policy]));
  return (name) => {
    const policy = byName.get(name);
    if (policy === undefined) throw new Error(`The thread has no policy "${name}".`);
    return policy;
  };
}

/** Bytes with a buffer of their own: of a view, a clone would take the whole buffer along. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}
