/** `assay demo`: the project's own tasks on a local network, with the whole account. */
import { localPlace } from '../places/local-place.ts';
import { spread } from '../tasks/spread.ts';
import { demoTasksFile, readTaskFile } from '../tasks/task-file.ts';
import { judgeAll } from '../verdicts/judge-run.ts';

export interface DemoCommand {
  readonly operators: number;
  readonly replicas: number;
  readonly json: boolean;
  /** Say which words decided each verdict other than accept. */
  readonly words: boolean;
  readonly out?: string;
  /** Number of tasks, spread over all, that are sealed under session keys. */
  readonly sealed: number;
  /** Port of the gateway; 0: any free one. */
  readonly port: number;
  /** Only so many of the tasks. */
  readonly tasks?: number;
  readonly signal: AbortSignal;
}

const policy = 'standard';
const aggregators = 2;

/** Resolves with the exit code of {@link judgeAll}. */
export async function demoCommand({ tasks: most, sealed, ...options }: DemoCommand): Promise<number> {
  const tasks = (await readTaskFile(demoTasksFile)).slice(0, most);
  const place = await localPlace({ ...options, aggregators, policy, sealed: spread(tasks, sealed) });
  return judgeAll(tasks, place, { ...options, policy, verbose: true, resumes: false });
}
