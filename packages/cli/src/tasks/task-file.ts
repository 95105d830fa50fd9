/** A person's own tasks: a file with one JSON object a line. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checkShape } from '@assay/protocol/decode';
import { minerSchema } from '@assay/protocol/fields';
import { limits } from '@assay/protocol/limits';
import { z } from 'zod';
import { UsageError } from '../commands/usage-error.ts';

const commitmentInput = z
  .string()
  .transform((text) => {
    const lower = text.trim().toLowerCase();
    return /^(0x)?[0-9a-f]{64}$/.test(lower)
      ? `sha256:${lower.replace(/^0x/, '')}`
      : lower.replace(/^([a-z0-9]+:)0x/, '$1');
  })
  .refine((text) => /^(sha256|keccak256|blake3):[0-9a-f]{64}$/.test(text), {
    error: 'must be 64 hexadecimal digits (SHA-256), or sha256:, keccak256: or blake3: and 64 digits',
  });

/** Schema of one line. A label is what a person says of the submission: `honest`, or the kind of attack. */
export const labelledTaskSchema = z.object({
  task: z.string().min(1).max(limits.referenceCharsMax),
  prompt: z.string(),
  model: z.string().min(1).max(limits.modelNameCharsMax).optional(),
  submissions: z
    .array(
      z.object({
        miner: minerSchema,
        output: z.string(),
        commitment: commitmentInput.optional(),
        label: z.string().max(64).optional(),
      }),
    )
    .min(1)
    .max(limits.submissionsMax),
});

/** The project's own tasks, which the demo judges. */
export const demoTasksFile = fileURLToPath(new URL('../../../../test/fixtures/tasks.jsonl', import.meta.url));

export type LabelledTask = z.infer<typeof labelledTaskSchema>;

/** The label of a submission that ought to be accepted. */
export const honestLabel = 'honest';

/** Reads a file of tasks. Throws {@link UsageError} that names the line and the field that is wrong. */
export async function readTaskFile(file: string): Promise<LabelledTask[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new UsageError(`The file ${file} cannot be read.`, { cause });
  }
  const tasks: LabelledTask[] = [];
  const names = new Map<string, number>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${file}, line ${index + 1}`;
    const task = readLine(line, where);
    const earlier = names.get(task.task);
    if (earlier !== undefined)
      throw new UsageError(`${where}: the task "${task.task}" stands on line ${earlier} already.`);
    names.set(task.task, index + 1);
    tasks.push(task);
  }
  if (tasks.length === 0) throw new UsageError(`The file ${file} holds no task.`);
  return tasks;
}

function readLine(line: string, where: string): LabelledTask {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new UsageError(`${where} is not JSON.`, { cause });
  }
  const checked = checkShape(labelledTaskSchema, value);
  if (!checked.ok) throw new UsageError(`${where}: ${checked.refusal.detail}`);
  return checked.value;
}
