/** Builds the task of a request: replaces content by CIDs and computes the task's id. */
import { type Hex, utf8 } from '../encoding/bytes.ts';
import { contentIdOf } from './content-id.ts';
import { type ContentInput, type Task, type TaskBody, type TaskRequest, taskIdOf } from './task.ts';

/** A task with the bytes of its contents, by CID. */
export interface TaskWithContents {
  readonly task: Task;
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

/** The task of a request. Pure: the same request gives the same task id on any machine. */
export function buildTask(request: TaskRequest): TaskWithContents {
  const contents = new Map<string, Uint8Array>();
  const entry = (content: ContentInput) => {
    const bytes = contentBytes(content);
    const cid = contentIdOf(bytes);
    contents.set(cid, bytes);
    return { cid, bytes: bytes.length };
  };
  const body: TaskBody = {
    version: 1,
    reference: request.reference,
    policy: request.policy,
    parameters: request.parameters,
    prompt: entry(request.prompt),
    submissions: request.submissions.map(({ output, ...rest }) => ({ ...entry(output), ...rest })),
  };
  const taskId: Hex = taskIdOf(body);
  return { task: { ...body, taskId }, contents };
}

/** The bytes of a content: the UTF-8 of a text, or the sealed bytes. */
export function contentBytes(content: ContentInput): Uint8Array {
  if (typeof content === 'string') return utf8(content);
  return Uint8Array.from(atob(content.sealed), (character) => character.charCodeAt(0));
}
