/** Fetches a task's content, checks it against its CIDs, and unseals it if the policy requires it. */

import type { ContentStore } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { isContentOf } from '@assay/protocol/task/content-id';
import type { KnownTask, ReadTask } from '@assay/protocol/task/known-task';
import type { OutputContent, TaskContent } from '@assay/protocol/task/task-content';

/** Opens the sealed contents of a task, by CID. Content that cannot be opened is missing from the result. */
export type Unseal = (
  known: KnownTask,
  sealed: ReadonlyMap<string, Uint8Array>,
) => Promise<ReadonlyMap<string, Uint8Array>>;

/**
 * Reads content and checks it against its CID, whatever the store. Refused: no content (`content-missing`); the bytes
 * do not match the CID (`cid-mismatch`). Rejects if the store does not respond.
 */
export async function readContent(store: ContentStore, cid: string): Promise<Checked<Uint8Array>> {
  const bytes = await store.get(cid);
  if (bytes === undefined) return refused('content-missing', `The content store has nothing under ${cid}.`);
  return isContentOf(cid, bytes)
    ? accepted(bytes)
    : refused('cid-mismatch', `The bytes stored under ${cid} do not match it.`);
}

/**
 * The plain content of a task: from the message if it matches its CID, otherwise from the store. Missing or wrong
 * content of a submission is reported in its place. Rejects if the prompt is not available (nothing can be judged
 * without it) or a port fails; the task is then redelivered.
 */
export async function loadContent(
  store: ContentStore,
  unseal: Unseal,
  { known, enclosed }: ReadTask,
): Promise<TaskContent> {
  const { task, policy } = known;
  const cids = [task.prompt.cid, ...task.submissions.map((one) => one.cid)];
  const read = new Map<string, Checked<Uint8Array>>();
  await Promise.all(
    [...new Set(cids)].map(async (cid) => {
      const came = enclosed(cid);
      const isGood = came !== undefined && isContentOf(cid, came);
      read.set(cid, isGood ? accepted(came) : await readContent(store, cid));
    }),
  );
  const whole = new Map([...read].flatMap(([cid, one]) => (one.ok ? [[cid, one.value] as const] : [])));
  const plain = policy.payload === 'sealed' ? await unseal(known, whole) : whole;
  const prompt = plain.get(task.prompt.cid);
  if (prompt === undefined) throw new Error(`The prompt ${task.prompt.cid} of task ${task.taskId} is not available.`);
  return {
    prompt: new TextDecoder().decode(prompt),
    outputs: task.submissions.map(({ cid }) => outputOf(cid, read, plain)),
  };
}

function outputOf(
  cid: string,
  read: ReadonlyMap<string, Checked<Uint8Array>>,
  plain: ReadonlyMap<string, Uint8Array>,
): OutputContent {
  const bytes = plain.get(cid);
  if (bytes !== undefined) return { bytes };
  const stored = read.get(cid);
  if (stored?.ok === true) return { problem: 'seal-invalid' };
  return { problem: stored?.refusal.code === 'cid-mismatch' ? 'cid-mismatch' : 'content-missing' };
}
