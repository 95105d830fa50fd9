/**
 * What the answers to a question amount to so far. A pure function of the question and of its messages on ANSWERS, in
 * their order: every replica of the gateway that sees the question closed sees the same set.
 */
import { subjects } from '../bus/subjects.ts';
import { decodeMessage } from '../encoding/decode.ts';
import type { BusMessage } from '../ports.ts';
import { accepted, type Checked, type Refusal, refused } from '../refusal.ts';
import type { SigningDomain } from '../signature/typed-data.ts';
import { type Answer, answerSchema, checkAnswerSigned } from './answer.ts';
import type { Question } from './question.ts';

/** A message of ANSWERS, as far as it counts. */
export type AnswerMessage = Pick<BusMessage, 'subject' | 'data' | 'timestampMs'>;

/** An answer that is in the set, and its server time. */
export interface TakenAnswer {
  readonly answer: Answer;
  readonly receivedAtMs: number;
}

/** The answers that a question has taken, in the order of their arrival. */
export interface Standing {
  readonly taken: readonly TakenAnswer[];
  /** It takes no more: it has as many answers as it wants, or its time is over. */
  readonly isClosed: boolean;
}

/** Nobody has answered. */
export const noAnswers: Standing = { taken: [], isClosed: false };

/**
 * The standing after one more message, or why the message changes nothing. A mark of the end counts only after the time
 * of the question: nobody closes it early with one.
 */
export function takeMessage(
  domain: SigningDomain,
  question: Question,
  standing: Standing,
  message: AnswerMessage,
): Checked<Standing> {
  const { questionId } = question;
  const { answersUntilMs, answersMax } = question.question;
  if (standing.isClosed) return closed(questionId, 'takes no more answers');
  const isLate = message.timestampMs > answersUntilMs;
  if (message.subject === subjects.answersEnd(questionId))
    return isLate
      ? accepted({ ...standing, isClosed: true })
      : refused('question-open', `Question ${questionId} takes answers until ${timeText(answersUntilMs)}.`);
  if (isLate) return closed(questionId, `took answers until ${timeText(answersUntilMs)}`);
  const decoded = decodeMessage(answerSchema, message.data);
  if (!decoded.ok) return decoded;
  const answer = decoded.value;
  if (message.subject !== subjects.answer(questionId, answer.miner))
    return refused('wrong-subject', `The answer of ${answer.miner} is on a subject that is not its own.`, 'miner');
  if (standing.taken.some((one) => one.answer.miner === answer.miner)) return answeredAlready(answer);
  const signed = checkAnswerSigned(domain, questionId, answer);
  if (!signed.ok) return signed;
  const taken = [...standing.taken, { answer, receivedAtMs: message.timestampMs }];
  return accepted({ taken, isClosed: taken.length >= answersMax });
}

/** The standing after some messages in their order; what is refused changes nothing. */
export function standingOf(domain: SigningDomain, question: Question, messages: readonly AnswerMessage[]): Standing {
  return messages.reduce((standing, message) => {
    const next = takeMessage(domain, question, standing, message);
    return next.ok ? next.value : standing;
  }, noAnswers);
}

/**
 * Whether the standing takes an answer that comes now; `earlier` if it has taken the same one. `nowMs` may differ from
 * the server's time: that decides in the end.
 */
export function admit(
  question: Question,
  standing: Standing,
  answer: Answer,
  nowMs: number,
): Checked<{ readonly earlier: TakenAnswer | undefined }> {
  const earlier = standing.taken.find((one) => one.answer.miner === answer.miner);
  if (earlier !== undefined) return isSame(earlier.answer, answer) ? accepted({ earlier }) : answeredAlready(answer);
  if (standing.isClosed) return closed(question.questionId, 'takes no more answers');
  const { answersUntilMs } = question.question;
  if (nowMs > answersUntilMs) return closed(question.questionId, `took answers until ${timeText(answersUntilMs)}`);
  return accepted({ earlier: undefined });
}

/** A signer may sign the same twice with two signatures. */
function isSame(one: Answer, other: Answer): boolean {
  return one.cid === other.cid && one.commitment === other.commitment && one.modelDigest === other.modelDigest;
}

function answeredAlready({ miner }: Answer): { readonly ok: false; readonly refusal: Refusal } {
  return refused('answered-already', `${miner} has answered this question with something else.`, 'miner');
}

function closed(questionId: string, why: string): { readonly ok: false; readonly refusal: Refusal } {
  return refused('question-closed', `Question ${questionId} ${why}.`);
}

function timeText(ms: number): string {
  return `${ms} ms since 1970`;
}
