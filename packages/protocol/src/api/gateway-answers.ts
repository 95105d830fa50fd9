/** Schemas of the gateway's answers. The SDK reads answers with them; the OpenAPI document is made from them. */
import { z } from 'zod';
import { addressSchema, digestSchema } from '../encoding/fields.ts';
import { networkSchema } from '../network/validator-set.ts';
import { policiesSchema } from '../policy/policy.ts';
import { taskSchema } from '../task/task.ts';

/** Every answer with status 400 or above. */
export const refusalAnswerSchema = z.object({
  error: z.object({
    /** For programs, in kebab case. */
    code: z.string(),
    /** For people: what is wrong, and what to do. */
    detail: z.string(),
    /** Path of the wrong field, such as `submissions.0.miner`. */
    field: z.string().optional(),
  }),
  /** With code `duplicate-task`: the id of the task that is known. */
  taskId: digestSchema.optional(),
});

/** `POST /v1/tasks`: the task is accepted and published. */
export const acceptedTaskSchema = z.object({ taskId: digestSchema, reference: z.string() });

/** `GET /v1/tasks/:taskId`. */
export const taskAnswerSchema = z.object({ status: z.enum(['pending', 'certified']), task: taskSchema });

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
