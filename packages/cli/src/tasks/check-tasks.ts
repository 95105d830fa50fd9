/** Checks all tasks of a file before anything starts, and keeps every fault with its line, task and field. */
import { schemaFault } from '@assay/checks/form/answer-schema';
import { fieldsOf, issueText } from '@assay/protocol/encoding/issue-text';
import { taskRequestSchema } from '@assay/protocol/task/task';
import { chatMessagesSchema, promptTextOf } from '@assay/sdk/miner-answer';
import type { z } from 'zod';
import type { DataLines } from './data-file.ts';
import type { DataLine } from './data-line.ts';
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
    const name = nameOf(line.value);
    const named = name === undefined ? {} : { task: name };
    const { task, faults: found } = checkTask(line.value, policy);
    const earlier = name === undefined ? undefined : names.get(name);
    if (earlier !== undefined) found.push({ field: nameField(line.value), detail: `is already on ${earlier}` });
    else if (name !== undefined) names.set(name, where.slice(`${file}, `.length));
    faults.push(...found.map((fault) => ({ ...named, ...inItsRow(line, fault) })));
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
function checkTask(given: unknown, policy: string): { task?: LabelledTask; faults: FieldFault[] } {
  if (isObject(given) && 'task' in given && 'reference' in given)
    return { faults: [{ field: 'task', detail: 'is there beside a reference, which is the same; leave one out' }] };
  const chat = withPrompt(withTaskName(given));
  if ('faults' in chat) return chat;
  const named = ({ field, detail }: FieldFault): FieldFault => ({
    detail,
    ...(field === undefined ? {} : { field: field === 'task' ? nameField(given) : field }),
  });
  const parsed = strictTaskSchema.safeParse(chat.value, { error: issueText });
  if (!parsed.success) return { faults: faultsOf(parsed.error).map(named) };
  const task = parsed.data;
  const request = taskRequestSchema.safeParse(publicRequestOf(task, policy), { error: issueText });
  if (!request.success) return { task, faults: faultsOf(request.error).map(inTheFile).map(named) };
  const unusable = task.answerSchema === undefined ? undefined : schemaFault(task.answerSchema);
  return { task, faults: unusable === undefined ? [] : [{ field: 'answerSchema', detail: unusable }] };
}

function faultsOf({ issues }: z.ZodError): FieldFault[] {
  return issues.flatMap((issue) =>
    fieldsOf(issue).map((field) => ({ ...(field === undefined ? {} : { field }), detail: issue.message })),
  );
}

/** A fault of the request under the file's names of the fields. */
function inTheFile({ field, detail }: FieldFault): FieldFault {
  if (field === undefined) return { detail };
  return { field: field === 'reference' ? 'task' : field.replace(/^parameters\./, ''), detail };
}

/** A fault with its place: that of the submission's own row, if it has one. */
function inItsRow({ where, parts }: Exclude<DataLine, { readonly fault: string }>, fault: FieldFault): TaskFault {
  const [, index, field] = /^submissions\.(\d+)\.(.+)$/.exec(fault.field ?? '') ?? [];
  const row = index === undefined ? undefined : parts?.[Number(index)];
  return row === undefined || field === undefined ? { where, ...fault } : { where: row, field, detail: fault.detail };
}

/** A file calls a task's name `reference`, as the API does, or `task`. */
function withTaskName(value: unknown): unknown {
  if (!isObject(value) || !('reference' in value) || 'task' in value) return value;
  const { reference, ...rest } = value;
  return { task: reference, ...rest };
}

/** The field that a task's name is in, or should be in. */
function nameField(value: unknown): string {
  return isObject(value) && 'task' in value ? 'task' : 'reference';
}

/** The messages of a chat become the prompt, as the Router makes it of a request. */
function withPrompt(value: unknown): { readonly value: unknown } | { readonly faults: FieldFault[] } {
  if (!isObject(value) || !('messages' in value)) return { value };
  const { messages, ...rest } = value;
  if ('prompt' in rest)
    return { faults: [{ field: 'messages', detail: 'is given together with a prompt; remove one of them' }] };
  const parsed = chatMessagesSchema.safeParse(messages, { error: issueText });
  if (parsed.success) return { value: { ...rest, prompt: promptTextOf(parsed.data) } };
  return {
    faults: faultsOf(parsed.error).map((one) => ({ ...one, field: ['messages', one.field ?? []].flat().join('.') })),
  };
}

function nameOf(value: unknown): string | undefined {
  const named = withTaskName(value);
  return isObject(named) && 'task' in named && typeof named.task === 'string' ? named.task : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
