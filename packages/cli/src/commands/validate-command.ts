/** `assay validate`: judges a user's tasks on a local network, on a running one, or in this process. */
import type { ConnectionOptions } from '../network/connection.ts';
import type { Place } from '../places/place.ts';
import type { DataFormat } from '../tasks/data-file.ts';
import { spread } from '../tasks/spread.ts';
import type { LabelledTask } from '../tasks/task-file.ts';
import { tasksToValidate } from '../tasks/validate-tasks.ts';
import { type JudgeRun, judgeAll } from '../verdicts/judge-run.ts';

export interface ValidateCommand extends Omit<JudgeRun, 'resumes'>, ConnectionOptions {
  readonly operators: number;
  readonly replicas: number;
  /** Policy file other than the shipped one. */
  readonly policies?: string;
  /** Number of tasks, spread over the file, that are sealed under session keys. */
  readonly sealed: number;
  /** Leave out what is wrong instead of refusing the file. */
  readonly skipBad: boolean;
  readonly quick: boolean;
  /** The format of the file, if its name does not tell it. */
  readonly format?: DataFormat;
}

/** Resolves with the exit code of {@link judgeAll}. Throws `UsageError` for wrong options and a wrong file. */
export async function validateCommand(file: string, options: ValidateCommand): Promise<number> {
  const tasks = await tasksToValidate(file, options);
  return judgeAll(tasks, await placeOf(tasks, options), { ...options, resumes: true });
}

/** Each kind of place is loaded when it is used. */
async function placeOf(tasks: readonly LabelledTask[], options: ValidateCommand): Promise<Place> {
  if (options.quick) {
    const { quickPlace } = await import('../places/quick-place.ts');
    return quickPlace(options);
  }
  const { gateway, rpc, hub, registry } = options;
  if ([gateway, rpc, hub, registry].some((one) => one !== undefined)) {
    const { runningPlace } = await import('../places/running-place.ts');
    return runningPlace(options.policy, options);
  }
  const { localPlace } = await import('../places/local-place.ts');
  // One aggregator is enough where nothing has to survive its death.
  return localPlace({ ...options, aggregators: 1, sealed: spread(tasks, options.sealed) });
}
