/** Takes an answer to a question: checks it, stores its output, publishes it once, and signs a receipt. */
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Keyring } from '@assay/protocol/ports';
import {
  type Answer,
  answerRequestSchema,
  buildAnswer,
  checkAnswerSigned,
  type Receipt,
  signedAnswer,
  signedReceipt,
} from '@assay/protocol/question/answer';
import type { Question } from '@assay/protocol/question/question';
import { admit, type TakenAnswer } from '@assay/protocol/question/standing';
import { accepted, type Checked, type Refusal, refused } from '@assay/protocol/refusal';
import { tuning } from '@assay/protocol/tuning';
import { attributes, metrics, spans } from '@assay/runtime/service/telemetry-names';
import { checkCommitted, checkPayload, checkRequest, policyOf, storeContents } from '../accept-task.ts';
import { type ApiRequest, type ApiResponse, paths, refuse, refuseForNow } from '../api.ts';
import type { Gateway } from '../gateway.ts';
import { taskIdOf } from '../network-answers.ts';
import { inServerSpan } from '../server-span.ts';
import { findQuestion } from './read-question.ts';
import { readStanding } from './read-standing.ts';

/** POST /v1/tasks/:taskId/submissions: 202 with a signed receipt; the same answer again gets it again. */
export async function answerQuestion(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const route = { spanName: spans.answerQuestion, path: paths.submissions };
  return inServerSpan(gateway, request, route, async (span) => {
    const answered = await answer(gateway, request);
    const outcome = answered.ok ? 'accepted' : answered.refusal.code;
    span.setAttribute(attributes.outcome, outcome);
    gateway.telemetry.count(metrics.answers, { outcome });
    if (answered.ok) return { status: 202, body: answered.value };
    const { retryAfterMs, ...refusal } = answered.refusal as Refusal & { readonly retryAfterMs?: number };
    return retryAfterMs === undefined ? refuse(refusal) : refuseForNow(refusal, retryAfterMs);
  });
}

async function answer(gateway: Gateway, request: ApiRequest): Promise<Checked<Receipt>> {
  const questionId = taskIdOf(request);
  if (!questionId.ok) return refused('malformed', questionId.refusal.detail, 'taskId');
  const question = await findQuestion(gateway, questionId.value);
  const { sealer, bus, clock, view } = gateway;
  if (question === undefined || sealer === undefined)
    return refused('not-found', `This gateway has no question ${questionId.value}.`);
  const checked = checkAnswer(gateway, question, sealer, request.body);
  if (!checked.ok) return checked;
  const { answer: given, output } = checked.value;
  const { standing } = await readStanding(bus, view().network, question);
  const admitted = admit(question, standing, given, clock.nowMs());
  if (!admitted.ok) return admitted;
  if (admitted.value.earlier !== undefined)
    return accepted(await receiptOf(gateway, sealer, question, admitted.value.earlier));
  const place = { kind: 'question', id: question.questionId } as const;
  const kept = await storeContents(gateway, request.client, place, new Map([[given.cid, output]]));
  if (!kept.ok) return { ok: false, refusal: { ...kept.refusal, retryAfterMs: kept.retryAfterMs } as Refusal };
  await bus.publish(subjects.answer(question.questionId, given.miner), encodeMessage(given), {
    messageId: `answer-${question.questionId}-${given.signature}`,
    headers: gateway.telemetry.carrier(),
    expectLastSubjectSequence: 0,
  });
  const placed = await placeOf(gateway, question, given);
  return placed.ok ? accepted(await receiptOf(gateway, sealer, question, placed.value)) : placed;
}

/** Everything that needs no other answer. */
function checkAnswer(
  gateway: Gateway,
  question: Question,
  sealer: Keyring,
  body: unknown,
): Checked<ReturnType<typeof buildAnswer>> {
  const shape = checkRequest(answerRequestSchema, body);
  if (!shape.ok) return shape;
  const named = question.question.sealer;
  if (named !== sealer.address)
    return refused('other-sealer', `Question ${question.questionId} is sealed by ${named}; ask its gateway.`);
  const policy = policyOf(gateway, question.policy);
  if (!policy.ok) return policy;
  const payload = checkPayload(policy.value, [['output', shape.value.output]]);
  if (!payload.ok) return payload;
  const committed = checkCommitted(policy.value, shape.value.commitment, 'commitment');
  if (!committed.ok) return committed;
  const built = buildAnswer(shape.value);
  const signed = checkAnswerSigned(gateway.view().network, question.questionId, built.answer);
  return signed.ok ? accepted(built) : signed;
}

/**
 * What became of an answer that was published, by the order of the stream: it is in the set, or it came too late, or
 * another one of its miner came first. A server that lags is asked again.
 */
async function placeOf(
  { bus, clock, view }: Gateway,
  question: Question,
  given: Answer,
): Promise<Checked<TakenAnswer>> {
  for (let looks = 0; looks < tuning.answerLooksMax; looks++) {
    const { standing } = await readStanding(bus, view().network, question);
    const found = admit(question, standing, given, 0);
    if (!found.ok) return found;
    if (found.value.earlier !== undefined) return accepted(found.value.earlier);
    if (await isLate(bus, question, given))
      return refused('question-closed', 'The answer came after the question’s time.');
    await clock.sleep(tuning.answerLookMs);
  }
  throw new Error(`The bus does not show the answer of ${given.miner} to question ${question.questionId}.`);
}

/** The server's clock may be ahead of the gateway's. */
async function isLate({ last }: Pick<Gateway['bus'], 'last'>, question: Question, { miner }: Answer): Promise<boolean> {
  const message = await last('ANSWERS', subjects.answer(question.questionId, miner));
  return message !== undefined && message.timestampMs > question.question.answersUntilMs;
}

async function receiptOf(
  { view }: Gateway,
  sealer: Keyring,
  { questionId }: Question,
  { answer: { miner, ...rest }, receivedAtMs }: TakenAnswer,
): Promise<Receipt> {
  const { network } = view();
  const fields = { questionId, miner, answerDigest: signedAnswer(network, questionId, rest).digest, receivedAtMs };
  const { digest, preimage } = signedReceipt(network, fields);
  return { ...fields, sealer: sealer.address, signature: await sealer.sign(digest, preimage) };
}
