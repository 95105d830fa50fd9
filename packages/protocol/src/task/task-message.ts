/**
 * A task as a message of TASKS. Content that is small goes along with it, so that nobody has to fetch it piece by piece;
 * it is in the content store as well, no part of the task's identity, and trusted no more than the store: whoever uses it
 * holds it against its CID.
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

/** A task with the content that came with it, by CID. */
export interface TaskMessage {
  readonly task: Task;
  /** The bytes that came under a CID, whatever they hash to; undefined where none did. */
  readonly enclosed: (cid: string) => Uint8Array | undefined;
}

/** Encodes a task; its contents go along when they are no more than {@link limits.enclosedBytesMax} together. */
export function encodeTaskMessage(task: Task, contents: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const bytes = [...contents.values()].reduce((sum, one) => sum + one.length, 0);
  if (contents.size === 0 || bytes > limits.enclosedBytesMax) return encodeMessage(task);
  const enclosed = Object.fromEntries([...contents].map(([cid, content]) => [cid, inputOf(content)]));
  return encodeMessage({ ...task, enclosed });
}

/** Decodes a message of TASKS: shape, limits, and that the task has its own id. */
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

/** As text where the bytes are UTF-8, which is shorter; a byte order mark stays. */
function inputOf(bytes: Uint8Array): ContentInput {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { sealed: btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')) };
  }
}
