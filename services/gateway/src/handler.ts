/** The API: the handler of each path, behind one rate limit and the API keys. */
import { problemCodeSchema, problemKindOf } from '@assay/protocol/api/problem';
import { type Quota, rateLimitHeaders } from '@assay/protocol/api/rate-limit-headers';
import { checkShape } from '@assay/protocol/encoding/decode';
import type { Refusal } from '@assay/protocol/refusal';
import { tuning } from '@assay/protocol/tuning';
import { metrics } from '@assay/runtime/service/telemetry-names';
import { acceptTask } from './accept-task.ts';
import { type Needs, senderOf, whyNot } from './access/guard.ts';
import { createKey, listKeys, readOwnKey, revokeKey, rotateKey } from './access/key-answers.ts';
import { type ApiRequest, type ApiResponse, type ApiRoute, paths, refuse, refuseForNow, withInstance } from './api.ts';
import { actOf, audited } from './audited.ts';
import { deleteContent } from './delete-content.ts';
import { explainTask } from './explain-task.ts';
import { listTasks, readContent, readPage, readStanding, watchTasks } from './explorer/explorer-answers.ts';
import type { Gateway, RateLimiter } from './gateway.ts';
import { readNetwork, readReport, readTask } from './network-answers.ts';
import { openApiDocument } from './openapi/document.ts';
import { answerQuestion } from './questions/answer-question.ts';
import { askQuestion, isQuestion } from './questions/ask-question.ts';
import { leaveSessionMessage, readSessionMessages } from './session-messages.ts';
import { createWebhook, deleteWebhook, listWebhooks } from './webhooks/webhook-answers.ts';

const tooMany: Refusal = { code: 'too-many-requests', detail: 'Too many requests.' };
const document = openApiDocument();

/** A request that no handler saw. */
export interface ServerRefusal extends Pick<ApiRequest, 'headers' | 'remoteAddress'> {
  readonly method: string;
  /** The route's template; undefined if there is none. */
  readonly path: string | undefined;
  readonly code: string;
}

type Answer = (gateway: Gateway, request: ApiRequest) => Promise<ApiResponse>;

/** A whole task, or its question first. */
const submit: Answer = (gateway, request) =>
  isQuestion(request.body) ? askQuestion(gateway, request) : acceptTask(gateway, request);

/** GET /v1/problems/:code: what the code of a problem means. */
const describeProblem: Answer = async (_gateway, { params }) => {
  const code = checkShape(problemCodeSchema, params.code, 'code');
  return code.ok ? { status: 200, body: problemKindOf(code.value) } : refuse(code.refusal);
};

/** The routes whose requests carry content. */
const withContent: readonly string[] = [paths.tasks, paths.submissions];

/** What the explorer shows to everyone where it is on. */
const shown = 'shown';

const table: readonly (readonly [ApiRoute['method'], string, Answer, Needs | typeof shown])[] = [
  ['POST', paths.tasks, submit, 'submit'],
  ['POST', paths.submissions, answerQuestion, 'submit'],
  ['GET', paths.tasks, listTasks, shown],
  ['GET', paths.task, readTask, shown],
  ['GET', paths.content, readContent, shown],
  ['DELETE', paths.content, deleteContent, 'key'],
  ['GET', paths.explanation, explainTask, shown],
  ['GET', paths.report, readReport, shown],
  ['GET', paths.network, readNetwork, 'nothing'],
  ['POST', paths.sessionMessages, leaveSessionMessage, 'submit'],
  ['GET', paths.sessionMessages, readSessionMessages, 'read'],
  ['GET', paths.events, watchTasks, shown],
  ['GET', paths.standing, readStanding, shown],
  ['GET', paths.root, readPage, 'nothing'],
  ['GET', paths.pageFile, readPage, 'nothing'],
  ['GET', paths.openApi, async () => ({ status: 200, body: document }), 'nothing'],
  ['GET', paths.problem, describeProblem, 'nothing'],
  ['GET', paths.ownKey, readOwnKey, 'key'],
  ['GET', paths.webhooks, listWebhooks, 'submit'],
  ['POST', paths.webhooks, createWebhook, 'submit'],
  ['DELETE', paths.webhook, deleteWebhook, 'submit'],
  ['GET', paths.keys, listKeys, 'admin'],
  ['POST', paths.keys, createKey, 'admin'],
  ['POST', paths.keyRotation, rotateKey, 'admin'],
  ['POST', paths.keyRevocation, revokeKey, 'admin'],
];

/** The routes of the API. */
export function routesOf(gateway: Gateway): ApiRoute[] {
  const { keys, rateLimiter, telemetry } = gateway;
  const shownNeeds: Needs = gateway.recent === undefined ? 'read' : 'nothing';
  return table.map(([method, path, answer, needed]) => ({
    method,
    path,
    ...(withContent.includes(path) && method === 'POST' ? { bodyBytesMax: tuning.requestBytesMax } : {}),
    handler: async (request) => {
      const sender = senderOf(keys, request.headers, request.remoteAddress);
      const quotas: Quota[] = [];
      const { allowed, retryAfterMs } = await noting(rateLimiter, quotas).take(sender.client);
      const refusal = allowed
        ? whyNot(keys, sender, needed === shown ? shownNeeds : needed)
        : refuseForNow(tooMany, retryAfterMs);
      const act = actOf(request, sender, { method, path, isAdmin: needed === 'admin' });
      const response = await audited(gateway, act, refusal, () =>
        answer({ ...gateway, contentLimiter: noting(gateway.contentLimiter, quotas) }, { ...request, ...sender }),
      );
      telemetry.count(metrics.requests, { method, path, status: String(response.status) });
      const headers = { ...rateLimitHeaders(quotas), ...response.headers };
      return { ...withInstance(response, path, request.params), headers };
    },
  }));
}

/** A limiter that notes what is left of a client's limits. */
function noting(limiter: RateLimiter, quotas: Quota[]): RateLimiter {
  return {
    take: async (key, units) => {
      const answer = await limiter.take(key, units);
      if (answer.quota !== undefined) quotas.push(answer.quota);
      return answer;
    },
  };
}

/** Leaves a note of what the HTTP server refused by itself: no route, a body that is too long or is not JSON. */
export function noteServerRefusal({ audit, keys }: Pick<Gateway, 'audit' | 'keys'>, refused: ServerRefusal): void {
  const { method, path = '-', headers, remoteAddress, code } = refused;
  const sender = senderOf(keys, headers, remoteAddress);
  const { isAdmin: _, ...act } = actOf({ params: {}, headers, remoteAddress }, sender, {
    method,
    path,
    isAdmin: false,
  });
  audit.note({ ...act, kind: 'refusal', result: code });
}
