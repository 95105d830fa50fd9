/** A task: the client's request, which the network judges. */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import { canonicalDigest } from '../encoding/canonical.ts';
import {
  cidSchema,
  commitmentSchema,
  digestSchema,
  minerSchema,
  signatureSchema,
  textSchema,
} from '../encoding/fields.ts';
import { limits } from '../limits.ts';

/** How the answers were asked for; a seed with temperature 0 makes a run deterministic. */
const parametersSchema = z.strictObject({
  model: textSchema.min(1).max(limits.modelNameCharsMax).optional(),
  modelDigest: digestSchema.optional(),
  seed: z.int().min(0).optional(),
  temperatureMilli: z.int().min(0).max(10_000).optional(),
  /** Sampling from the most likely tokens only: so many of them, or so much of the whole (thousandths). */
  topK: z.int().min(1).max(1_000_000).optional(),
  topPMilli: z.int().min(1).max(1_000).optional(),
});

const referenceSchema = textSchema.min(1).max(limits.referenceCharsMax);
const policyNameSchema = textSchema.min(1).max(64);

/** Content in a client's request: text, or sealed bytes in base64 (see session-keys `seal.ts`). */
export type ContentInput = string | { readonly sealed: string };

const contentInput = (bytesMax: number) =>
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

const oneOfEachMiner = (all: readonly { readonly miner: string }[]) =>
  new Set(all.map((one) => one.miner)).size === all.length;
const twoOfOneMiner = { error: 'has two submissions of one miner' };

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
});

/** The id of a task. */
export const taskIdSchema = digestSchema;

/** A task with its id: content by CID only. */
export const taskSchema = taskBodySchema
  .extend({ taskId: taskIdSchema })
  .refine(hasOwnId, { error: 'is not the digest of the task', path: ['taskId'] });

export type TaskBody = z.infer<typeof taskBodySchema>;
export type Task = TaskBody & { readonly taskId: Hex };
export type SubmissionEntry = Task['submissions'][number];

/** The 32-byte id of a task: Keccak-256 over everything else in it. Equal tasks have equal ids. */
export function taskIdOf(task: TaskBody): Hex {
  const { taskId: _, ...body } = task as Partial<Task>;
  return canonicalDigest('assay task v1', body);
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
