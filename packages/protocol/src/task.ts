/** A task: what a client asks for, and what the network judges. */
import { z } from 'zod';
import type { Hex } from './bytes.ts';
import { canonicalDigest } from './canonical.ts';
import { cidSchema, commitmentSchema, digestSchema, minerSchema, signatureSchema } from './fields.ts';
import { limits } from './limits.ts';

/** How the answers were asked for; a seed with temperature 0 makes a run deterministic. */
export const parametersSchema = z.strictObject({
  model: z.string().min(1).max(limits.modelNameCharsMax).optional(),
  modelDigest: digestSchema.optional(),
  seed: z.int().min(0).optional(),
  temperatureMilli: z.int().min(0).max(10_000).optional(),
});

const referenceSchema = z.string().min(1).max(limits.referenceCharsMax);
const policyNameSchema = z.string().min(1).max(64);

/** Content as a client hands it in: text, or sealed bytes in base64 (see session-keys `seal.ts`). */
export type ContentInput = string | { readonly sealed: string };

const contentInput = (bytesMax: number) =>
  z.union([
    z.string().refine((text) => utf8Length(text) <= bytesMax, { error: `is longer than ${bytesMax} bytes` }),
    z.strictObject({
      sealed: z
        .base64()
        .max(Math.ceil((bytesMax * 4) / 3) + 4, `is longer than ${bytesMax} bytes`)
        .min(4),
    }),
  ]);

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
        signature: signatureSchema.optional(),
      }),
    )
    .min(1)
    .max(limits.submissionsMax)
    .refine((all) => new Set(all.map((one) => one.miner)).size === all.length, {
      error: 'has two submissions of one miner',
    }),
});

export type TaskRequest = z.infer<typeof taskRequestSchema>;
/** A request as a client writes it: policy and parameters may be left out. */
export type TaskRequestInput = z.input<typeof taskRequestSchema>;

const contentSchema = z.strictObject({ cid: cidSchema, bytes: z.int().min(0).max(limits.outputBytesMax) });

const taskBodySchema = z.strictObject({
  version: z.literal(1),
  reference: referenceSchema,
  policy: policyNameSchema,
  parameters: parametersSchema,
  prompt: contentSchema,
  submissions: z
    .array(
      contentSchema.extend({
        miner: minerSchema,
        commitment: commitmentSchema.optional(),
        signature: signatureSchema.optional(),
      }),
    )
    .min(1)
    .max(limits.submissionsMax),
});

/** A task as it is published: content by CID only. */
export const taskSchema = taskBodySchema
  .extend({ taskId: digestSchema })
  .refine((task) => taskIdOf(task) === task.taskId, { error: 'is not the digest of the task', path: ['taskId'] });

export type TaskBody = z.infer<typeof taskBodySchema>;
export type Task = TaskBody & { readonly taskId: Hex };
export type SubmissionEntry = Task['submissions'][number];

/** The 32 bytes that name a task: Keccak-256 over everything else in it. Equal tasks have equal ids. */
export function taskIdOf(task: TaskBody): Hex {
  const { taskId: _, ...body } = task as Partial<Task>;
  return canonicalDigest('assay task v1', body);
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}
