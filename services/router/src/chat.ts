/** POST /v1/chat/completions: asks miners, lets the network judge, returns an accepted answer. */
import { errorText } from '@assay/protocol/error-text';
import type { Span } from '@assay/protocol/ports';
import { attributes, metrics } from '@assay/runtime/service/telemetry-names';
import { askMiner, type MinerAnswer, MinerFault } from './ask-miner.ts';
import { askMiners } from './ask-miners.ts';
import { type ChatRequest, readChatRequest } from './chat-request.ts';
import { chunksOf, completionOf, eventOf, type Heading, verdictChunk } from './completion.ts';
import { drawMiners } from './draw.ts';
import { errorBodyOf, Fault } from './faults.ts';
import { type Judged, judgeAnswers, type Result, type TaskGateway } from './judge.ts';
import type { Miner } from './miners.ts';
import { type OpenPayment, returnedPayment } from './payments/payments.ts';
import type { Bill, Router, RouterAnswer, RouterRequest } from './router.ts';

/** One request on its way. */
interface Asked {
  readonly router: Router;
  /** Where the caller's tasks go. */
  readonly gateway: TaskGateway;
  readonly chat: ChatRequest;
  readonly reference: string;
  readonly heading: Heading;
  readonly signal: AbortSignal;
}

/** The answer, whole or as a stream. Throws {@link Fault}. */
export async function answerChat(
  router: Router,
  gateway: TaskGateway,
  request: RouterRequest,
  span: Span,
): Promise<RouterAnswer> {
  const chat = readChatRequest(request.body, request.headers['x-assay-mode']);
  if (!router.miners.some(({ models, state }) => state === 'active' && models.includes(chat.model)))
    throw new Fault('model_not_found', 'GET /v1/models lists them.', { param: 'model' });
  const newReference = `router-${router.newId()}`;
  const payment = await router.payments?.admit(chat, request.headers, newReference);
  try {
    return await answerQuestion(router, gateway, request, { chat, payment, span, newReference });
  } finally {
    payment?.close();
  }
}

