/** What a miner asks a model, and what it is answered. */
import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { deltaSchema } from '@assay/sdk/answer-stream';
import { answerMessageSchema, chatMessagesSchema } from '@assay/sdk/miner-answer';
import { z } from 'zod';

/** A request to a miner. */
export const requestSchema = z.looseObject({
  model: textSchema.min(1).max(limits.modelNameCharsMax),
  messages: chatMessagesSchema,
  stream: z.boolean().nullish(),
});

/** A request as the model gets it. */
export type MinerRequest = z.infer<typeof requestSchema>;

/** A model's answer in OpenAI's shape; fields that are not named here pass through. */
export const completionSchema = z.looseObject({
  choices: z.array(z.looseObject({ message: answerMessageSchema.loose() })).min(1),
});

/** A model's whole answer. */
export type Completion = z.infer<typeof completionSchema>;

/** A model: answers a request, or rejects. */
export type Model = (request: MinerRequest, signal: AbortSignal) => Promise<Completion>;

/** A chunk in OpenAI's shape; fields that are not named here pass through. */
export const chunkSchema = z.looseObject({ choices: z.array(z.looseObject({ delta: deltaSchema.loose() })).max(1) });

export type Chunk = z.infer<typeof chunkSchema>;

/** A model that answers part by part. Throws if it breaks off. */
export type StreamingModel = (request: MinerRequest, signal: AbortSignal) => AsyncIterable<Chunk>;
