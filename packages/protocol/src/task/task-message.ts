/**
 * A task as a message of TASKS. It has no content: that is kept apart, and not as long. Messages of earlier versions carry
 * small content, which is not part of the task's identity, and is read, but not trusted: readers check it against its CID.
 */
import { z } from 'zod';
import { decodeMessage, encodeMessage } from '../encoding/decode.ts';
import { cidSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { contentBytes } from './build-task.ts';
import { type ContentInput, hasOwnId, type Task, taskBodySchema, taskIdSchema } from './task.ts';

const enclosedSchema = z.union([z.string(), z.strictObject({ sealed: z.base64() })]);

const taskMessageSchema = taskBodySchema.extend({
  taskId: taskIdSchema,
  enclosed: z
    .record(cidSchema, enclosedSchema)
    .refine((all) => Object.keys(all).length <= limits.submissionsMax + 1, { error: 'has too many contents' })
    .optional(),
});

/** A task with the content that its message carries, by CID. */
export interface TaskMessage {
  readonly task: Task;
  /** The bytes that a message of an earlier version carries for a CID, unverified; undefined if there are none. */
  readonly enclosed: (cid: string) => Uint8Array | undefined;
}

/** Encodes a task. */
export function encodeTaskMessage(task: Task): Uint8Array {
  return encodeMessage(task);
}

/** Decodes a message of TASKS: checks schema, limits and the task's id. */
export function decodeTaskMessage(bytes: Uint8Array): Checked<TaskMessage> {
  const decoded = decodeMessage(taskMessageSchema, bytes);
  if (!decoded.ok) return decoded;
  const { enclosed, ...task } = decoded.value;
  if (!hasOwnId(task)) return refused('malformed', 'taskId: is not the digest of the task', 'taskId');
  return accepted({
    task,
    enclosed: (cid) => {
      const content = enclosed !== undefined && Object.hasOwn(enclosed, cid) ? enclosed[cid] : undefined;
      return content === undefined ? undefined : contentBytes(content);
    },
  });
}

/** Content as a request has it: text if the bytes are UTF-8, which is shorter; a byte order mark is kept. */
export function contentInputOf(bytes: Uint8Array): ContentInput {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { sealed: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) };
  }
}
