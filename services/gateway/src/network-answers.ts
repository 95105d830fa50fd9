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

/** The task that a path names. */
export function taskIdOf(request: ApiRequest): Checked<Hex> {
  return checkShape(digestSchema, request.params.taskId?.toLowerCase());
}

/** GET /v1/tasks/:taskId: the task as published, and whether its certified report is published. */
export async function readTask(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const taskId = taskIdOf(request);
  if (!taskId.ok) return refuse({ ...taskId.refusal, field: 'taskId' });
  const message = await gateway.bus.last('TASKS', subjects.task(taskId.value));
  if (message === undefined) return refuse({ code: 'not-found', detail: `There is no task ${taskId.value}.` });
  const decoded = decodeTaskMessage(message.data);
  if (!decoded.ok) throw new Error(`Task ${taskId.value} on the stream cannot be read: ${decoded.refusal.detail}`);
  const report = await gateway.bus.last('REPORTS', subjects.report(taskId.value));
  const status = report === undefined ? 'pending' : 'certified';
  return { status: 200, body: { status, task: decoded.value.task } };
}

/**
 * GET /v1/reports/:taskId: the certified report. `?waitMs=` (up to 30 s) waits for it; 404 with code `pending` when the
 * task is known and its report is not out, `not-found` when there is no such task; 503 when too many clients wait.
 */
export async function readReport(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const taskId = taskIdOf(request);
  if (!taskId.ok) return refuse({ ...taskId.refusal, field: 'taskId' });
  const { reports } = gateway.watches;
  const subject = subjects.report(taskId.value);
  const waitMs = Math.min(Number(request.query.waitMs ?? 0) || 0, tuning.longPollMsMax);
  const awaited = waitMs > 0 ? await reports.lastOrNext(subject, waitMs, request.signal) : undefined;
  if (request.signal.aborted) return clientGone;
  const message = awaited?.kind === 'message' ? awaited.message : await reports.last(subject);
  if (message !== undefined) return { status: 200, body: JSON.parse(new TextDecoder().decode(message.data)) };
  if (awaited?.kind === 'full') return tooManyWaiting();
  return whyNoReport(gateway, taskId.value);
}

/** Why there is no report: no such task, or not yet. */
export async function whyNoReport({ watches }: Gateway, taskId: Hex): Promise<ApiResponse> {
  const task = await watches.tasks.last(subjects.task(taskId));
  if (task === undefined) return refuse({ code: 'not-found', detail: `There is no task ${taskId}.` });
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
