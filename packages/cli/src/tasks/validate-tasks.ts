/** The tasks of `assay validate`: the whole file is checked before anything starts. */
import { UsageError } from '../commands/usage-error.ts';
import { counted } from '../output/terminal.ts';
import { checkTasks, faultText } from './check-tasks.ts';
import { type DataFormat, readDataLines } from './data-file.ts';
import type { LabelledTask } from './task-file.ts';

/** How the tasks of a file are chosen. */
export interface ValidateTasks {
  readonly policy: string;
  /** Leave out what is wrong instead of refusing the file. */
  readonly skipBad: boolean;
  /** The format of the file, if its name does not tell it. */
  readonly format?: DataFormat;
}

/**
 * The tasks of a file, `-` for standard input. Every fault is written to standard error. Throws {@link UsageError} if there
 * is one, or with `skipBad` if no task is good.
 */
export async function tasksToValidate(
  file: string,
  { policy, skipBad, format }: ValidateTasks,
): Promise<LabelledTask[]> {
  const read = await readDataLines(file, format);
  const { tasks, faults } = checkTasks(read, policy);
  const [first] = faults;
  if (first === undefined) return [...tasks];
  if (!skipBad && faults.length === 1) throw new UsageError(faultText(first));
  for (const fault of faults) process.stderr.write(`${faultText(fault)}\n`);
  const bad = read.lines.length - tasks.length;
  if (!skipBad)
    throw new UsageError(
      `${read.file} has ${counted(faults.length, 'fault')} in ${bad} of ${counted(read.lines.length, 'task')}; correct them, or judge the others with --skip-bad.`,
    );
  if (tasks.length === 0) throw new UsageError(`No task of ${read.file} can be judged.`);
  process.stderr.write(`Skipped ${bad} of ${counted(read.lines.length, 'task')}.\n`);
  return [...tasks];
}