/** The question is checked, and paid for where it must be. */
async function answerQuestion(
  router: Router,
  gateway: TaskGateway,
  request: RouterRequest,
  admitted: {
    readonly chat: ChatRequest;
    readonly payment: OpenPayment | undefined;
    readonly span: Span;
    readonly newReference: string;
  },
): Promise<RouterAnswer> {
  const { chat, payment, span, newReference } = admitted;
  const reference = payment?.reference ?? newReference;
  const createdSeconds = Math.floor(router.clock.nowMs() / 1000);
  const heading = { id: `chatcmpl-${reference}`, createdSeconds, model: chat.model };
  const asked: Asked = { router, gateway, chat, reference, heading, signal: request.signal };
  const order = drawMiners(router.miners, chat.model, (miner) => router.book.standingOf(miner), reference);
  const answers = await askAll(asked, order);
  const [first] = answers;
  if (first === undefined) throw new Fault('no-miner-answered', `${order.length} of its miners had room.`);
  span.setAttribute(attributes.submissions, answers.length);
  if (chat.mode === 'off') return sent(asked, first, { mode: 'off', reference, miner: first.miner.address });
  if (chat.mode === 'optimistic') return streamed(asked, optimistic(asked, answers, first), {}, billOf(first, '0'));
  const judged = await judge(asked, answers);
  span.setAttribute(attributes.taskId, judged.taskId);
  if (judged.best === undefined)
    throw new Fault('no-answer-accepted', 'Ask again, or look at the results of the task.', {
      assay: {
        taskId: judged.taskId,
        results: judged.results.map(({ result }) => stated(result)),
        ...(payment === undefined ? {} : { payment: returnedPayment }),
      },
    });
  const described = describe(asked, judged, judged.best);
  if (payment === undefined) return sent(asked, judged.best.answer, described);
  const { payment: word, headers, paid } = await payment.collect(judged.report);
  const answer = sent(asked, judged.best.answer, { ...described, payment: word }, paid);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

function askAll({ router, chat, reference, signal }: Asked, order: readonly Miner[]): Promise<MinerAnswer[]> {
  const { book, telemetry, domain, minersAsked, answerTimeoutMs: timeoutMs, hedgeMs } = router;
  const question = { domain, reference, prompt: chat.prompt, body: chat.forMiners };
  const ask = async (miner: Miner, stop: AbortSignal) => {
    const end = book.begin(miner);
    let outcome = 'answered';
    try {
      const answer = await askMiner(miner, question, stop);
      book.answered(miner);
      return answer;
    } catch (error) {
      outcome = error instanceof MinerFault ? error.code : 'internal';
      // The Router itself hung up: enough others were faster, or the time was over.
      if (stop.aborted) outcome = 'late';
      else book.failed(miner);
      telemetry.log.info('a miner’s answer does not count', { miner: miner.name, reason: outcome });
      throw error;
    } finally {
      end();
      telemetry.count(metrics.minerAnswers, { outcome });
    }
  };
  const wanted = chat.mode === 'off' ? 1 : minersAsked;
  return askMiners(order, ask, router.clock, { wanted, timeoutMs, hedgeMs }, signal);
}

async function judge(
  { router, gateway, chat, reference, signal }: Asked,
  answers: readonly MinerAnswer[],
): Promise<Judged> {
  const question = { reference, prompt: chat.prompt, model: chat.model };
  const judged = await judgeAnswers(router.judge, gateway, question, answers, signal);
  for (const { answer, result } of judged.results) router.book.judged(answer.miner, result.verdict);
  return judged;
}

/** The first answer at once, then what the network says of it. */
async function* optimistic(
  asked: Asked,
  answers: readonly MinerAnswer[],
  first: MinerAnswer,
): AsyncGenerator<object | '[DONE]'> {
  yield* chunksOf(asked.heading, first, asked.chat.includesUsage);
  const judged = await judge(asked, answers);
  const own = judged.results.find(({ answer }) => answer === first);
  if (own === undefined) throw new Fault('report-not-proven');
  yield verdictChunk(asked.heading, describe(asked, judged, own));
}

/** An answer whose verdict is known, or is not asked for. */
function sent(asked: Asked, answer: MinerAnswer, assay: object, paid = '0'): RouterAnswer {
  const headers = headersOf(assay);
  const bill = billOf(answer, paid);
  if (!asked.chat.isStream) return { status: 200, body: completionOf(asked.heading, answer, assay), headers, bill };
  const chunks = [...chunksOf(asked.heading, answer, asked.chat.includesUsage), verdictChunk(asked.heading, assay)];
  return streamed(asked, chunks, headers, bill);
}

function streamed(
  { router, reference, chat }: Asked,
  chunks: AsyncIterable<object | '[DONE]'> | Iterable<object | '[DONE]'>,
  headers: Record<string, string>,
  bill: Bill,
): RouterAnswer {
  const { log } = router.telemetry;
  const events = async function* () {
    try {
      for await (const one of chunks) yield eventOf(one);
    } catch (error) {
      const fault = error instanceof Fault ? error : new Fault('internal');
      log.warn('a stream ended without a verdict', { code: fault.code, reason: errorText(error) });
      yield eventOf(errorBodyOf(fault));
    }
    yield eventOf('[DONE]');
  };
  return {
    status: 200,
    body: events(),
    bill,
    contentType: 'text/event-stream; charset=utf-8',
    headers: {
      'cache-control': 'no-cache',
      'x-assay-mode': chat.mode,
      'x-assay-reference': reference,
      ...headers,
    },
  };
}

/** What an answer used, by its miner's count of tokens and price. */
function billOf({ usage, miner }: MinerAnswer, paid: string): Bill {
  const { prompt_tokens: promptTokens = 0, completion_tokens: completionTokens = 0 } = usage ?? {};
  return { promptTokens, completionTokens, cost: ((promptTokens + completionTokens) * miner.price) / 1_000_000, paid };
}

function stated({ miner, verdict, scores, flags }: Result) {
  return { miner, verdict, scores, flags };
}

function describe({ chat, reference }: Asked, judged: Judged, { result }: Judged['results'][number]) {
  return {
    mode: chat.mode,
    reference,
    taskId: judged.taskId,
    transaction: judged.transaction,
    ...stated(result),
    results: judged.results.map((one) => stated(one.result)),
  };
}

/** The same as headers, without the other answers. */
function headersOf(assay: object): Record<string, string> {
  const words = (value: unknown): string =>
    typeof value === 'object' && value !== null
      ? Object.entries(value)
          .map(([name, one]) => `${name}=${Array.isArray(one) ? one.join('+') : String(one)}`)
          .join(',')
      : String(value);
  const names = { taskId: 'task', transaction: 'transaction', miner: 'miner', verdict: 'verdict' };
  const shown = { mode: 'mode', reference: 'reference', ...names, scores: 'scores', flags: 'flags' };
  return Object.fromEntries(
    Object.entries(shown).flatMap(([field, header]) => {
      const value: unknown = Reflect.get(assay, field);
      return value === undefined ? [] : [[`x-assay-${header}`, words(value)]];
    }),
  );
}
