/** A request in one of OpenAI's two APIs for text: what the Router reads of it, and what it sends on. */
import { schemaFault } from '@assay/checks/form/answer-schema';
import { checkShape } from '@assay/protocol/encoding/decode';
import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { AnswerSchema } from '@assay/protocol/task/answer-schema';
import { chatMessagesSchema, promptTextOf } from '@assay/sdk/miner-answer';
import { z } from 'zod';
import { Fault } from '../faults.ts';

/** `verified`: after the verdict. `optimistic`: at once, the verdict last. `off`: without the network. */
const modeSchema = z.enum(['verified', 'optimistic', 'off']);

/** The form of the answer. Others than a schema are the miners' matter alone. */
const responseFormat = z
  .looseObject({
    type: z.string(),
    json_schema: z.looseObject({ schema: z.record(z.string(), z.unknown()).nullish() }).nullish(),
  })
  .nullish();

const streamFields = {
  model: textSchema.min(1).max(limits.modelNameCharsMax),
  stream: z.boolean().nullish(),
  n: z.literal(1, { error: 'must be 1: each miner gives one answer' }).nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
} as const;

const chatSchema = z.looseObject({ ...streamFields, messages: chatMessagesSchema, response_format: responseFormat });

const onePrompt = { error: 'must be one text' } as const;
const absent = { error: 'is not possible: miners answer chats' } as const;

/** Miners have the chat API alone: a prompt is a user's only message. */
const textRequestSchema = z
  .looseObject({
    ...streamFields,
    prompt: z.union([textSchema, z.tuple([textSchema]).transform(([only]) => only)], onePrompt),
    best_of: z.literal(1, { error: 'must be 1: each miner gives one answer' }).nullish(),
    echo: z.literal(false, absent).nullish(),
    logprobs: z.null(absent).optional(),
    suffix: z.literal('', absent).nullish(),
  })
  .transform(({ prompt, best_of: _best, echo: _echo, logprobs: _log, suffix: _suffix, ...rest }) => ({
    ...rest,
    messages: [{ role: 'user', content: prompt }],
  }));

/** Fields that tell something about the user, or ask the miner to keep something: they stay here. */
const notForMiners = [
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'metadata',
  'store',
  'stream',
  'stream_options',
  'n',
];

/** The API that a client asks by. */
export type Kind = 'chat' | 'text';

/** Its path. */
export const kindPaths = { chat: '/v1/chat/completions', text: '/v1/completions' } as const satisfies Record<
  Kind,
  string
>;

/** A checked request. */
export interface ChatRequest {
  readonly kind: Kind;
  readonly mode: z.infer<typeof modeSchema>;
  readonly model: string;
  readonly isStream: boolean;
  /** The client gets what the first miner says as it comes. */
  readonly isLive: boolean;
  readonly includesUsage: boolean;
  /** The text that is judged. */
  readonly prompt: string;
  /** What {@link prompt} is made of. */
  readonly messages: z.infer<typeof chatMessagesSchema>;
  /** Of the task. */
  readonly parameters: { readonly model: string; readonly answerSchema?: AnswerSchema };
  /** The body for miners. */
  readonly forMiners: string;
}

/** Reads body and `x-assay-mode`. Throws {@link Fault} that names the field. */
export function readChatRequest(kind: Kind, body: unknown, mode: string | undefined): ChatRequest {
  const checkedMode = modeSchema.safeParse(mode ?? 'verified');
  if (!checkedMode.success)
    throw new Fault('malformed', 'x-assay-mode must be verified, optimistic or off.', { param: 'x-assay-mode' });
  const checked = kind === 'chat' ? checkShape(chatSchema, body) : checkShape(textRequestSchema, body);
  if (!checked.ok) throw new Fault('malformed', checked.refusal.detail, { param: checked.refusal.field ?? '(whole)' });
  const request = checked.value;
  const isStream = request.stream === true;
  if (checkedMode.data === 'optimistic' && !isStream)
    throw new Fault('mode-needs-stream', 'Send stream: true, or take verified or off.', { param: 'x-assay-mode' });
  const prompt = promptOf(request.messages, kind === 'chat' ? 'messages' : 'prompt');
  const schema = checkedMode.data === 'off' ? undefined : schemaOf(request);
  const isLive = isStream && checkedMode.data !== 'verified';
  return {
    kind,
    mode: checkedMode.data,
    model: request.model,
    isStream,
    isLive,
    includesUsage: request.stream_options?.include_usage === true,
    prompt,
    messages: request.messages,
    parameters: { model: request.model, ...(schema === undefined ? {} : { answerSchema: schema }) },
    forMiners: JSON.stringify({
      ...Object.fromEntries(Object.entries(request).filter(([name]) => !notForMiners.includes(name))),
      ...(isLive ? { stream: true, stream_options: { include_usage: true } } : {}),
    }),
  };
}

/** The schema that answers are judged by: that of `response_format`. */
function schemaOf(request: object): AnswerSchema | undefined {
  const format = responseFormat.safeParse('response_format' in request ? request.response_format : undefined).data;
  const schema = format?.type === 'json_schema' ? format.json_schema?.schema : undefined;
  if (schema === undefined || schema === null) return undefined;
  const fault = schemaFault(schema);
  if (fault === undefined) return schema;
  throw new Fault('malformed', `The schema ${fault}.`, { param: 'response_format.json_schema.schema' });
}

function promptOf(messages: z.infer<typeof chatMessagesSchema>, param: string): string {
  let prompt: string;
  try {
    prompt = promptTextOf(messages);
  } catch {
    throw new Fault('malformed', 'A message has a value without JSON form.', { param });
  }
  if (Buffer.byteLength(prompt) > limits.promptBytesMax)
    throw new Fault('too-long', `The messages may have ${limits.promptBytesMax} bytes.`, { param });
  return prompt;
}
