/** Fetches a task's content, holds it against its CIDs, and unseals it where the policy says so. */
import { isContentOf } from '@assay/protocol/content-id';
import type { ContentStore } from '@assay/protocol/ports';
import type { OutputContent, TaskContent } from '@assay/protocol/task-content';
import type { KnownTask, ReadTask } from './task-source.ts';

/** Opens the sealed contents of a task, by CID; a content that cannot be opened is missing from the result. */
export type Unseal = (
  known: KnownTask,
  sealed: ReadonlyMap<string, Uint8Array>,
) => Promise<ReadonlyMap<string, Uint8Array>>;

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
  const stored = new Map<string, Uint8Array | undefined>();
  const whole = new Map<string, Uint8Array>();
  await Promise.all(
    [...new Set(cids)].map(async (cid) => {
      const came = enclosed(cid);
      const bytes = came !== undefined && isContentOf(cid, came) ? came : await store.get(cid);
      stored.set(cid, bytes);
      if (bytes !== undefined && (bytes === came || isContentOf(cid, bytes))) whole.set(cid, bytes);
    }),
  );
  const plain = policy.payload === 'sealed' ? await unseal(known, whole) : whole;
  const prompt = plain.get(task.prompt.cid);
  if (prompt === undefined) throw new Error(`The prompt ${task.prompt.cid} of task ${task.taskId} cannot be had.`);
  return {
    prompt: new TextDecoder().decode(prompt),
    outputs: task.submissions.map(({ cid }) => outputOf(cid, stored, whole, plain)),
  };
}

function outputOf(
  cid: string,
  stored: ReadonlyMap<string, Uint8Array | undefined>,
  whole: ReadonlyMap<string, Uint8Array>,
  plain: ReadonlyMap<string, Uint8Array>,
): OutputContent {
  const bytes = plain.get(cid);
  if (bytes !== undefined) return { bytes };
  if (stored.get(cid) === undefined) return { problem: 'content-missing' };
  return { problem: whole.has(cid) ? 'seal-invalid' : 'cid-mismatch' };
}
