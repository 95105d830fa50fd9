/** Questions at a gateway of tests, and answers to them. */
import type { ApiKey } from '@assay/protocol/api/api-keys';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { exampleKey } from '@assay/protocol/network/example-network';
import type { BusMessage } from '@assay/protocol/ports';
import { type AnswerRequest, type Receipt, signedAnswer } from '@assay/protocol/question/answer';
import type { Question } from '@assay/protocol/question/question';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { requestOf, sealerOfTests, testGateway } from '../gateway.fixture.ts';
import type { Gateway } from '../gateway.ts';
import { answerQuestion } from './answer-question.ts';
import { askQuestion } from './ask-question.ts';
import { QuestionBook } from './question-book.ts';
import { sealDue } from './question-keeper.ts';

/** Questions of tests take answers until this time. */
export const untilMs = 10_000;

/** A gateway whose time the test sets. */
export function gatewayAt(startMs = 1_000) {
  let nowMs = startMs;
  const clock = {
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
    },
  };
  const { gateway } = testGateway({ clock });
  return {
    gateway,
    setTime: (ms: number) => {
      nowMs = ms;
    },
  };
}

/** Another replica of the same gateway. */
export function replicaOf(gateway: Gateway): Gateway {
  return { ...gateway, questions: new QuestionBook() };
}

/** Asks a question for three answers. */
export async function ask(
  gateway: Gateway,
  over: Readonly<Record<string, unknown>> = {},
  key?: ApiKey,
): Promise<Question> {
  const body = {
    reference: 'q',
    prompt: 'What is the capital of France?',
    answersUntilMs: untilMs,
    answersMax: 3,
    ...over,
  };
  const { status, body: answer } = await askQuestion(gateway, requestOf({ body, key }));
  if (status !== 202) throw new Error(`The question was refused: ${JSON.stringify(answer)}`);
  return (answer as { question: Question }).question;
}

/** The request of miner 1, 2, 3 …, signed for a question. */
export function answerOf(
  gateway: Gateway,
  question: Question,
  miner: number,
  output = `Paris, ${miner}`,
): AnswerRequest {
  const key = exampleKey(2_000 + miner);
  const { digest } = signedAnswer(gateway.view().network, question.questionId, { cid: contentIdOf(utf8(output)) });
  return { miner: addressOf(key), output, signature: signDigest(digest, key) };
}

/** Hands an answer in: the code of the refusal, or the receipt. */
export async function answer(gateway: Gateway, question: Question, body: unknown): Promise<string | Receipt> {
  const params = { taskId: question.questionId };
  const response = await answerQuestion(gateway, requestOf({ body, params }));
  if (response.status === 202) return response.body as Receipt;
  return (response.body as { code: string }).code;
}

/** Everything on a stream, in order. */
export async function messagesOf({ bus }: Pick<Gateway, 'bus'>, stream: string, filter: string): Promise<BusMessage[]> {
  const messages: BusMessage[] = [];
  for (let after = 0; ; ) {
    const next = await bus.next(stream, filter, after);
    if (next === undefined) return messages;
    messages.push(next);
    after = next.sequence;
  }
}

/** Reads what the bus has of questions and answers, and seals what is to seal, as a replica does that has just started. */
export async function lookAndSeal(gateway: Gateway): Promise<void> {
  const { questions: book } = gateway;
  for (const message of await messagesOf(gateway, 'QUESTIONS', 'assay.v1.questions.*.*')) book.takeQuestion(message);
  await sealDue({ ...gateway, book, sealer: sealerOfTests }, sealerOfTests);
}
