/** A line of `--out`: the verdicts of one task with their reasons. Pure. */
import { addressSchema, digestSchema } from '@assay/protocol/encoding/fields';
import { evidenceItemSchema } from '@assay/protocol/observation/evidence';
import { byRole, roles } from '@assay/protocol/observation/role';
import { policyDigest } from '@assay/protocol/policy/policy';
import { type Grounds, groundsSchema } from '@assay/protocol/report/grounds';
import { reasonText, verdictReasons } from '@assay/protocol/report/verdict-reasons';
import { z } from 'zod';
import type { JudgedTask } from '../tasks/judge-tasks.ts';

const resultSchema = z.object({
  miner: z.string(),
  label: z.string().optional(),
  verdict: z.enum(['accept', 'reject', 'abstain']),
  /** Basis points by role. */
  scores: z.object(byRole(() => z.int().optional())),
  flags: z.object(byRole(() => z.array(z.string()).optional())),
  /** What decided a verdict other than accept. */
  reasons: z.array(
    z.object({
      role: z.enum(roles),
      code: z.string(),
      score: z.int().optional(),
      scoreMin: z.int().optional(),
      text: z.string(),
    }),
  ),
  /** With `--words`: which words decided. */
  grounds: z.array(groundsSchema).optional(),
  /** With `--words`: what operators state, each signed for its observation. */
  evidence: z
    .array(z.object({ role: z.enum(roles), operator: addressSchema, items: z.array(evidenceItemSchema) }))
    .optional(),
});

/** Schema of a line. */
export const verdictLineSchema = z.object({
  taskId: digestSchema,
  reference: z.string(),
  policy: z.string(),
  policyDigest: digestSchema,
  /** True if the chain proves the verdicts; false if they were derived in one process. */
  certified: z.boolean(),
  /** Epoch and sequence of the certified batch. */
  batch: z.string().optional(),
  transaction: digestSchema.optional(),
  /** The hub that has the batch, and its chain. */
  network: z.object({ chainId: z.int(), hub: addressSchema }).optional(),
  /** For a sealed task, whose id differs each time that it is sealed: the id that it would have as a public task. */
  publicId: digestSchema.optional(),
  results: z.array(resultSchema).min(1),
});

export type VerdictLine = z.infer<typeof verdictLineSchema>;

/** How a line begins; so a torn one is told from the text of another file. */
export const lineStart = '{"taskId":"0x';

/**
 * The line of a judged task. Undefined if it has no verdicts that count: no report in time, or one that the chain does
 * not prove. Such a task can be judged again. `grounds` are those of each submission, if they are wanted.
 */
export function verdictLineOf(judged: JudgedTask, grounds?: readonly Grounds[][]): VerdictLine | undefined {
  const { task, taskId, publicId, policy, report, unproven } = judged;
  const results = resultsOf(judged);
  if (results === undefined || policy === undefined || unproven !== undefined) return undefined;
  return {
    taskId,
    reference: task.task,
    policy: policy.name,
    policyDigest: policyDigest(policy),
    certified: report !== undefined,
    ...(report === undefined
      ? {}
      : {
          batch: `${report.epoch}-${report.sequence}`,
          transaction: report.transaction.hash,
          network: { chainId: report.chainId, hub: report.hub },
        }),
    ...(publicId === undefined ? {} : { publicId }),
    results: task.submissions.flatMap(({ miner, label }, index) => {
      const result = results[index];
      if (result === undefined) return [];
      const { verdict, scores, flags } = result;
      const reasons = verdictReasons(policy, result).map((reason) => ({ ...reason, text: reasonText(reason) }));
      const stated = judged.evidence?.[index];
      const words = {
        ...(grounds === undefined ? {} : { grounds: grounds[index] ?? [] }),
        ...(stated === undefined ? {} : { evidence: stated.map((one) => ({ ...one, items: [...one.items] })) }),
      };
      return [{ miner, ...(label === undefined ? {} : { label }), verdict, scores, flags, reasons, ...words }];
    }),
  };
}

/** The results of a judged task, in submission order; undefined if there are none. */
export function resultsOf({ report, uncertified }: JudgedTask) {
  return report?.results ?? uncertified?.results;
}
