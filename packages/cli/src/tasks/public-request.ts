/** A labelled task as a public request. */
import type { TaskRequestInput } from '@assay/protocol/task';
import type { LabelledTask } from './task-file.ts';

/** The request; labels stay behind. Another `reference` makes it another task with the same content. */
export function publicRequestOf(task: LabelledTask, policy: string, reference = task.task): TaskRequestInput {
  const { prompt, model } = task;
  return {
    reference,
    policy,
    ...(model === undefined ? {} : { parameters: { model } }),
    prompt,
    submissions: task.submissions.map(({ miner, output, commitment }) => ({
      miner,
      output,
      ...(commitment === undefined ? {} : { commitment }),
    })),
  };
}
