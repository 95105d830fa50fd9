/** The routes of the explorer: the newest tasks, their changes as they come, public content, and the page itself. */
import { type TaskSummary, tasksQuery } from '@assay/protocol/api/gateway-answers';
import { checkShape } from '@assay/protocol/encoding/decode';
import type { Clock } from '@assay/protocol/ports';
import { type ApiRequest, type ApiResponse, paths, refuse, tooManyWaiting } from '../api.ts';
import type { Gateway } from '../gateway.ts';
import { taskIdOf } from '../network-answers.ts';
import { readPublicContent } from '../public-content.ts';

/** What someone finds who opens the gateway's address without a browser. */
const start = { service: 'assay-gateway', openApi: paths.openApi, network: paths.network };

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self' https: http:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

const listedAtFirst = 50;

/** A silent connection is ended by proxies; a comment is sent before they would. */
const heartbeatMs = 15_000;

/** GET /v1/tasks: the newest tasks. `?limit=` of them (50, at most 200), `?before=` a position. */
export async function listTasks({ recent }: Gateway, request: ApiRequest): Promise<ApiResponse> {
  if (recent === undefined) return explorerIsOff();
  const query = checkShape(tasksQuery, request.query);
  if (!query.ok) return refuse(query.refusal);
  const { limit, before } = query.value;
  const tasks = recent.list(limit || listedAtFirst, before || undefined);
  const last = tasks.at(-1);
  const hasMore = last !== undefined && recent.list(1, last.position).length > 0;
  return { status: 200, body: { tasks, ...(hasMore ? { before: last.position } : {}) } };
}

/** GET /v1/standing: what the newest reports say of operators and miners. */
export async function readStanding({ recent }: Gateway): Promise<ApiResponse> {
  return recent === undefined ? explorerIsOff() : { status: 200, body: recent.standing() };
}

/** GET /v1/events: each task that is accepted or decided from now on, as server-sent events. */
export async function watchTasks({ recent, clock }: Gateway, request: ApiRequest): Promise<ApiResponse> {
  if (recent === undefined) return explorerIsOff();
  if (!recent.hasRoom) return tooManyWaiting();
  const over = new AbortController();
  const signal = AbortSignal.any([request.signal, over.signal]);
  return {
    status: 200,
    contentType: 'text/event-stream',
    headers: { 'cache-control': 'no-store', 'x-accel-buffering': 'no' },
    body: eventsOf(recent.changes(signal)[Symbol.asyncIterator](), clock, over),
  };
}

/** The text of an event stream, with comments while nothing happens; `over` ends the watch when the reader leaves. */
async function* eventsOf(
  changes: AsyncIterator<TaskSummary>,
  clock: Clock,
  over: AbortController,
): AsyncIterable<string> {
  try {
    yield 'retry: 2000\n\n';
    let next = changes.next();
    for (;;) {
      const timer = new AbortController();
      const first = await Promise.race([next, clock.sleep(heartbeatMs, timer.signal).then(() => undefined)]);
      timer.abort('over');
      if (first?.done === true) return;
      if (first === undefined) yield ': nothing new\n\n';
      else {
        yield `event: task\ndata: ${JSON.stringify(first.value)}\n\n`;
        next = changes.next();
      }
    }
  } finally {
    over.abort('over');
    await changes.return?.();
  }
}

/**
 * GET /: the explorer's page for a browser, where to read on for others. GET /explorer/:file: its files. The page may load
 * nothing from elsewhere, and reach this origin and the chain's RPC alone.
 */
export async function readPage({ page }: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const name = request.params.file ?? 'index.html';
  const wantsPage = request.params.file !== undefined || (request.headers.accept ?? '').includes('text/html');
  if (page === undefined || !wantsPage)
    return request.params.file === undefined ? { status: 200, body: start } : explorerIsOff();
  const file = page.get(name);
  if (file === undefined) return refuse({ code: 'not-found', detail: `The explorer has no file ${name}.` });
  return { status: 200, ...file, headers: { ...pageHeaders, 'cache-control': 'no-cache' } };
}

/** GET /v1/tasks/:taskId/content: prompt and outputs of a task with public content, each checked against its CID. */
export async function readContent(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const taskId = taskIdOf(request);
  if (!taskId.ok) return refuse(taskId.refusal);
  const content = await readPublicContent(gateway, taskId.value);
  if (!content.ok) return refuse(content.refusal);
  const { task, prompt, outputs } = content.value;
  const submissions = task.submissions.map(({ miner }, index) => ({ miner, ...named('output', outputs[index]) }));
  return { status: 200, body: { taskId: taskId.value, ...named('prompt', prompt), submissions } };
}

function named(name: string, text: string | undefined): Record<string, string> {
  return text === undefined ? {} : { [name]: text };
}

function explorerIsOff(): ApiResponse {
  return refuse({ code: 'not-found', detail: 'This gateway has no explorer. Its operator can set EXPLORER=on.' });
}
