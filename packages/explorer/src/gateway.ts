/** What the page asks its gateway. Nothing here is trusted: see `proof.ts`. */
import {
  type StandingAnswer,
  standingAnswerSchema,
  type TaskContent,
  type TaskSummary,
  taskAnswerSchema,
  taskContentSchema,
  tasksAnswerSchema,
} from '@assay/protocol/api/gateway-answers';
import { problemSchema } from '@assay/protocol/api/problem';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import type { Task } from '@assay/protocol/task/task';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { z } from 'zod';

/** The SDK's client, for what it knows. */
export const gateway = new GatewayClient(window.location.origin);

/** The same with the user's API key; empty: without one. */
export function gatewayWith(apiKey: string): GatewayClient {
  return apiKey === '' ? gateway : new GatewayClient(window.location.origin, { apiKey });
}

/** The newest tasks before a position, and the position of the next page if there is one. */
export function listTasks(before?: number): Promise<{ tasks: TaskSummary[]; before?: number | undefined }> {
  return read(`/v1/tasks${before === undefined ? '' : `?before=${before}`}`, tasksAnswerSchema);
}

export async function readTask(taskId: Hex): Promise<Task> {
  return (await read(`/v1/tasks/${taskId}`, taskAnswerSchema)).task;
}

export function readContent(taskId: Hex): Promise<TaskContent> {
  return read(`/v1/tasks/${taskId}/content`, taskContentSchema);
}

/** What the newest reports say of operators and miners. */
export function readStanding(): Promise<StandingAnswer> {
  return read('/v1/standing', standingAnswerSchema);
}

/** The RPC that the gateway's operator proposes for proofs. */
export async function proposedRpcUrl(): Promise<string | undefined> {
  return (await read('/explorer/settings.json', z.object({ rpcUrl: z.string().optional() }))).rpcUrl;
}

async function read<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  const response = await fetch(path, { headers: { accept: 'application/json' } });
  const body: unknown = await response.json();
  if (response.ok) {
    const checked = checkShape(schema, body);
    if (checked.ok) return checked.value;
    throw new Error(`The gateway's answer does not fit: ${checked.refusal.detail}.`);
  }
  const refusal = problemSchema.safeParse(body);
  throw new Error(refusal.success ? refusal.data.detail : `The gateway answered ${response.status}.`);
}
