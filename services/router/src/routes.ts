/** The routes of the Router, behind one rate limit and the API keys. */
import { tuning } from '@assay/protocol/tuning';
import { isRecorded, traceOf, whoOf } from '@assay/runtime/audit/request-notes';
import { attributes, metrics, spans } from '@assay/runtime/service/telemetry-names';
import { a2aPaths, agentCardOf } from './a2a/agent-card.ts';
import { isMessage, messageAnswer, readMessage } from './a2a/agent-message.ts';
import type { Caller } from './callers.ts';
import { answerChat } from './chat/chat.ts';
import { type Kind, kindPaths } from './chat/chat-request.ts';
import { errorBodyOf, Fault } from './faults.ts';
import { type Miner, modelsOf } from './miners.ts';
import type { Bill, Router, RouterAnswer, RouterRequest, RouterRoute } from './router.ts';
import { answerUsage } from './usage/usage-route.ts';

/** The paths of the API. */
export const paths = { ...kindPaths, models: '/v1/models', miners: '/v1/miners', usage: '/v1/usage' } as const;

/** The routes, behind one rate limit. */
export function routesOf(router: Router): RouterRoute[] {
  let underWay = 0;
  const answer = (kind: Kind) => async (request: RouterRequest) => {
    const caller = await router.callers.admit(request, ['submit', 'read']);
    // Of a connection that has closed meanwhile, no event would say so again.
    if (request.signal.aborted) throw new Fault('client-closed');
    if (underWay >= router.underWayMax) throw new Fault('too-many-under-way', '', { retryAfterSeconds: 2 });
    underWay++;
    // A stream is under way until its connection closes.
    request.signal.addEventListener('abort', () => underWay--, { once: true });
    const answered = await metered(router, caller, request, inSpan(router, caller, kind, request));
    return { ...answered, headers: { ...caller.headers, ...answered.headers } };
  };
  const chat = answer('chat');
  const models = async (request: RouterRequest) => {
    const { headers } = await router.callers.admit(request, []);
    return { status: 200, body: modelList(router.miners), headers };
  };
  const miners = async (request: RouterRequest) => {
    const { headers } = await router.callers.admit(request, []);
    return { status: 200, body: { miners: router.book.records.read(router.miners) }, headers };
  };
  const route = (method: 'GET' | 'POST', path: string, answer: RouterRoute['handler']): RouterRoute => ({
    method,
    path,
    ...(method === 'POST' ? { bodyBytesMax: tuning.requestBytesMax } : {}),
    handler: async (request) => {
      const response = await orFault(answer(request), (fault) =>
        noteFault(router, request, `${method} ${path}`, fault),
      );
      router.telemetry.count(metrics.requests, { method, path, status: String(response.status) });
      return response;
    },
  });
  const usage = (request: RouterRequest) => answerUsage(router.callers, router.usage, request, router.clock.nowMs());
  const message = async (request: RouterRequest) => {
    const read = readMessage(request.body);
    if (!isMessage(read)) return read;
    const { text, model = modelsOf(router.miners)[0] ?? '' } = read;
    const body = { model, messages: [{ role: 'user', content: text }] };
    return messageAnswer(read, await orFault(chat({ ...request, body })), router.newId());
  };
  return [
    route('POST', paths.chat, chat),
    route('POST', paths.text, answer('text')),
    route('GET', paths.models, models),
    route('GET', paths.miners, miners),
    route('GET', paths.usage, usage),
    route('POST', a2aPaths.messages, message),
    route('GET', a2aPaths.card, async (request) => cardAnswer(router, request)),
  ];
}

/** The agent card is for everyone; it names no key and no address but the Router's. */
function cardAnswer({ miners, needsKey, payments, publicUrl }: Router, { headers }: RouterRequest): RouterAnswer {
  const host = /^[\w.:[\]-]{1,255}$/.exec(headers.host ?? '')?.[0] ?? 'localhost';
  const url = publicUrl ?? `http://${host}`;
  return {
    status: 200,
    body: agentCardOf({ url, models: modelsOf(miners), needsKey, isPaid: payments !== undefined }),
    headers: { 'cache-control': 'no-cache' },
  };
}

/** Leaves a note of a refusal. A demand for payment is none, nor is what failed at miners or network. */
function noteFault(
  { audit }: Router,
  request: RouterRequest,
  what: string,
  { code, status, audited, reason }: Fault,
): void {
  const isRefusal = (status < 500 && code !== 'payment-required') || code === 'too-many-under-way';
  if (!isRefusal || !isRecorded(code)) return;
  const { keyId, traceId } = audited;
  const traced = traceId === undefined ? traceOf(request.headers) : { traceId };
  const result = reason === undefined ? code : `${code} ${reason}`;
  audit?.note({ kind: 'refusal', who: whoOf(keyId, request.remoteAddress), what, result, ...traced });
}

/** An answer, or the fault that it ended in. */
async function orFault(answer: Promise<RouterAnswer>, note?: (fault: Fault) => void): Promise<RouterAnswer> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    note?.(error);
    return { status: error.status, body: errorBodyOf(error), headers: error.headers };
  }
}

/** Writes down what a request used, also where it ended in an error. A demand for payment is no request yet. */
async function metered(
  { usage, clock, miners }: Router,
  { key }: Caller,
  { body }: RouterRequest,
  answer: Promise<RouterAnswer>,
): Promise<RouterAnswer> {
  const asked: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'model') : undefined;
  const model = modelsOf(miners).find((one) => one === asked) ?? '-';
  const note = (outcome: string, bill: Bill = { promptTokens: 0, completionTokens: 0, cost: 0, paid: '0' }) =>
    usage?.add({ atMs: clock.nowMs(), key: key?.id ?? '-', model, outcome, ...bill });
  const noteError = (error: unknown) => {
    const code = error instanceof Fault ? error.code : 'internal';
    if (code !== 'payment-required') note(code);
  };
  try {
    const done = await answer;
    void Promise.resolve(done.bill).then((bill) => note('answered', bill), noteError);
    return done;
  } catch (error) {
    noteError(error);
    throw error;
  }
}

/** The span has ids, codes and counts; never content. */
function inSpan(router: Router, { gateway, key }: Caller, kind: Kind, request: RouterRequest): Promise<RouterAnswer> {
  const options = {
    kind: 'server',
    parent: request.headers,
    attributes: { [attributes.httpMethod]: 'POST', [attributes.httpRoute]: kindPaths[kind] },
  } as const;
  return router.telemetry.span(spans.answerChat, options, async (span) => {
    try {
      const answer = await answerChat(router, gateway, kind, request, span);
      span.setAttribute(attributes.httpStatus, answer.status);
      return answer;
    } catch (error) {
      if (error instanceof Fault) {
        span.setAttribute(attributes.httpStatus, error.status);
        span.setAttribute(attributes.outcome, error.code);
        error.audited = { keyId: key?.id, ...traceOf(router.telemetry.carrier()) };
      }
      throw error;
    }
  });
}

function modelList(miners: readonly Miner[]): object {
  const data = modelsOf(miners).map((id) => ({ id, object: 'model', created: 0, owned_by: 'assay' }));
  return { object: 'list', data };
}
