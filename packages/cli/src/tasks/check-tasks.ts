/** Checks all tasks of a file before anything starts, and keeps every fault with its line, task and field. */
import { taskRequestSchema } from '@assay/protocol/task/task';
import type { z } from 'zod';
import type { DataLines } from './data-file.ts';
import { fieldsOf, issueText } from './issue-text.ts';
import { publicRequestOf } from './public-request.ts';
import { type LabelledTask, strictTaskSchema } from './task-file.ts';

/** Something that is wrong with a line of the file. */
export interface TaskFault {
  /** `<file>, line <n>`. */
  readonly where: string;
  /** The task's name, if the line has one. */
  readonly task?: string;
  readonly field?: string;
  readonly detail: string;
}

/** What is good in a file, and what is not. */
export interface CheckedTasks {
  readonly tasks: readonly LabelledTask[];
  readonly faults: readonly TaskFault[];
}

/** The tasks that the network would take, and the faults of the others. A name that was used before is a fault. */
export function checkTasks({ file, lines }: DataLines, policy: string): CheckedTasks {
  const names = new Map<string, string>();
  const tasks: LabelledTask[] = [];
  const faults: TaskFault[] = [];
  for (const line of lines) {
    const { where } = line;
    if ('fault' in line) {
      faults.push({ where, detail: line.fault });
      continue;
    }
    const value = withTaskName(line.value);
    const name = nameOf(value);
    const named = name === undefined ? {} : { task: name };
    const { task, faults: found } = checkTask(value, policy);
    const earlier = name === undefined ? undefined : names.get(name);
    if (earlier !== undefined) found.push({ field: 'task', detail: `is already on ${earlier}` });
    else if (name !== undefined) names.set(name, where.slice(`${file}, `.length));
    faults.push(...found.map((fault) => ({ where, ...named, ...fault })));
    if (task !== undefined && found.length === 0) tasks.push(task);
  }
  return { tasks, faults };
}

/** A fault in one line of text. */
export function faultText({ where, task, field, detail }: TaskFault): string {
  const name = task === undefined ? '' : ` (task ${JSON.stringify(task)})`;
  return field === undefined ? `${where}${name} ${detail}.` : `${where}${name}: ${field} ${detail}.`;
}

type FieldFault = Pick<TaskFault, 'field' | 'detail'>;

/** By the file's rules, then by those of the request that the gateway checks. */
function checkTask(value: unknown, policy: string): { task?: LabelledTask; faults: FieldFault[] } {
  const parsed = strictTaskSchema.safeParse(value, { reportInput: true });
  if (!parsed.success) return { faults: faultsOf(parsed.error) };
  const task = parsed.data;
  const request = taskRequestSchema.safeParse(publicRequestOf(task, policy), { reportInput: true });
  return { task, faults: request.success ? [] : faultsOf(request.error).map(inTheFile) };
}

function faultsOf({ issues }: z.ZodError): FieldFault[] {
  return issues.flatMap((issue) =>
    fieldsOf(issue).map((field) => ({
      ...(field === undefined ? {} : { field }),
      detail: issueText(issue),
    })),
  );
}

/** A fault of the request under the file's names of the fields. */
function inTheFile({ field, detail }: FieldFault): FieldFault {
  if (field === undefined) return { detail };
  return { field: field === 'reference' ? 'task' : field.replace(/^parameters\./, ''), detail };
}

/** The API calls the task's name `reference`; a file may do the same. */
function withTaskName(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('reference' in value) || 'task' in value) return value;
  const { reference, ...rest } = value;
  return { task: reference, ...rest };
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'object' && value !== null && 'task' in value && typeof value.task === 'string'
    ? value.task
    : undefined;
}
