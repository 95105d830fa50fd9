/** A labelled task as a public request. */
import { buildTask } from '@assay/protocol/task/build-task';
import { type Task, type TaskRequestInput, taskRequestSchema } from '@assay/protocol/task/task';
import type { LabelledTask } from './task-file.ts';

/** The request, without labels. Another `reference` makes it a different task with the same content. */
export function publicRequestOf(task: LabelledTask, policy: string, reference = task.task): TaskRequestInput {
  const { prompt } = task;
  return {
    reference,
    policy,
    parameters: parametersOf(task),
    prompt,
    submissions: task.submissions.map(({ miner, output, ...rest }) => ({ miner, output, ...promisesOf(rest) })),
  };
}

/** The task that a gateway makes of the public request. */
export function publicTaskOf(task: LabelledTask, policy: string): Task {
  return buildTask(taskRequestSchema.parse(publicRequestOf(task, policy))).task;
}

/** How answers are asked for, as far as the file states it. */
export function parametersOf({
  model,
  modelDigest,
  seed,
  temperature,
  answerSchema,
}: LabelledTask): TaskRequestInput['parameters'] {
  return {
    ...(model === undefined ? {} : { model }),
    ...(modelDigest === undefined ? {} : { modelDigest }),
    ...(seed === undefined ? {} : { seed }),
    ...(temperature === undefined ? {} : { temperatureMilli: Math.round(1_000 * temperature) }),
    ...(answerSchema === undefined ? {} : { answerSchema }),
  };
}

/** A miner's statements about its output, as far as the file has them. */
export function promisesOf({
  commitment,
  modelDigest,
}: Pick<LabelledTask['submissions'][number], 'commitment' | 'modelDigest'>) {
  return { ...(commitment === undefined ? {} : { commitment }), ...(modelDigest === undefined ? {} : { modelDigest }) };
}
