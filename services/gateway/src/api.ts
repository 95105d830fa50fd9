/** The types of the API's routes. The HTTP server itself is an adapter. */
import type { ApiKey } from '@assay/protocol/api/api-keys';
import { type Problem, problemMediaType, problemOf, problemsPath } from '@assay/protocol/api/problem';
import type { Refusal } from '@assay/protocol/refusal';
import type { RefusalCode } from '@assay/protocol/refusal-codes';

export interface ApiRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  /** Whom limits count the request for: its API key, else its address. */
  readonly client: string;
  /** Its API key, where the gateway asks for keys. */
  readonly key: ApiKey | undefined;
  /** Aborts when the client's connection closes, also after the answer. */
  readonly signal: AbortSignal;
}

export interface ApiResponse {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  /** Given: the body is text, or texts as they come, or an object, which becomes JSON. Otherwise it is JSON. */
  readonly contentType?: string;
  /** The trace that the request was handled on, for the audit log. */
  readonly traceId?: string;
}

export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  /** Its own limit of the body; the server's if absent. */
  readonly bodyBytesMax?: number;
  handler(request: Omit<ApiRequest, 'client' | 'key'>): Promise<ApiResponse>;
}

/** The paths of the API; `:name` is a parameter. */
export const paths = {
  root: '/',
  pageFile: '/explorer/:file',
  tasks: '/v1/tasks',
  task: '/v1/tasks/:taskId',
  submissions: '/v1/tasks/:taskId/submissions',
  content: '/v1/tasks/:taskId/content',
  explanation: '/v1/tasks/:taskId/explain',
  report: '/v1/reports/:taskId',
  events: '/v1/events',
  standing: '/v1/standing',
  network: '/v1/network',
  sessionMessages: '/v1/sessions/:sessionId/messages',
  openApi: '/v1/openapi.json',
  problem: `${problemsPath}/:code`,
  webhooks: '/v1/webhooks',
  webhook: '/v1/webhooks/:webhookId',
  keys: '/v1/keys',
  ownKey: '/v1/keys/self',
  keyRotation: '/v1/keys/:keyId/rotate',
  keyRevocation: '/v1/keys/:keyId/revoke',
} as const;

/** The HTTP status that each refusal code becomes; any other code is 400. */
const statusOfCode: Readonly<Partial<Record<RefusalCode, number>>> = {
  'too-long': 413,
  'unknown-policy': 422,
  'wrong-payload': 422,
  'content-too-long': 422,
  'content-missing': 404,
  'signature-required': 422,
  'commitment-required': 422,
  'duplicate-task': 409,
  'question-open': 409,
  'question-closed': 409,
  'answered-already': 409,
  'other-sealer': 409,
  unanswered: 404,
  'too-many-questions': 503,
  'too-many-requests': 429,
  'too-much-content': 429,
  'content-store-full': 503,
  'too-many-waiting': 503,
  unauthenticated: 401,
  'out-of-scope': 403,
  'keys-unavailable': 503,
  'audit-unavailable': 503,
  'too-many-keys': 409,
  'too-many-webhooks': 409,
  'not-found': 404,
  pending: 404,
};

/** A refusal as a response: a problem of RFC 9457. */
export function refuse(refusal: Refusal, more: Pick<Problem, 'taskId'> = {}): ApiResponse {
  const status = statusOfCode[refusal.code] ?? 400;
  return { status, contentType: problemMediaType, body: { ...problemOf(status, refusal), ...more } };
}

/** How the HTTP server says what it refuses by itself. */
export const serverProblems = {
  errorBody: (status: number, code: RefusalCode, detail: string) => problemOf(status, { code, detail }),
  errorContentType: problemMediaType,
} as const;

/** A response with the path of its request, which a problem names. */
export function withInstance(
  response: ApiResponse,
  template: string,
  params: Readonly<Record<string, string>>,
): ApiResponse {
  if (response.contentType !== problemMediaType) return response;
  const instance = template.replaceAll(/:(\w+)/gu, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  return { ...response, body: { ...Object(response.body), instance } };
}

/** A refusal for now: `retry-after` has whole seconds. */
export function refuseForNow(refusal: Refusal, retryAfterMs: number): ApiResponse {
  const seconds = Math.max(1, Math.ceil(retryAfterMs / 1000));
  const detail = `${refusal.detail} Try again in ${seconds} s.`;
  return { ...refuse({ ...refusal, detail }), headers: { 'retry-after': String(seconds) } };
}

/** What a handler gives back for a client that has hung up; nobody reads it. */
export const clientGone: ApiResponse = { status: 499, body: { code: 'client-gone', detail: 'Hung up.' } };

/** Seconds after which a client that found no room to wait may try again. */
const waitAgainSeconds = 2;

/** More clients wait than the gateway lets. */
export function tooManyWaiting(): ApiResponse {
  const detail = `Too many clients wait; try again in ${waitAgainSeconds} s, or ask without waitMs.`;
  return { ...refuse({ code: 'too-many-waiting', detail }), headers: { 'retry-after': String(waitAgainSeconds) } };
}
