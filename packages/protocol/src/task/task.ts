/** A task: the client's request, which the network judges. */
import { z } from 'zod';
import { concatBytes, fromHex, type Hex, keccak256 } from '../encoding/bytes.ts';
import { canonicalDigest } from '../encoding/canonical.ts';
import {
  addressSchema,
  cidSchema,
  commitmentSchema,
  digestSchema,
  minerSchema,
  signatureSchema,
  textSchema,
} from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { answerSchemaField } from './answer-schema.ts';

/** How answers are asked for; a seed with temperature 0 makes a run deterministic. */
export const parametersSchema = z.strictObject({
  model: textSchema.min(1).max(limits.modelNameCharsMax).optional(),
  modelDigest: digestSchema.optional(),
  seed: z.int().min(0).optional(),
  temperatureMilli: z.int().min(0).max(10_000).optional(),
  /** Sampling from the most likely tokens only: so many of them, or so much of the whole (thousandths). */
  topK: z.int().min(1).max(1_000_000).optional(),
  topPMilli: z.int().min(1).max(1_000).optional(),
  /** Each answer must be JSON that fits it. It is read in the clear even where the content is sealed. */
  answerSchema: answerSchemaField.optional(),
});

/** The client's own name for what it asks. */
export const referenceSchema = textSchema.min(1).max(limits.referenceCharsMax);
/** The name of a policy. */
export const policyNameSchema = textSchema.min(1).max(64);

/** Content in a client's request: text, or sealed bytes in base64 (see session-keys `seal.ts`). */
export type ContentInput = string | { readonly sealed: string };

/** Schema of a content in a request, of so many bytes at most. */
export const contentInput = (bytesMax: number) =>
  z.union(
    [
      textSchema.refine((text) => utf8Length(text) <= bytesMax, { error: `is longer than ${bytesMax} bytes` }),
      z.strictObject({
        sealed: z
          .base64()
          .min(4)
          .max(4 * Math.ceil(bytesMax / 3), `is longer than ${bytesMax} bytes`)
          .refine((text) => sealedLength(text) <= bytesMax, { error: `is longer than ${bytesMax} bytes` }),
      }),
    ],
    { error: 'must be a text, or an object with sealed bytes in base64' },
  );

/** The first miner with two submissions. */
function repeatedMiner(all: readonly { readonly miner: string }[]): string | undefined {
  const seen = new Set<string>();
  return all.find(({ miner }) => seen.size === seen.add(miner).size)?.miner;
}

const oneOfEachMiner = (all: readonly { readonly miner: string }[]) => repeatedMiner(all) === undefined;
const twoOfOneMiner = {
  error: ({ input }: { readonly input?: unknown }) =>
    `has two submissions of one miner (${repeatedMiner(input as readonly { readonly miner: string }[])})`,
};

/** What a client posts to the gateway. */
export const taskRequestSchema = z.strictObject({
  /** The client's own name for the task; part of the task's identity. */
  reference: referenceSchema,
  policy: policyNameSchema.default('standard'),
  parameters: parametersSchema.default({}),
  prompt: contentInput(limits.promptBytesMax),
  submissions: z
    .array(
      z.strictObject({
        miner: minerSchema,
        output: contentInput(limits.outputBytesMax),
        commitment: commitmentSchema.optional(),
        /** The model that the miner says it ran. */
        modelDigest: digestSchema.optional(),
        signature: signatureSchema.optional(),
      }),
    )
    .min(1)
    .max(limits.submissionsMax)
    .refine(oneOfEachMiner, twoOfOneMiner),
});

export type TaskRequest = z.infer<typeof taskRequestSchema>;
/** A client's request: policy and parameters are optional. */
export type TaskRequestInput = z.input<typeof taskRequestSchema>;

const contentOf = (bytesMax: number) => z.strictObject({ cid: cidSchema, bytes: z.int().min(0).max(bytesMax) });

/** How a question is answered: until when, by how many, and who seals the set of answers. */
export const questionTermsSchema = z.strictObject({
  /** The latest time of an answer: server time of the bus, milliseconds since 1970. */
  answersUntilMs: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  answersMax: z.int().min(1).max(limits.submissionsMax),
  /** Whose signature closes the question with a set of answers. */
  sealer: addressSchema,
});

