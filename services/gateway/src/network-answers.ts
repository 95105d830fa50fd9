/** The gateway's read routes: tasks, reports and the network. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { digestSchema } from '@assay/protocol/encoding/fields';
import type { Checked } from '@assay/protocol/refusal';
import { decodeTaskMessage } from '@assay/protocol/task/task-message';
import { tuning } from '@assay/protocol/tuning';
import { type ApiRequest, type ApiResponse, clientGone, refuse, tooManyWaiting } from './api.ts';
import type { Gateway } from './gateway.ts';
import { describeQuestion, findSealed, resolveTask } from './questions/read-question.ts';

/** The task that a path names. */
export function taskIdOf(request: ApiRequest): Checked<Hex> {
  return checkShape(digestSchema, request.params.taskId?.toLowerCase(), 'taskId');
}

/**
 * GET /v1/tasks/:taskId: the task as published, and whether its certified report is published. The id of a question
 * stands for its task once it is sealed; before, the answer says how the question stands.
 */
export async function readTask(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const taskId = taskIdOf(request);
  if (!taskId.ok) return refuse(taskId.refusal);
  const message = await gateway.bus.last('TASKS', subjects.task(taskId.value));
  if (message === undefined) return readQuestion(gateway, request, taskId.value);
  const decoded = decodeTaskMessage(message.data);
  if (!decoded.ok) throw new Error(`Task ${taskId.value} on the stream cannot be read: ${decoded.refusal.detail}`);
  const report = await gateway.bus.last('REPORTS', subjects.report(taskId.value));
  const status = report === undefined ? 'pending' : 'certified';
  return { status: 200, body: { status, task: decoded.value.task } };
}

async function readQuestion(gateway: Gateway, request: ApiRequest, id: Hex): Promise<ApiResponse> {
  const note = await findSealed(gateway, id);
  if (note?.taskId !== undefined && note.taskId !== id)
    return readTask(gateway, { ...request, params: { taskId: note.taskId } });
  const described = await describeQuestion(gateway, id);
  return described ?? refuse({ code: 'not-found', detail: `There is no task ${id}.` });
}

/**
 * GET /v1/reports/:taskId: the certified report. `?waitMs=` (up to 30 s) waits for it; 404 with code `pending` when the
 * task is known and its report is not out, `not-found` when there is no such task; 503 when too many clients wait. The
 * id of a question stands for its task; `unanswered` when it has none.
 */
export async function readReport(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const taskId = taskIdOf(request);
  if (!taskId.ok) return refuse(taskId.refusal);
  const { reports } = gateway.watches;
  const waitMs = Math.min(Number(request.query.waitMs ?? 0) || 0, tuning.longPollMsMax);
  const resolved = await resolveTask(gateway, taskId.value, waitMs, request.signal);
  if (resolved.kind === 'answer') return resolved.response;
  const { leftMs } = resolved;
  const subject = subjects.report(resolved.taskId);
  const awaited = leftMs > 0 ? await reports.lastOrNext(subject, leftMs, request.signal) : undefined;
  if (request.signal.aborted) return clientGone;
  const message = awaited?.kind === 'message' ? awaited.message : await reports.last(subject);
  if (message !== undefined) return { status: 200, body: JSON.parse(new TextDecoder().decode(message.data)) };
  if (awaited?.kind === 'full') return tooManyWaiting();
  return whyNoReport(gateway, resolved.taskId);
}

/** Why there is no report: no such task, or not yet. */
export async function whyNoReport(gateway: Gateway, taskId: Hex): Promise<ApiResponse> {
  const task = await gateway.watches.tasks.last(subjects.task(taskId));
  if (task === undefined) {
    const sealed = await findSealed(gateway, taskId);
    const which =
      sealed?.taskId === undefined ? '' : ` The question of this id became task ${sealed.taskId}: ask for that.`;
    return refuse({ code: 'not-found', detail: `There is no task ${taskId}.${which}` });
  }
  return refuse({
    code: 'pending',
    detail: 'The certified report is not published yet; ask again, or the report with ?waitMs=10000.',
  });
}

/** GET /v1/network: chain, contracts, epoch, members and policies. */
export async function readNetwork(gateway: Gateway): Promise<ApiResponse> {
  const { network, policies } = gateway.view();
  return {
    status: 200,
    body: {
      chainId: network.chainId,
      hub: network.hub,
      ...gateway.contracts,
      epoch: network.epoch,
      members: network.members.map(({ operator, weight }) => ({ operator, weight: weight.toString() })),
      policiesDigest: network.policiesDigest,
      policies: [...policies.values()],
      ...(gateway.oracle === undefined ? {} : { oracle: gateway.oracle }),
    },
  };
}
