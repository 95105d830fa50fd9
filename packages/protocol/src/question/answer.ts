/** An answer to a question, signed by its miner, and the sealer's receipt for it. */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import { addressSchema, digestSchema, signatureSchema } from '../encoding/fields.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import type { ToSign } from '../signature/eip712.ts';
import { recoverSigner } from '../signature/signature.ts';
import { answerToSign, receiptToSign, type SigningDomain, submissionDigest } from '../signature/typed-data.ts';
import { contentBytes } from '../task/build-task.ts';
import { contentIdOf } from '../task/content-id.ts';
import { askedAs, type SubmissionEntry, type TaskBody, taskBodySchema, taskRequestSchema } from '../task/task.ts';

/** Its miner is an address that has signed. */
const signedByMiner = { miner: addressSchema, signature: signatureSchema };

/** What a miner posts to the gateway to answer a question. */
export const answerRequestSchema = taskRequestSchema.shape.submissions.element.extend(signedByMiner);

export type AnswerRequest = z.infer<typeof answerRequestSchema>;

/** An answer as it is on the bus, and later in the task: its output by CID. */
export const answerSchema = taskBodySchema.shape.submissions.element.extend(signedByMiner);

export type Answer = z.infer<typeof answerSchema>;

/** The answer of a request, with the bytes of its output. Pure. */
export function buildAnswer({ output, ...rest }: AnswerRequest): {
  readonly answer: Answer;
  readonly output: Uint8Array;
} {
  const bytes = contentBytes(output);
  return { answer: { cid: contentIdOf(bytes), bytes: bytes.length, ...rest }, output: bytes };
}

/** What a miner signs to answer a question. */
export function signedAnswer(
  domain: SigningDomain,
  questionId: Hex,
  { cid, commitment, modelDigest }: Pick<SubmissionEntry, 'cid' | 'commitment' | 'modelDigest'>,
): ToSign {
  const texts = { outputCid: cid, commitment: commitment ?? '', modelDigest: modelDigest ?? '' };
  return answerToSign(domain, { questionId, ...texts });
}

/** EIP-712 digest that the miner of a submission signs: of its answer to the task's question, or to the task as a whole. */
export function submissionSigned(domain: SigningDomain, task: TaskBody, submission: SubmissionEntry): Hex {
  const questionId = askedAs(task);
  if (questionId !== undefined) return signedAnswer(domain, questionId, submission).digest;
  return submissionDigest(domain, {
    reference: task.reference,
    promptCid: task.prompt.cid,
    outputCid: submission.cid,
    commitment: submission.commitment ?? '',
    modelDigest: submission.modelDigest ?? '',
  });
}

/** Whether the miner signed this answer to this question. A signature for another question is forged. */
export function checkAnswerSigned(
  domain: SigningDomain,
  questionId: Hex,
  answer: SubmissionEntry,
  field = 'signature',
): Checked<undefined> {
  const { miner, signature } = answer;
  const signer =
    signature === undefined ? undefined : recoverSigner(signedAnswer(domain, questionId, answer).digest, signature);
  if (signer === miner) return accepted(undefined);
  return refused('forged', `The signature is not by ${miner} for this answer to question ${questionId}.`, field);
}

/** A sealer's word that it took an answer, and when. Anyone can hold it against the sealed set. */
export const receiptSchema = z.strictObject({
  questionId: digestSchema,
  miner: addressSchema,
  /** The EIP-712 digest that the miner signed: question, output, commitment and model. */
  answerDigest: digestSchema,
  /** Server time of the bus, milliseconds since 1970. */
  receivedAtMs: z.int().min(0),
  sealer: addressSchema,
  signature: signatureSchema,
});

export type Receipt = z.infer<typeof receiptSchema>;

/** What the sealer signs as a receipt. */
export function signedReceipt(domain: SigningDomain, receipt: Omit<Receipt, 'signature' | 'sealer'>): ToSign {
  return receiptToSign(domain, receipt);
}

/** Whether the named sealer signed the receipt. */
export function isReceipt(domain: SigningDomain, receipt: Receipt): boolean {
  return recoverSigner(signedReceipt(domain, receipt).digest, receipt.signature) === receipt.sealer;
}
