/** Takes a question: checks it, stores its prompt, publishes it once. */
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { buildQuestion, type Question, questionRequestSchema } from '@assay/protocol/question/question';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import type { ContentPlace } from '@assay/protocol/task/content-place';
import { tuning } from '@assay/protocol/tuning';
import { attributes, metrics, spans } from '@assay/runtime/service/telemetry-names';
import { checkAnswerSchema, checkPayload, checkRequest, policyOf, storeContents } from '../accept-task.ts';
import { submittedBy } from '../access/submitter.ts';
import { type ApiRequest, type ApiResponse, paths, refuse, refuseForNow } from '../api.ts';
import type { Gateway } from '../gateway.ts';
import { inServerSpan } from '../server-span.ts';

/** Whether a request to submit a task asks a question: it has the time of a question, and no answers. */
export function isQuestion(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'answersUntilMs' in body && !('submissions' in body);
}

/** POST /v1/tasks without submissions: 202 with the question and its id, also when it was asked before. */
export async function askQuestion(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  return inServerSpan(gateway, request, { spanName: spans.askQuestion, path: paths.tasks }, async (span) => {
    const { outcome, response } = await ask(gateway, request);
    span.setAttribute(attributes.outcome, outcome);
    gateway.telemetry.count(metrics.questions, { outcome });
    return response;
  });
}

interface Outcome {
  readonly outcome: string;
  readonly response: ApiResponse;
}

async function ask(gateway: Gateway, request: ApiRequest): Promise<Outcome> {
  const { bus, clock } = gateway;
  const checked = checkQuestion(gateway, request.body);
  if (!checked.ok) return { outcome: checked.refusal.code, response: refuse(checked.refusal) };
  const { question, prompt } = checked.value;
  const subject = subjects.question(question.questionId);
  if ((await bus.last('QUESTIONS', subject)) !== undefined) return taken(question, 'asked-before');
  const inTime = checkTime(question, clock.nowMs());
  if (!inTime.ok) return { outcome: inTime.refusal.code, response: refuse(inTime.refusal) };
  if (gateway.questions.open >= tuning.openQuestionsMax) {
    const full = {
      code: 'too-many-questions',
      detail: 'There are already as many open questions as allowed.',
    } as const;
    return { outcome: full.code, response: refuseForNow(full, tuning.retryDelayMsMax) };
  }
  const kept = await storeContents(
    gateway,
    request.client,
    placeOf(question),
    new Map([[question.prompt.cid, prompt]]),
  );
  if (!kept.ok) return { outcome: kept.refusal.code, response: refuseForNow(kept.refusal, kept.retryAfterMs) };
  const published = await bus.publish(subject, encodeMessage(question), {
    messageId: `question-${question.questionId}`,
    headers: { ...gateway.telemetry.carrier(), ...submittedBy(gateway, request, question.questionId) },
    expectLastSubjectSequence: 0,
  });
  return taken(question, published.status === 'stored' ? 'asked' : 'asked-before');
}

function placeOf({ questionId }: Question): ContentPlace {
  return { kind: 'question', id: questionId };
}

function taken(question: Question, outcome: string): Outcome {
  return { outcome, response: { status: 202, body: { questionId: question.questionId, question } } };
}

function checkQuestion(gateway: Gateway, body: unknown): Checked<ReturnType<typeof buildQuestion>> {
  const shape = checkRequest(questionRequestSchema, body);
  if (!shape.ok) return shape;
  if (gateway.sealer === undefined)
    return refused('not-found', 'This gateway takes no questions: it has no SEALER_KEY_FILE. Submit whole tasks.');
  const schema = checkAnswerSchema(shape.value.parameters);
  if (!schema.ok) return schema;
  const policy = policyOf(gateway, shape.value.policy);
  if (!policy.ok) return policy;
  const payload = checkPayload(policy.value, [['prompt', shape.value.prompt]]);
  return payload.ok ? accepted(buildQuestion(shape.value, gateway.sealer.address)) : payload;
}

function checkTime({ question: { answersUntilMs } }: Question, nowMs: number): Checked<undefined> {
  if (answersUntilMs > nowMs && answersUntilMs <= nowMs + tuning.questionMsMax) return accepted(undefined);
  const hours = tuning.questionMsMax / 3_600_000;
  return refused(
    'malformed',
    `answersUntilMs: must be in the next ${hours} hours; it is ${nowMs} now`,
    'answersUntilMs',
  );
}
