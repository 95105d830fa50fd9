/** POST /v1/chat/completions and /v1/completions: asks miners, lets the network judge, returns an accepted answer. */
import type { Span } from '@assay/protocol/ports';
import { attributes } from '@assay/runtime/service/telemetry-names';
import type { MinerAnswer } from '../ask-miner.ts';
import { drawMiners } from '../draw.ts';
import { Fault } from '../faults.ts';
import type { TaskGateway } from '../judge.ts';
import { type OpenPayment, returnedPayment } from '../payments/payments.ts';
import type { Router, RouterAnswer, RouterRequest } from '../router.ts';
import { orderOf } from '../standing/miner-records.ts';
import { type Asked, askAll, judgeAll, wantedOf } from './asked.ts';
import { billOf, describe, headersOf, stated } from './assay-field.ts';
import { type ChatRequest, type Kind, kindPaths, readChatRequest } from './chat-request.ts';
import { chunksOf, completionOf, verdictChunk } from './completion.ts';
import { filterInput } from './input-filter.ts';
import { liveAnswer, streamed } from './streams.ts';

/** What a request came with. */
interface Admitted {
  readonly chat: ChatRequest;
  readonly payment: OpenPayment | undefined;
  readonly span: Span;
  readonly newReference: string;
}

/** The answer, whole or as a stream. Throws {@link Fault}. */
export async function answerChat(
  router: Router,
  gateway: TaskGateway,
  kind: Kind,
  request: RouterRequest,
  span: Span,
): Promise<RouterAnswer> {
  const chat = readChatRequest(kind, request.body, request.headers['x-assay-mode']);
  if (!router.miners.some(({ models, state }) => state === 'active' && models.includes(chat.model)))
    throw new Fault('model_not_found', 'GET /v1/models lists them.', { param: 'model' });
  const newReference = `router-${router.newId()}`;
  const { inputFilter: filter, telemetry } = router;
  // Before a payment: nobody pays for a request that is refused.
  const warned = filter === undefined ? {} : filterInput(filter, telemetry, chat, newReference, span);
  const payment = await router.payments?.admit(chat, kindPaths[kind], request.headers, newReference);
  try {
    const answer = await answerQuestion(router, gateway, request, { chat, payment, span, newReference });
    return { ...answer, headers: { ...answer.headers, ...warned } };
  } finally {
    payment?.close();
  }
}

/** The question is checked, and paid for where it must be. */
async function answerQuestion(
  router: Router,
  gateway: TaskGateway,
  request: RouterRequest,
  { chat, payment, span, newReference }: Admitted,
): Promise<RouterAnswer> {
  const { kind, model, mode } = chat;
  const reference = payment?.reference ?? newReference;
  const createdSeconds = Math.floor(router.clock.nowMs() / 1000);
  const heading = { kind, id: `${kind === 'text' ? 'cmpl' : 'chatcmpl'}-${reference}`, createdSeconds, model };
  const asked: Asked = { router, gateway, chat, reference, heading, signal: request.signal };
  const drawn = drawMiners(router.miners, model, (miner) => router.book.standingOf(miner), reference);
  const order = orderOf(drawn, (miner) => router.book.records.stateOf(miner, model), wantedOf(asked));
  if (chat.isLive) return liveAnswer(asked, order);
  const answers = await askAll(asked, order);
  const [first] = answers;
  if (first === undefined) throw new Fault('no-miner-answered', `${order.length} of its miners had room.`);
  span.setAttribute(attributes.submissions, answers.length);
  if (mode === 'off') return sent(asked, first, { mode, reference, miner: first.miner.address });
  return judgedAnswer(asked, answers, payment, span);
}

/** The best answer that the network accepts. */
async function judgedAnswer(
  asked: Asked,
  answers: readonly MinerAnswer[],
  payment: OpenPayment | undefined,
  span: Span,
): Promise<RouterAnswer> {
  const judged = await judgeAll(asked, answers);
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

/** An answer whose verdict is known, or is not asked for. */
function sent(asked: Asked, answer: MinerAnswer, assay: object, paid?: string): RouterAnswer {
  const { heading, chat } = asked;
  const headers = headersOf(assay);
  const bill = billOf(answer, paid);
  if (!chat.isStream) return { status: 200, body: completionOf(heading, answer, assay), headers, bill };
  const chunks = [...chunksOf(heading, answer, chat.includesUsage), verdictChunk(heading, assay)];
  return streamed(asked, chunks, headers, bill);
}
