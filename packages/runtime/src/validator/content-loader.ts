/** Fetches a task's content, checks it against its CIDs, and unseals it if the policy requires it. */

import { backoffMs, retryBackoff } from '@assay/protocol/backoff';
import { errorText } from '@assay/protocol/error-text';
import { waitMsOf } from '@assay/protocol/policy/policy';
import type { ContentStore } from '@assay/protocol/ports';
import { isContentOf } from '@assay/protocol/task/content-id';
import { type ContentPlace, contentIdsOf, contentPlaceOf } from '@assay/protocol/task/content-place';
import type { KnownTask, ReadTask } from '@assay/protocol/task/known-task';
import type { ContentProblem, OutputContent, TaskContent } from '@assay/protocol/task/task-content';
import { tuning } from '@assay/protocol/tuning';

/** Content after unsealing: plain bytes, or why there are none, for the flag and in words for the log. */
export type Unsealed = { readonly bytes: Uint8Array } | { readonly problem: ContentProblem; readonly why: string };

/** Opens the sealed contents of a task, by CID. The result has an entry for each. Rejects if nobody grants keys. */
export type Unseal = (
  known: KnownTask,
  sealed: ReadonlyMap<string, Uint8Array>,
) => Promise<ReadonlyMap<string, Unsealed>>;

/** Bytes that hash to their CID, or why there are none. */
export type ReadContent =
  | { readonly ok: true; readonly value: Uint8Array }
  | { readonly ok: false; readonly refusal: { readonly code: StoreProblem; readonly detail: string } };
type StoreProblem = 'content-missing' | 'cid-mismatch';

/**
 * Reads content and checks it against its CID, whatever the store. Refused: no content (`content-missing`); the bytes
 * do not match the CID (`cid-mismatch`). Rejects if the store does not respond.
 */
export async function readContent(store: ContentStore, cid: string, place: ContentPlace): Promise<ReadContent> {
  const bytes = await store.get(cid, place);
  if (bytes !== undefined && isContentOf(cid, bytes)) return { ok: true, value: bytes };
  const refusal =
    bytes === undefined
      ? ({ code: 'content-missing', detail: `The content store has nothing under ${cid}.` } as const)
      : ({ code: 'cid-mismatch', detail: `The bytes stored under ${cid} do not match it.` } as const);
  return { ok: false, refusal };
}

/**
 * Whether a task whose content is not available should come again: another delivery is left, and it comes early enough
 * to observe before the deadline.
 */
export function mayComeAgain({ task, policy, deadlineMs }: KnownTask, deliveryCount: number, nowMs: number): boolean {
  if (deliveryCount >= tuning.deliveriesMax) return false;
  const reserveMs = Math.min(tuning.contentMarginMs, waitMsOf(policy, task) / 4);
  return nowMs + backoffMs(retryBackoff, deliveryCount) < deadlineMs - reserveMs;
}

/**
 * The plain content of a task, from the store; or from a message of an earlier version, if it matches its CID. Only a
 * granted key that does not open an output is that output's fault (`seal-invalid`). Anything else that is not available makes this
 * reject while `comesAgain`, so that the task is redelivered. On the last attempt it is reported in the place of its
 * submission. If the store lost something or the prompt cannot be read, the other submissions are not judged either
 * (`task-incomplete`): a store could otherwise choose by what it hides which answers are compared.
 */
export async function loadContent(
  store: ContentStore,
  unseal: Unseal,
  { known, enclosed }: ReadTask,
  comesAgain: boolean,
): Promise<TaskContent> {
  const { task, policy } = known;
  const cids = contentIdsOf(task);
  const place = contentPlaceOf(task);
  const read = new Map<string, Unsealed>();
  await Promise.all(
    cids.map(async (cid) => {
      const came = enclosed(cid);
      const isGood = came !== undefined && isContentOf(cid, came);
      read.set(cid, isGood ? { bytes: came } : await fromStore(store, cid, place, comesAgain));
    }),
  );
  const plain = policy.payload === 'sealed' ? await opened(unseal, known, read, comesAgain) : read;
  const absent = cids.flatMap((cid) => absenceOf(cid, plain));
  if (absent.length > 0 && comesAgain) {
    throw new Error(`Content of task ${task.taskId} is not available: ${absent.map(({ why }) => why).join('; ')}`);
  }
  const prompt = plain.get(task.prompt.cid);
  const isWhole =
    prompt !== undefined && 'bytes' in prompt && absent.every(({ problem }) => problem === 'key-unavailable');
  return {
    prompt: prompt !== undefined && 'bytes' in prompt ? new TextDecoder().decode(prompt.bytes) : '',
    outputs: task.submissions.map(({ cid }) => outputOf(plain.get(cid), isWhole)),
  };
}

/** On the last attempt, a store that does not respond counts as one that has nothing. */
async function fromStore(
  store: ContentStore,
  cid: string,
  place: ContentPlace,
  comesAgain: boolean,
): Promise<Unsealed> {
  try {
    const stored = await readContent(store, cid, place);
    return stored.ok ? { bytes: stored.value } : { problem: stored.refusal.code, why: stored.refusal.detail };
  } catch (error) {
    if (comesAgain) throw error;
    return { problem: 'content-missing', why: `The content store does not respond: ${errorText(error)}` };
  }
}

/** Unseals what was read. On the last attempt, keys that nobody grants are unavailable. */
async function opened(
  unseal: Unseal,
  known: KnownTask,
  read: ReadonlyMap<string, Unsealed>,
  comesAgain: boolean,
): Promise<ReadonlyMap<string, Unsealed>> {
  const whole = new Map([...read].flatMap(([cid, one]) => ('bytes' in one ? [[cid, one.bytes] as const] : [])));
  if (whole.size === 0) return read;
  try {
    return new Map([...read, ...(await unseal(known, whole))]);
  } catch (error) {
    if (comesAgain) throw error;
    const locked = { problem: 'key-unavailable', why: errorText(error) } as const;
    return new Map([...read].map(([cid, one]) => [cid, 'bytes' in one ? locked : one]));
  }
}

/** What is missing without anybody's fault. */
function absenceOf(cid: string, plain: ReadonlyMap<string, Unsealed>) {
  const one = plain.get(cid) ?? { problem: 'key-unavailable' as const, why: `The grant says nothing about ${cid}.` };
  return 'bytes' in one || one.problem === 'seal-invalid' ? [] : [one];
}

function outputOf(one: Unsealed | undefined, isWhole: boolean): OutputContent {
  if (one === undefined) return { problem: 'key-unavailable' };
  if ('problem' in one) return { problem: one.problem };
  return isWhole ? { bytes: one.bytes } : { problem: 'task-incomplete' };
}
