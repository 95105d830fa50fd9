/** The content of a task that everyone may read, each part checked against its CID. */
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { isContentOf } from '@assay/protocol/task/content-id';
import { contentPlaceOf } from '@assay/protocol/task/content-place';
import type { Task } from '@assay/protocol/task/task';
import { decodeTaskMessage, type TaskMessage } from '@assay/protocol/task/task-message';
import { readContent as readStored } from '@assay/runtime/validator/content-loader';
import { payloadOf } from './explorer/recent-tasks.ts';
import type { Gateway } from './gateway.ts';

/** A task with its texts; undefined for what the content store no longer has. */
export interface PublicContent {
  readonly task: Task;
  readonly prompt: string | undefined;
  /** In submission order. */
  readonly outputs: readonly (string | undefined)[];
}

/** Refused with `not-found` where the explorer is off or there is no such task, with `wrong-payload` for sealed content. */
export async function readPublicContent(gateway: Gateway, taskId: Hex): Promise<Checked<PublicContent>> {
  if (gateway.recent === undefined)
    return refused('not-found', 'This gateway has no explorer. Its operator can set EXPLORER=on.');
  const message = await gateway.watches.tasks.last(subjects.task(taskId));
  if (message === undefined) return refused('not-found', `There is no task ${taskId}.`);
  const decoded = decodeTaskMessage(message.data);
  if (!decoded.ok) throw new Error(`Task ${taskId} on the stream cannot be read: ${decoded.refusal.detail}`);
  const { task } = decoded.value;
  if (payloadOf(gateway.policies(), task.policy) !== 'public')
    return refused('wrong-payload', 'The content of this task is sealed: only its session reads it.');
  const [prompt, ...outputs] = await Promise.all(
    [task.prompt, ...task.submissions].map(({ cid }) => textOf(gateway, decoded.value, cid)),
  );
  return accepted({ task, prompt, outputs });
}

/** A message of an earlier version has content, which is untrusted like the store: where it is not the content, the store is asked. */
async function textOf(
  { contentStore }: Gateway,
  { task, enclosed }: TaskMessage,
  cid: string,
): Promise<string | undefined> {
  const came = enclosed(cid);
  if (came !== undefined && isContentOf(cid, came)) return new TextDecoder().decode(came);
  const stored = await readStored(contentStore, cid, contentPlaceOf(task));
  return stored.ok ? new TextDecoder().decode(stored.value) : undefined;
}
