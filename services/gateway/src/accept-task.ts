/** Accepts a task: checks it, stores its content, publishes it once. */

import { subjects } from '@assay/protocol/bus/subjects';
import { checkShape } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import type { Network } from '@assay/protocol/network/validator-set';
import type { Policy } from '@assay/protocol/policy/policy';
import { submissionSigned } from '@assay/protocol/question/answer';
import { accepted, type Checked, type Refusal, refused } from '@assay/protocol/refusal';
import { recoverSigner } from '@assay/protocol/signature/signature';
import { buildTask, type TaskWithContents } from '@assay/protocol/task/build-task';
import { StoreFull } from '@assay/protocol/task/store-full';
import { type ContentInput, type Task, type TaskRequest, taskRequestSchema } from '@assay/protocol/task/task';
import { encodeTaskMessage } from '@assay/protocol/task/task-message';
import { tuning } from '@assay/protocol/tuning';
import { attributes, metrics, spans } from '@assay/runtime/service/telemetry-names';
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
    const refused = await storeContents(gateway, request.client, [...contents.values()]);
    if (refused !== undefined) {
      span.setAttribute(attributes.outcome, refused.code);
      gateway.telemetry.count(metrics.tasks, { outcome: refused.code });
      return refuseForNow(refused, refused.retryAfterMs);
    }
    const enclosed = gateway.enclosesContent ? contents : new Map<string, Uint8Array>();
    const published = await gateway.bus.publish(subjects.task(task.taskId), encodeTaskMessage(task, enclosed), {
      messageId: `task-${task.taskId}`,
      headers: gateway.telemetry.carrier(),
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

/** Stores a task's contents if the client and the store have room for them; otherwise the refusal. */
async function storeContents(
  { contentStore, contentLimiter }: Gateway,
  client: string,
  contents: readonly Uint8Array[],
): Promise<(Refusal & { readonly retryAfterMs: number }) | undefined> {
  const bytes = contents.reduce((sum, one) => sum + one.length, 0);
  const { allowed, retryAfterMs } = await contentLimiter.take(client, bytes);
  if (!allowed) return { code: 'too-much-content', detail: 'Too much content of this client.', retryAfterMs };
  try {
    await Promise.all(contents.map((one) => contentStore.put(one)));
    return undefined;
  } catch (error) {
    if (!(error instanceof StoreFull)) throw error;
    const detail = 'The content store is full.';
    return { code: 'content-store-full', detail, retryAfterMs: tuning.storeFullRetryMs };
  }
}

/** Checks a whole request before anything is stored. */
export function checkTaskRequest({ view }: Pick<Gateway, 'view'>, body: unknown): Checked<TaskWithContents> {
  const shape = checkShape(taskRequestSchema, body);
  if (!shape.ok) {
    const tooLong = shape.refusal.detail.includes('is longer than');
    return tooLong ? refused('too-long', shape.refusal.detail, shape.refusal.field) : shape;
  }
  const { network, policies } = view();
  const policy = policies.get(shape.value.policy);
  if (policy === undefined) {
    return refused(
      'unknown-policy',
      `There is no policy "${shape.value.policy}"; this network has ${[...policies.keys()].join(', ')}.`,
      'policy',
    );
  }
  const payload = checkPayload(policy, shape.value);
  if (!payload.ok) return payload;
  const built = buildTask(shape.value);
  const rules = checkSubmissionRules(network, policy, built.task);
  return rules.ok ? accepted(built) : rules;
}

function checkPayload(policy: Policy, request: TaskRequest): Checked<undefined> {
  const fields: [string, ContentInput][] = [
    ['prompt', request.prompt],
    ...request.submissions.map((one, index): [string, ContentInput] => [`submissions.${index}.output`, one.output]),
  ];
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

function checkSubmissionRules(network: Network, policy: Policy, task: Task): Checked<undefined> {
  for (const [index, submission] of task.submissions.entries()) {
    const field = `submissions.${index}`;
    if (policy.commitments === 'required' && submission.commitment === undefined) {
      return refused(
        'commitment-required',
        `Policy "${policy.name}" requires a commitment of each miner.`,
        `${field}.commitment`,
      );
    }
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
