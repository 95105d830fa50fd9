/** Fetches a task's content, holds it against its CIDs, and unseals it where the policy says so. */

import type { ContentStore } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { isContentOf } from '@assay/protocol/task/content-id';
import type { KnownTask, ReadTask } from '@assay/protocol/task/known-task';
import type { OutputContent, TaskContent } from '@assay/protocol/task/task-content';

/** Opens the sealed contents of a task, by CID; a content that cannot be opened is missing from the result. */
export type Unseal = (
  known: KnownTask,
  sealed: ReadonlyMap<string, Uint8Array>,
) => Promise<ReadonlyMap<string, Uint8Array>>;

/**
 * Reads content and holds it against its CID, whoever served it. Refused: there is none (`content-missing`); the bytes
 * are others than the CID names (`cid-mismatch`). Rejects when the store does not answer.
 */
export async function readContent(store: ContentStore, cid: string): Promise<Checked<Uint8Array>> {
  const bytes = await store.get(cid);
  if (bytes === undefined) return refused('content-missing', `The content store has nothing under ${cid}.`);
  return isContentOf(cid, bytes) ? accepted(bytes) : refused('cid-mismatch', `What is stored under ${cid} is not it.`);
}

/**
 * The content of a task, plain: what came with it and is what its CID says, the rest from the store. A submission's missing or wrong content is its own problem and stands in its place.
 * Rejects when the prompt cannot be had (without it nothing can be judged) or a port fails: the task then comes again.
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
  if (prompt === undefined) throw new Error(`The prompt ${task.prompt.cid} of task ${task.taskId} cannot be had.`);
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
