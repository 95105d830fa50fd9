/** The API: the handler of each path, behind one rate limit. */
import { metrics } from '@assay/runtime/service/signals';
import { acceptTask } from './accept-task.ts';
import { type ApiRequest, type ApiResponse, type ApiRoute, paths, refuse } from './api.ts';
import type { Gateway } from './gateway.ts';
import { readNetwork, readReport, readTask } from './network-answers.ts';
import { leaveSessionMessage, readSessionMessages } from './session-messages.ts';

type Answer = (gateway: Gateway, request: ApiRequest) => Promise<ApiResponse>;

const table: readonly (readonly ['GET' | 'POST', string, Answer])[] = [
  ['POST', paths.tasks, acceptTask],
  ['GET', paths.task, readTask],
  ['GET', paths.report, readReport],
  ['GET', paths.network, readNetwork],
  ['POST', paths.sessionMessages, leaveSessionMessage],
  ['GET', paths.sessionMessages, readSessionMessages],
];

/** The routes of the API. */
export function routesOf(gateway: Gateway): ApiRoute[] {
  return table.map(([method, path, answer]) => ({
    method,
    path,
    handler: async (request) => {
      const { allowed, retryAfterMs } = await gateway.rateLimiter.take(request.remoteAddress);
      const response = allowed ? await answer(gateway, request) : tooMany(retryAfterMs);
      gateway.telemetry.count(metrics.requests, { method, path, status: String(response.status) });
      return response;
    },
  }));
}

function tooMany(retryAfterMs: number): ApiResponse {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const response = refuse({ code: 'too-many-requests', detail: `Too many requests; try again in ${seconds} s.` });
  return { ...response, headers: { 'retry-after': String(seconds) } };
}
