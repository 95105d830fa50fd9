/** Inputs of the throughput bench: the fixtures' tasks, and long answers made of their honest ones. */

import { honestLabel } from '@assay/checks/calibration/calibration-data';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import type { Policy } from '@assay/protocol/policy/policy';
import { buildTask } from '@assay/protocol/task/build-task';
import { taskRequestSchema } from '@assay/protocol/task/task';
import type { RoleCheck } from '@assay/runtime/validator/validator-context';

/** One task as input of a check. */
export type CheckInput = Parameters<RoleCheck>[0];

/** The input of a task with some outputs; the reference keeps tasks apart. */
function inputOf(policy: Policy, reference: string, prompt: string, outputs: readonly string[]): CheckInput {
  const submissions = outputs.map((output, index) => ({ miner: `miner-${index + 1}`, output }));
  const { task, contents } = buildTask(
    taskRequestSchema.parse({ reference, policy: policy.name, prompt, submissions }),
  );
  return {
    task,
    policy,
    content: { prompt, outputs: task.submissions.map(({ cid }) => ({ bytes: contents.get(cid) ?? new Uint8Array() })) },
  };
}

/** The inputs of labelled tasks. */
export function inputsOf(policy: Policy, tasks: readonly LabelledTask[]): CheckInput[] {
  return tasks.map(({ task, prompt, submissions }) =>
    inputOf(
      policy,
      task,
      prompt,
      submissions.map((one) => one.output),
    ),
  );
}

/**
 * A task with answers of `words` words: honest answers to other prompts concatenated, in a different order for each.
 */
export function longInput(
  policy: Policy,
  tasks: readonly LabelledTask[],
  size: { readonly submissions: number; readonly words: number },
  seed = 0,
): CheckInput {
  const honest = tasks.flatMap((task) =>
    task.submissions.filter((one) => one.label === honestLabel).map((one) => one.output.split(/\s+/)),
  );
  const outputs = Array.from({ length: size.submissions }, (_, index) => {
    const text: string[] = [];
    for (let next = seed + index; text.length < size.words; next += 1 + index)
      text.push(...(honest[next % honest.length] ?? []));
    return text.slice(0, size.words).join(' ');
  });
  return inputOf(policy, `long ${size.words} ${seed}`, 'Tell me about all of these things at length.', outputs);
}
