/** The API: the handler of each path, behind one rate limit. */
import type { Refusal } from '@assay/protocol/refusal';
import { tuning } from '@assay/protocol/tuning';
import { metrics } from '@assay/runtime/service/telemetry-names';
import { acceptTask } from './accept-task.ts';
import { type ApiRequest, type ApiResponse, type ApiRoute, paths, refuseForNow } from './api.ts';
import { listTasks, readContent, readPage, watchTasks } from './explorer/explorer-answers.ts';
import type { Gateway } from './gateway.ts';
import { explainTask, readNetwork, readReport, readTask } from './network-answers.ts';
import { openApiDocument } from './openapi.ts';
import { leaveSessionMessage, readSessionMessages } from './session-messages.ts';

const tooMany: Refusal = { code: 'too-many-requests', detail: 'Too many requests.' };
const document = openApiDocument();

type Answer = (gateway: Gateway, request: ApiRequest) => Promise<ApiResponse>;

const table: readonly (readonly ['GET' | 'POST', string, Answer])[] = [
  ['POST', paths.tasks, acceptTask],
  ['GET', paths.tasks, listTasks],
  ['GET', paths.task, readTask],
  ['GET', paths.content, readContent],
  ['GET', paths.explanation, explainTask],
  ['GET', paths.report, readReport],
  ['GET', paths.network, readNetwork],
  ['POST', paths.sessionMessages, leaveSessionMessage],
  ['GET', paths.sessionMessages, readSessionMessages],
  ['GET', paths.events, watchTasks],
  ['GET', paths.root, readPage],
  ['GET', paths.pageFile, readPage],
  ['GET', paths.openApi, async () => ({ status: 200, body: document })],
];

/** The routes of the API. */
export function routesOf(gateway: Gateway): ApiRoute[] {
  return table.map(([method, path, answer]) => ({
    method,
    path,
    ...(path === paths.tasks && method === 'POST' ? { bodyBytesMax: tuning.requestBytesMax } : {}),
    handler: async (request) => {
      const { allowed, retryAfterMs } = await gateway.rateLimiter.take(request.remoteAddress);
      const response = allowed ? await answer(gateway, request) : refuseForNow(tooMany, retryAfterMs);
      gateway.telemetry.count(metrics.requests, { method, path, status: String(response.status) });
      return response;
    },
  }));
}
