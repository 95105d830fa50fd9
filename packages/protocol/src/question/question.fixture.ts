/** A question with answers to it, for tests. */
import { subjects } from '../bus/subjects.ts';
import { encodeMessage } from '../encoding/decode.ts';
import { exampleKey } from '../network/example-network.ts';
import { addressOf, signDigest } from '../signature/signature.ts';
import { type Answer, buildAnswer, signedAnswer } from './answer.ts';
import { buildQuestion, type Question, type QuestionRequestInput, questionRequestSchema } from './question.ts';
import { sealableSet, sealedTask } from './seal.ts';
import { type AnswerMessage, standingOf } from './standing.ts';

export const domain = { chainId: 31_337, hub: `0x${'ab'.repeat(20)}` } as const;
export const sealerKey = exampleKey(900);
export const sealer = addressOf(sealerKey);
export const untilMs = 10_000;

/** A question that takes three answers until 10,000 ms. */
export function exampleQuestion(over: Partial<QuestionRequestInput> = {}, by = sealer): Question {
  const request = { reference: 'q', prompt: 'p', answersUntilMs: untilMs, answersMax: 3, ...over };
  return buildQuestion(questionRequestSchema.parse(request), by).question;
}

/** The answer of miner 1, 2, 3 …, signed for a question. */
export function exampleAnswer(question: Question, miner: number, output = `answer ${miner}`, by = miner): Answer {
  const key = exampleKey(2_000 + miner);
  const signature = `0x${'00'.repeat(65)}` as const;
  const { answer } = buildAnswer({ miner: addressOf(key), output, signature });
  const { digest } = signedAnswer(domain, question.questionId, answer);
  return { ...answer, signature: signDigest(digest, exampleKey(2_000 + by)) };
}

/** An answer on its subject. */
export function onBus(question: Question, answer: Answer, timestampMs = 1): AnswerMessage {
  return { subject: subjects.answer(question.questionId, answer.miner), data: encodeMessage(answer), timestampMs };
}

/** The mark of the end. */
export function endMark(question: Question, timestampMs: number): AnswerMessage {
  return { subject: subjects.answersEnd(question.questionId), data: encodeMessage({}), timestampMs };
}

/** The task of a question that is closed behind these answers; the seal is by `key`. */
export function exampleSealed(question: Question, answers: readonly Answer[], key = sealerKey) {
  const messages = [...answers.map((one) => onBus(question, one)), endMark(question, untilMs + 1)];
  const set = sealableSet(domain, question, standingOf(domain, question, messages));
  if (set === undefined) throw new Error('Nobody has answered.');
  return sealedTask(question, set, signDigest(set.toSign.digest, key));
}
