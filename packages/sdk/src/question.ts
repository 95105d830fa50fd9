/**
 * Questions first: a miner signs its answer to a question, keeps the sealer's receipt, and can prove with it that it was
 * left out; an escrow is settled with what a sealed task says.
 */
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import {
  type AnswerRequest,
  buildAnswer,
  isReceipt,
  type Receipt,
  signedAnswer,
} from '@assay/protocol/question/answer';
import { checkSealed, isLeftOut } from '@assay/protocol/question/seal';
import type { Checked } from '@assay/protocol/refusal';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import { askedAs, type ContentInput, submissionsDigest, type Task } from '@assay/protocol/task/task';

/** What a miner answers. */
export interface OwnAnswer {
  /** Text, or sealed content. */
  readonly output: ContentInput;
  /** Commitment to the output, as `sha256:<64 hex digits>`. */
  readonly commitment?: string;
  /** The model that the miner says it ran. */
  readonly modelDigest?: Hex;
}

/**
 * Signs an answer by a miner's key, `0x` and 64 hexadecimal digits, for one question on one chain and hub. It is
 * worthless for every other question.
 */
export function signAnswer(domain: SigningDomain, questionId: Hex, own: OwnAnswer, privateKey: Hex): AnswerRequest {
  const key = fromHex(privateKey);
  const unsigned: AnswerRequest = { ...own, miner: addressOf(key), signature: `0x${'00'.repeat(65)}` };
  const { digest } = signedAnswer(domain, questionId, buildAnswer(unsigned).answer);
  return { ...unsigned, signature: signDigest(digest, key) };
}

/** Whether a receipt is by its sealer and for this answer. Keep it until the question is sealed. */
export function isReceiptFor(domain: SigningDomain, questionId: Hex, answer: AnswerRequest, receipt: Receipt): boolean {
  const { digest } = signedAnswer(domain, questionId, buildAnswer(answer).answer);
  const { miner } = answer;
  const fits = receipt.questionId === questionId && receipt.miner === miner && receipt.answerDigest === digest;
  return fits && isReceipt(domain, receipt);
}

/** Whether a receipt and the sealed task prove that the sealer left out an answer that it had taken. */
export function provesLeftOut(domain: SigningDomain, receipt: Receipt, task: Task): boolean {
  return isLeftOut(domain, receipt, task);
}

/** Checks the seal of a task that began with its question, and each answer's signature. */
export function checkSeal(domain: SigningDomain, task: Task): Checked<undefined> {
  return checkSealed(domain, task);
}

/** What an escrow by question is settled with; undefined for a task that came as a whole. */
export function settlementOf(task: Task): { readonly questionId: Hex; readonly submissionsDigest: Hex } | undefined {
  const questionId = askedAs(task);
  return questionId === undefined ? undefined : { questionId, submissionsDigest: submissionsDigest(task.submissions) };
}
