/** Schemas of the gateway's answers. The SDK reads answers with them; the OpenAPI document is made from them. */
import { z } from 'zod';
import { addressSchema, countSchema, digestSchema, minerSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { networkSchema } from '../network/validator-set.ts';
import { policiesSchema } from '../policy/policy.ts';
import { questionSchema } from '../question/question.ts';
import { contentInput, taskSchema } from '../task/task.ts';

/** `POST /v1/tasks`: the task is accepted and published. */
export const acceptedTaskSchema = z.object({ taskId: digestSchema, reference: z.string() });

/** `POST /v1/tasks` without submissions: the question is published, now or earlier. */
export const askedQuestionSchema = z.object({ questionId: digestSchema, question: questionSchema });

/** `GET /v1/tasks/:taskId` of a task, or of a question that has become one. */
export const taskAnswerSchema = z.object({ status: z.enum(['pending', 'certified']), task: taskSchema });

/**
 * `GET /v1/tasks/:taskId` of a question that is not a task yet: it takes answers, or is about to be sealed, or nobody
 * answered.
 */
export const questionAnswerSchema = z.object({
  status: z.enum(['open', 'closed', 'unanswered']),
  question: questionSchema,
  /** How many answers it has taken. */
  answers: z.int().min(0),
  /** Missing if the content store does not have it. Check it against its CID. */
  prompt: contentInput(limits.outputBytesMax).optional(),
});

const momentSchema = z.int().min(0);
const numberSchema = z.int().min(0);

/** One task in a list: what was asked for, and what became of it. Times are milliseconds since 1970. */
export const taskSummarySchema = z.object({
  taskId: digestSchema,
  /** Its place among all tasks of the network; later tasks have higher ones. */
  position: countSchema,
  acceptedAtMs: momentSchema,
  reference: z.string(),
  policy: z.string(),
  payload: z.enum(['public', 'sealed']),
  submissions: z.int().min(1),
  /** Missing until the certified report is published. */
  decision: z
    .object({
      decidedAtMs: momentSchema,
      /** Submissions by verdict. */
      accepted: numberSchema,
      rejected: numberSchema,
      abstained: numberSchema,
      /** The batch, and how many reports it has. */
      epoch: numberSchema,
      sequence: numberSchema,
      root: digestSchema,
      reportsInBatch: numberSchema,
      transaction: digestSchema,
      gasUsed: numberSchema,
    })
    .optional(),
});

/** See {@link taskSummarySchema}. */
export type TaskSummary = z.infer<typeof taskSummarySchema>;

/** Query of `GET /v1/tasks`. */
export const tasksQuery = z.object({
  limit: z.coerce.number().int().min(0).max(limits.tasksListedMax).default(0),
  before: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0),
});

/** `GET /v1/tasks`: newest first; `before` asks for the next page, and is missing on the last one. */
export const tasksAnswerSchema = z.object({ tasks: z.array(taskSummarySchema), before: countSchema.optional() });

/** A share from 0 to 1 with its 95 % interval (Wilson). */
const shareSchema = z.object({ share: z.number(), low: z.number(), high: z.number() });

/** `GET /v1/standing`: what the newest reports say of operators and miners. Not proven: see each report. */
export const standingAnswerSchema = z.object({
  /** Reports that were counted, and when the oldest was published. */
  reports: numberSchema,
  sinceMs: momentSchema.optional(),
  operators: z.array(
    z.object({
      operator: addressSchema,
      /** Scores that it signed, one for each submission and role. */
      scores: numberSchema,
      /** Mean distance of its scores from those of the reports, in basis points. */
      meanDistance: z.number().min(0),
      /** Roles that it answered for with an absence. */
      absences: numberSchema,
      lastSeenMs: momentSchema,
    }),
  ),
  /** The miners with the most submissions, at most {@link limits.tasksListedMax}, by model where the miner names one. */
  miners: z.array(
    z.object({
      miner: minerSchema,
      modelDigest: digestSchema.optional(),
      accepted: numberSchema,
      rejected: numberSchema,
      abstained: numberSchema,
      /** Share of accepted among the accepted and rejected; missing while there are none. */
      acceptRate: shareSchema.optional(),
      lastSeenMs: momentSchema,
    }),
  ),
});

/** See {@link standingAnswerSchema}. */
export type StandingAnswer = z.infer<typeof standingAnswerSchema>;

/** `GET /v1/tasks/:taskId/content`: what the content store no longer has is missing. */
export const taskContentSchema = z.object({
  taskId: digestSchema,
  prompt: z.string().optional(),
  submissions: z.array(z.object({ miner: minerSchema, output: z.string().optional() })),
});

/** See {@link taskContentSchema}. */
export type TaskContent = z.infer<typeof taskContentSchema>;

/** `DELETE /v1/tasks/:taskId/content`: how many different contents the task had, gone now or before. */
export const deletedContentSchema = z.object({ taskId: digestSchema, contents: countSchema });

/** See {@link deletedContentSchema}. */
export type DeletedContent = z.infer<typeof deletedContentSchema>;

/** `GET /v1/network`: the validator set as stated on chain, contract addresses and policies. */
export const networkAnswerSchema = z.object({
  ...networkSchema.in.shape,
  registry: addressSchema,
  keystore: addressSchema,
  /** Address of the key participant; missing if there is none. */
  oracle: addressSchema.optional(),
  policies: policiesSchema,
});

/** `POST /v1/sessions/:sessionId/messages`. */
export const storedMessageSchema = z.object({ status: z.enum(['stored', 'duplicate']) });
