/** Accepts a task: checks it, stores its content, publishes it once. */

import { schemaFault } from '@assay/checks/form/answer-schema';
import { subjects } from '@assay/protocol/bus/subjects';
import { checkShape } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import type { Network } from '@assay/protocol/network/validator-set';
import type { Policy } from '@assay/protocol/policy/policy';
import { submissionSigned } from '@assay/protocol/question/answer';
import { accepted, type Checked, type Refusal, refused } from '@assay/protocol/refusal';
import { recoverSigner } from '@assay/protocol/signature/signature';
import { buildTask, type TaskWithContents } from '@assay/protocol/task/build-task';
import { type ContentPlace, contentPlaceOf } from '@assay/protocol/task/content-place';
import { StoreFull } from '@assay/protocol/task/store-full';
import { type ContentInput, type Task, type TaskRequest, taskRequestSchema } from '@assay/protocol/task/task';
import { encodeTaskMessage } from '@assay/protocol/task/task-message';
import { tuning } from '@assay/protocol/tuning';
import { attributes, metrics, spans } from '@assay/runtime/service/telemetry-names';
import type { z } from 'zod';
import { submittedBy } from './access/submitter.ts';
import { type ApiRequest, type ApiResponse, paths, refuse, refuseForNow } from './api.ts';
import type { Gateway } from './gateway.ts';
import { inServerSpan } from './server-span.ts';

/** POST /v1/tasks: 202 with the task's id; 409 if the same task is already on the stream. */
export async function acceptTask(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const route = { spanName: spans.acceptTask, path: paths.tasks };
  return inServerSpan(gateway, request, route, async (span) => {
    const checked = checkTaskRequest(gateway, request.body);
    if (!checked.ok) {
      span.setAttribute(attributes.outcome, checked.refusal.code);
      gateway.telemetry.count(metrics.tasks, { outcome: checked.refusal.code });
      return refuse(checked.refusal);
    }
    const { task, contents } = checked.value;
    span.setAttribute(attributes.taskId, task.taskId);
    span.setAttribute(attributes.policy, task.policy);
    span.setAttribute(attributes.submissions, task.submissions.length);
    const kept = await storeContents(gateway, request.client, contentPlaceOf(task), contents);
    if (!kept.ok) {
      span.setAttribute(attributes.outcome, kept.refusal.code);
      gateway.telemetry.count(metrics.tasks, { outcome: kept.refusal.code });
      return refuseForNow(kept.refusal, kept.retryAfterMs);
    }
    const published = await gateway.bus.publish(subjects.task(task.taskId), encodeTaskMessage(task), {
      messageId: `task-${task.taskId}`,
      headers: { ...gateway.telemetry.carrier(), ...submittedBy(gateway, request, task.taskId) },
      expectLastSubjectSequence: 0,
    });
    const outcome = published.status === 'stored' ? 'accepted' : 'duplicate-task';
    span.setAttribute(attributes.outcome, outcome);
    gateway.telemetry.count(metrics.tasks, { outcome });
    if (outcome === 'accepted') return { status: 202, body: { taskId: task.taskId, reference: task.reference } };
    const detail = 'The same task was submitted before; its id is in taskId.';
    return refuse({ code: 'duplicate-task', detail }, { taskId: task.taskId });
  });
}

/** Whether contents were stored now or before; or why not, and when to try again. */
type Stored =
  | { readonly ok: true; readonly isNew: boolean }
  | { readonly ok: false; readonly refusal: Refusal; readonly retryAfterMs: number };

/** Stores contents if the client and the store have room for them. */
export async function storeContents(
  { contentStore, contentLimiter }: Gateway,
  client: string,
  place: ContentPlace,
  contents: ReadonlyMap<string, Uint8Array>,
): Promise<Stored> {
  const bytes = [...contents.values()].reduce((sum, one) => sum + one.length, 0);
  const { allowed, retryAfterMs } = await contentLimiter.take(client, bytes);
  if (!allowed) {
    const refusal = { code: 'too-much-content', detail: 'Too much content of this client.' } as const;
    return { ok: false, refusal, retryAfterMs };
  }
  try {
    return { ok: true, isNew: (await contentStore.put(place, contents)) === 'stored' };
  } catch (error) {
    if (!(error instanceof StoreFull)) throw error;
    const refusal = { code: 'content-store-full', detail: 'The content store is full.' } as const;
    return { ok: false, refusal, retryAfterMs: tuning.storeFullRetryMs };
  }
}