/** A task without its id. */
export const taskBodySchema = z.strictObject({
  version: z.literal(1),
  reference: referenceSchema,
  policy: policyNameSchema,
  parameters: parametersSchema,
  prompt: contentOf(limits.promptBytesMax),
  submissions: z
    .array(
      contentOf(limits.outputBytesMax).extend({
        miner: minerSchema,
        commitment: commitmentSchema.optional(),
        /** The model that the miner says it ran. */
        modelDigest: digestSchema.optional(),
        signature: signatureSchema.optional(),
      }),
    )
    .min(1)
    .max(limits.submissionsMax)
    .refine(oneOfEachMiner, twoOfOneMiner),
  /** Of a task that began with its question: the terms, and the sealer's signature over question and submissions. */
  question: questionTermsSchema.extend({ seal: signatureSchema }).optional(),
});

/** A question without its id: a task before anyone has answered. */
export const questionBodySchema = taskBodySchema.omit({ submissions: true }).extend({ question: questionTermsSchema });

/** The id of a task. */
export const taskIdSchema = digestSchema;

/** A task with its id: content by CID only. */
export const taskSchema = taskBodySchema
  .extend({ taskId: taskIdSchema })
  .refine(hasOwnId, { error: 'is not the digest of the task', path: ['taskId'] });

export type TaskBody = z.infer<typeof taskBodySchema>;
export type Task = TaskBody & { readonly taskId: Hex };
export type SubmissionEntry = Task['submissions'][number];
export type QuestionBody = z.infer<typeof questionBodySchema>;

/**
 * The 32-byte id of a task. Equal tasks have equal ids. It is Keccak-256 over everything else in it; of a task that began
 * with its question, over the question's id and the digest of its submissions ({@link idOfSealed}).
 */
export function taskIdOf(task: TaskBody): Hex {
  const { taskId: _, ...body } = task as Partial<Task> & TaskBody;
  if (body.question === undefined) return canonicalDigest('assay task v1', body);
  return idOfSealed(
    questionIdOf(questionOf({ ...body, question: body.question })),
    submissionsDigest(body.submissions),
  );
}

/** The question that a task began with. */
export function questionOf(task: TaskBody & Pick<QuestionBody, 'question'>): QuestionBody {
  const { version, reference, policy, parameters, prompt, question } = task;
  const { answersUntilMs, answersMax, sealer } = question;
  return { version, reference, policy, parameters, prompt, question: { answersUntilMs, answersMax, sealer } };
}

/** The id of the question that a task began with; undefined for a task that came as a whole. */
export function askedAs(task: TaskBody): Hex | undefined {
  const { question } = task;
  return question === undefined ? undefined : questionIdOf(questionOf({ ...task, question }));
}

/** The 32-byte id of a question: Keccak-256 over everything else in it. It is known before the first answer. */
export function questionIdOf(question: QuestionBody): Hex {
  const { version, reference, policy, parameters, prompt, question: terms } = question;
  return canonicalDigest('assay question v1', { version, reference, policy, parameters, prompt, question: terms });
}

/** Digest of sealed submissions, in their order. */
export function submissionsDigest(submissions: readonly SubmissionEntry[]): Hex {
  return canonicalDigest('assay submissions v1', submissions);
}

/** The id of a question's task: keccak256(questionId ‖ submissionsDigest), as contracts compute it. */
export function idOfSealed(questionId: Hex, digestOfSubmissions: Hex): Hex {
  return keccak256(concatBytes(fromHex(questionId), fromHex(digestOfSubmissions)));
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/**
 * Whether a task's id is its digest. Total: Zod calls this even for a part that its own schema refused, such as a lone
 * surrogate, which has no digest.
 */
export function hasOwnId(task: Task): boolean {
  try {
    return taskIdOf(task) === task.taskId;
  } catch {
    return false;
  }
}

/** The bytes of base64 text. */
function sealedLength(base64: string): number {
  return (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
}
