/** A question: a task before anyone has answered. Its id is known before the first answer. */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import { digestSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { contentBytes } from '../task/build-task.ts';
import { contentIdOf } from '../task/content-id.ts';
import {
  contentInput,
  parametersSchema,
  policyNameSchema,
  type QuestionBody,
  questionBodySchema,
  questionIdOf,
  questionTermsSchema,
  referenceSchema,
} from '../task/task.ts';

/** What a client posts to the gateway to ask a question. */
export const questionRequestSchema = z.strictObject({
  /** The client's own name for the question; part of its identity. */
  reference: referenceSchema,
  policy: policyNameSchema.default('standard'),
  parameters: parametersSchema.default({}),
  prompt: contentInput(limits.promptBytesMax),
  /** The latest time of an answer, milliseconds since 1970. */
  answersUntilMs: questionTermsSchema.shape.answersUntilMs,
  /** After so many answers the question is closed. */
  answersMax: questionTermsSchema.shape.answersMax.default(limits.submissionsMax),
});

export type QuestionRequest = z.infer<typeof questionRequestSchema>;
/** A client's request: policy, parameters and the number of answers are optional. */
export type QuestionRequestInput = z.input<typeof questionRequestSchema>;

/** A question with its id, as it is on the bus. */
export const questionSchema = questionBodySchema
  .extend({ questionId: digestSchema })
  .refine(hasOwnQuestionId, { error: 'is not the digest of the question', path: ['questionId'] });

export type Question = QuestionBody & { readonly questionId: Hex };

/** What the gateway notes when a question is over: its task, or none where nobody answered. */
export const sealedNoteSchema = z.strictObject({ questionId: digestSchema, taskId: digestSchema.optional() });

export type SealedNote = z.infer<typeof sealedNoteSchema>;

/** The question of a request that this sealer will close, with the bytes of its prompt. Pure. */
export function buildQuestion(
  request: QuestionRequest,
  sealer: Hex,
): { readonly question: Question; readonly prompt: Uint8Array } {
  const { reference, policy, parameters, answersUntilMs, answersMax } = request;
  const prompt = contentBytes(request.prompt);
  const body: QuestionBody = {
    version: 1,
    reference,
    policy,
    parameters,
    prompt: { cid: contentIdOf(prompt), bytes: prompt.length },
    question: { answersUntilMs, answersMax, sealer },
  };
  return { question: { ...body, questionId: questionIdOf(body) }, prompt };
}

/** Total, because Zod calls it even for a part that its own schema refused. */
function hasOwnQuestionId(question: Question): boolean {
  try {
    return questionIdOf(question) === question.questionId;
  } catch {
    return false;
  }
}
