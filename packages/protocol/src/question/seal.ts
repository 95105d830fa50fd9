/** The seal: the sealer's signature that closes a question with a set of answers, and what operators check of it. */
import type { Hex } from '../encoding/bytes.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import type { ToSign } from '../signature/eip712.ts';
import { recoverSigner } from '../signature/signature.ts';
import { type SigningDomain, sealToSign } from '../signature/typed-data.ts';
import { askedAs, questionIdOf, questionOf, submissionsDigest, type Task, taskIdOf } from '../task/task.ts';
import { type Answer, checkAnswerSigned, isReceipt, type Receipt, signedAnswer } from './answer.ts';
import type { Question } from './question.ts';
import type { Standing } from './standing.ts';

/** A closed set of answers, ascending by miner, and what the sealer signs. */
export interface SealableSet {
  readonly submissions: readonly Answer[];
  readonly submissionsDigest: Hex;
  readonly toSign: ToSign;
}

/** The set of a closed question; undefined as long as it is open, or if nobody answered. */
export function sealableSet(domain: SigningDomain, question: Question, standing: Standing): SealableSet | undefined {
  if (!standing.isClosed || standing.taken.length === 0) return undefined;
  const submissions = standing.taken.map(({ answer }) => answer).sort((a, b) => (a.miner < b.miner ? -1 : 1));
  const digest = submissionsDigest(submissions);
  const toSign = sealToSign(domain, { questionId: question.questionId, submissionsDigest: digest });
  return { submissions, submissionsDigest: digest, toSign };
}

/** The task of a question and its sealed set. */
export function sealedTask(question: Question, { submissions }: SealableSet, seal: Hex): Task {
  const { questionId: _, question: terms, ...asked } = question;
  const body = { ...asked, submissions: [...submissions], question: { ...terms, seal } };
  return { ...body, taskId: taskIdOf(body) };
}

/**
 * Checks a task that began with its question: the seal is the sealer's, over exactly these submissions, and each
 * submission is signed by its miner for this question. A task that came as a whole passes.
 */
export function checkSealed(domain: SigningDomain, task: Task): Checked<undefined> {
  if (task.question === undefined) return accepted(undefined);
  const { submissions, question } = task;
  if (submissions.length > question.answersMax)
    return refused('malformed', `submissions: has more than the ${question.answersMax} of the question`, 'submissions');
  if (submissions.some(({ miner }, index) => index > 0 && (submissions[index - 1]?.miner ?? '') >= miner))
    return refused('malformed', 'submissions: must ascend by miner in a sealed set', 'submissions');
  const questionId = questionIdOf(questionOf({ ...task, question }));
  const seal = sealToSign(domain, { questionId, submissionsDigest: submissionsDigest(submissions) });
  if (recoverSigner(seal.digest, question.seal) !== question.sealer)
    return refused('forged', `The seal of question ${questionId} is not by ${question.sealer}.`, 'question.seal');
  for (const [index, answer] of submissions.entries()) {
    const signed = checkAnswerSigned(domain, questionId, answer, `submissions.${index}.signature`);
    if (!signed.ok) return signed;
  }
  return accepted(undefined);
}

/**
 * Whether a receipt and a sealed task prove that the sealer left out an answer that it had taken. Both are signed by it,
 * so anyone can judge.
 */
export function isLeftOut(domain: SigningDomain, receipt: Receipt, task: Task): boolean {
  if (task.question === undefined || !checkSealed(domain, task).ok || !isReceipt(domain, receipt)) return false;
  const { questionId, miner, answerDigest, sealer } = receipt;
  if (sealer !== task.question.sealer) return false;
  if (questionId !== askedAs(task)) return false;
  return !task.submissions.some(
    (one) => one.miner === miner && signedAnswer(domain, questionId, one).digest === answerDigest,
  );
}
