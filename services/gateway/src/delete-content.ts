/** Deletes a task's content before its age: from the content store, and the evidence that quotes it. */
import type { ApiKey } from '@assay/protocol/api/api-keys';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { roles } from '@assay/protocol/observation/role';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { type ContentPlace, contentIdsOf, contentPlaceOf } from '@assay/protocol/task/content-place';
import { decodeTaskMessage } from '@assay/protocol/task/task-message';
import { tuning } from '@assay/protocol/tuning';
import { keysAreOff } from './access/key-answers.ts';
import { submitterOf } from './access/submitter.ts';
import { type ApiRequest, type ApiResponse, paths, refuse } from './api.ts';
import { actOf, recorded } from './audited.ts';
import type { Gateway } from './gateway.ts';
import { taskIdOf } from './network-answers.ts';
import { findQuestion, findSealed } from './questions/read-question.ts';

/** In the place of evidence that was deleted. */
const mark = encodeMessage({});

/** The contents of a task, or of a question that nobody answered. */
interface Held {
  readonly place: ContentPlace;
  readonly cids: readonly string[];
  /** Undefined for a question without answers. */
  readonly taskId: Hex | undefined;
}

/**
 * DELETE /v1/tasks/:taskId/content: what the task's submitter or an administrator deletes is gone for good, and the
 * answer to a second time is the same. The id of a question stands for its task.
 */
export async function deleteContent(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const asked = taskIdOf(request);
  if (!asked.ok) return refuse(asked.refusal);
  const { key } = request;
  if (key === undefined) return keysAreOff();
  const held = await findHeld(gateway, asked.value);
  if (!held.ok) return refuse(held.refusal);
  const may = await checkMay(gateway, key, held.value);
  if (!may.ok) return refuse(may.refusal);
  const route = { method: 'DELETE', path: paths.content, isAdmin: true };
  const { isAdmin: _, ...act } = actOf(request, request, route);
  return recorded(gateway, act, async () => {
    const { place, cids, taskId } = held.value;
    if (taskId !== undefined) await eraseEvidence(gateway, taskId);
    await gateway.contentStore.remove(place, cids);
    return { status: 200, body: { taskId: asked.value, contents: cids.length } };
  });
}

async function findHeld(gateway: Gateway, id: Hex): Promise<Checked<Held>> {
  const message = await gateway.bus.last('TASKS', subjects.task(id));
  if (message !== undefined) {
    const decoded = decodeTaskMessage(message.data);
    if (!decoded.ok) throw new Error(`Task ${id} on the stream cannot be read: ${decoded.refusal.detail}`);
    const { task } = decoded.value;
    return accepted({ place: contentPlaceOf(task), cids: contentIdsOf(task), taskId: id });
  }
  const question = await findQuestion(gateway, id);
  if (question === undefined) return refused('not-found', `There is no task ${id}.`);
  const sealed = await findSealed(gateway, id);
  if (sealed === undefined)
    return refused('question-open', `Question ${id} still takes answers; delete its content once it is sealed.`);
  if (sealed.taskId !== undefined && sealed.taskId !== id) return findHeld(gateway, sealed.taskId);
  return accepted({ place: { kind: 'question', id }, cids: [question.prompt.cid], taskId: undefined });
}

/**
 * Where equal contents of two tasks are stored once, one key could take away what another one's task needs: then only an
 * administrator deletes.
 */
async function checkMay(gateway: Gateway, key: ApiKey, held: Held): Promise<Checked<undefined>> {
  if (key.scopes.includes('admin')) return accepted(undefined);
  const needsAdmin = (why: string) => refused('out-of-scope', `${why}; the key ${key.id} has not the scope admin.`);
  if (gateway.contentStore.placesAreApart !== true)
    return needsAdmin('This content store keeps equal contents once, so one task’s content may be another one’s');
  if ((await submitterOf(gateway, held.place)) === key.id) return accepted(undefined);
  return needsAdmin('Another key handed this task in');
}

/**
 * An operator that is still at work would leave its evidence later: a mark on its subject refuses it. The marks go with
 * the age of content.
 */
async function eraseEvidence({ bus, operators }: Gateway, taskId: Hex): Promise<void> {
  const marked = [...operators()].flatMap((operator) => roles.map((role) => subjects.evidence(taskId, role, operator)));
  for (let from = 0; from < marked.length; from += tuning.erasureMarksAtOnce) {
    const some = marked.slice(from, from + tuning.erasureMarksAtOnce);
    await Promise.all(some.map((subject) => bus.publish(subject, mark, { messageId: `removed ${subject}` })));
  }
  await bus.erase('EVIDENCE', subjects.evidenceOn(taskId), mark);
}