/** Checks a whole request before anything is stored. */
export function checkTaskRequest({ view }: Pick<Gateway, 'view'>, body: unknown): Checked<TaskWithContents> {
  if (typeof body === 'object' && body !== null && 'answersUntilMs' in body) {
    const detail = 'answersUntilMs: is of a question, which has no submissions yet; leave out one of the two';
    return refused('malformed', detail, 'answersUntilMs');
  }
  const shape = checkRequest(taskRequestSchema, body);
  if (!shape.ok) return shape;
  const found = policyOf({ view }, shape.value.policy);
  if (!found.ok) return found;
  const payload = checkPayload(found.value, contentsOf(shape.value));
  if (!payload.ok) return payload;
  const schema = checkAnswerSchema(shape.value.parameters);
  if (!schema.ok) return schema;
  const built = buildTask(shape.value);
  const rules = checkSubmissionRules(view().network, found.value, built.task);
  return rules.ok ? accepted(built) : rules;
}

/** A schema that no answer could be compared with is refused before anybody answers. */
export function checkAnswerSchema({ answerSchema }: TaskRequest['parameters']): Checked<undefined> {
  const fault = answerSchema === undefined ? undefined : schemaFault(answerSchema);
  if (fault === undefined) return accepted(undefined);
  const field = 'parameters.answerSchema';
  return refused('malformed', `${field}: ${fault}`, field);
}

/** The shape of a request with content. */
export function checkRequest<T>(schema: z.ZodType<T, unknown>, body: unknown): Checked<T> {
  const shape = checkShape(schema, body);
  if (shape.ok || !shape.refusal.detail.includes('is longer than')) return shape;
  return refused('too-long', shape.refusal.detail, shape.refusal.field);
}

/** The policy of a name that the network has now. */
export function policyOf({ view }: Pick<Gateway, 'view'>, name: string): Checked<Policy> {
  const { policies } = view();
  const policy = policies.get(name);
  if (policy !== undefined) return accepted(policy);
  const known = [...policies.keys()].join(', ');
  return refused('unknown-policy', `There is no policy "${name}"; this network has ${known}.`, 'policy');
}

type NamedContent = readonly [field: string, content: ContentInput];

function contentsOf(request: TaskRequest): NamedContent[] {
  const outputs = request.submissions.map((one, index): NamedContent => [`submissions.${index}.output`, one.output]);
  return [['prompt', request.prompt], ...outputs];
}

/** Whether contents are of the kind, public or sealed, that the policy takes. */
export function checkPayload(policy: Policy, fields: readonly NamedContent[]): Checked<undefined> {
  for (const [field, content] of fields) {
    const isSealed = typeof content !== 'string';
    if (isSealed !== (policy.payload === 'sealed')) {
      return refused('wrong-payload', `Policy "${policy.name}" takes ${policy.payload} content only.`, field);
    }
    if (isSealed && Buffer.byteLength(content.sealed, 'base64') > limits.outputBytesMax) {
      return refused('too-long', `${field}: is longer than ${limits.outputBytesMax} bytes`, field);
    }
  }
  return accepted(undefined);
}

/** Whether a commitment is there where the policy requires one. */
export function checkCommitted(policy: Policy, commitment: string | undefined, field: string): Checked<undefined> {
  if (policy.commitments !== 'required' || commitment !== undefined) return accepted(undefined);
  return refused('commitment-required', `Policy "${policy.name}" requires a commitment of each miner.`, field);
}

function checkSubmissionRules(network: Network, policy: Policy, task: Task): Checked<undefined> {
  for (const [index, submission] of task.submissions.entries()) {
    const field = `submissions.${index}`;
    const committed = checkCommitted(policy, submission.commitment, `${field}.commitment`);
    if (!committed.ok) return committed;
    if (submission.signature === undefined) {
      if (policy.submissionSignatures === 'optional') continue;
      return refused(
        'signature-required',
        `Policy "${policy.name}" requires a signature of each miner.`,
        `${field}.signature`,
      );
    }
    if (recoverSigner(submissionSigned(network, task, submission), submission.signature) !== submission.miner) {
      return refused('forged', `The signature is not that of ${submission.miner}.`, `${field}.signature`);
    }
  }
  return accepted(undefined);
}
