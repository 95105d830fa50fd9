/** A user's tasks: a file with one JSON object a line. */
import { commitmentSchema, digestSchema, minerSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { answerSchemaField } from '@assay/protocol/task/answer-schema';
import { z } from 'zod';
import { UsageError } from '../commands/usage-error.ts';
import { shippedFile } from '../network/installation.ts';
import { type DataFile, readDataFile, shapedLine } from './data-file.ts';

const commitmentInput = z
  .string()
  .transform((text) => {
    const lower = text.trim().toLowerCase();
    return /^(0x)?[0-9a-f]{64}$/.test(lower)
      ? `sha256:${lower.replace(/^0x/, '')}`
      : lower.replace(/^([a-z0-9]+:)0x/, '$1');
  })
  .refine((text) => commitmentSchema.safeParse(text).success, {
    error: 'must be 64 hexadecimal digits (SHA-256), or sha256:, keccak256:, blake3: or chunks: and 64 digits',
  });

const submissionSchema = z.object({
  miner: minerSchema,
  output: z.string(),
  commitment: commitmentInput.optional(),
  modelDigest: digestSchema.optional(),
  label: z.string().min(1).max(limits.labelCharsMax).optional(),
});

/** Schema of one line. A label is a person's judgement of the submission: `honest`, or the kind of attack. */
export const labelledTaskSchema = z.object({
  task: z.string().min(1).max(limits.referenceCharsMax),
  prompt: z.string(),
  model: z.string().min(1).max(limits.modelNameCharsMax).optional(),
  /** The model that every miner must run, by the digest of its files. */
  modelDigest: digestSchema.optional(),
  /** With temperature 0 and a model, all miners must give the same bytes. */
  seed: z.int().min(0).optional(),
  temperature: z.number().min(0).max(10).optional(),
  /** A JSON Schema that each output must fit. */
  answerSchema: answerSchemaField.optional(),
  submissions: z.array(submissionSchema).min(1).max(limits.submissionsMax),
});

/** The same without any other field. */
export const strictTaskSchema = z.strictObject({
  ...labelledTaskSchema.shape,
  submissions: z.array(submissionSchema.strict()).min(1).max(limits.submissionsMax),
});

/** The project's own tasks, which the demo judges. */
export const demoTasksFile = shippedFile('test/fixtures/tasks.jsonl');

export type LabelledTask = z.infer<typeof labelledTaskSchema>;

/** Reads a file of tasks. Throws {@link UsageError} that names the line and the wrong field. */
export async function readTaskFile(file: string): Promise<LabelledTask[]> {
  return tasksOf(await readDataFile(file));
}

/** The tasks of a parsed file. Throws {@link UsageError} like {@link readTaskFile}. */
export function tasksOf({ file, lines }: DataFile): LabelledTask[] {
  const names = new Map<string, string>();
  return lines.map(({ where, value }) => {
    const task = shapedLine(labelledTaskSchema, where, value);
    const earlier = names.get(task.task);
    if (earlier !== undefined) throw new UsageError(`${where}: the task "${task.task}" is already on ${earlier}.`);
    names.set(task.task, where.slice(`${file}, `.length));
    return task;
  });
}
