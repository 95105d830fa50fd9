/** A request in OpenAI's chat API: what the Router reads of it, and what it sends on. */
import { checkShape } from '@assay/protocol/encoding/decode';
import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { chatMessagesSchema, promptTextOf } from '@assay/sdk/miner-answer';
import { z } from 'zod';
import { Fault } from './faults.ts';

/** `verified`: after the verdict. `optimistic`: at once, the verdict last. `off`: without the network. */
const modeSchema = z.enum(['verified', 'optimistic', 'off']);

const requestSchema = z.looseObject({
  model: textSchema.min(1).max(limits.modelNameCharsMax),
  messages: chatMessagesSchema,
  stream: z.boolean().nullish(),
  n: z.literal(1, { error: 'must be 1: each miner gives one answer' }).nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});

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

/** A checked request. */
export interface ChatRequest {
  readonly mode: z.infer<typeof modeSchema>;
  readonly model: string;
  readonly isStream: boolean;
  readonly includesUsage: boolean;
  /** The text that is judged. */
  readonly prompt: string;
  /** The body for miners. */
  readonly forMiners: string;
}

/** Reads body and `x-assay-mode`. Throws {@link Fault} that names the field. */
export function readChatRequest(body: unknown, mode: string | undefined): ChatRequest {
  const checkedMode = modeSchema.safeParse(mode ?? 'verified');
  if (!checkedMode.success)
    throw new Fault('malformed', 'x-assay-mode must be verified, optimistic or off.', { param: 'x-assay-mode' });
  const checked = checkShape(requestSchema, body);
  if (!checked.ok) throw new Fault('malformed', checked.refusal.detail, { param: checked.refusal.field ?? '(whole)' });
  const request = checked.value;
  const isStream = request.stream === true;
  if (checkedMode.data === 'optimistic' && !isStream)
    throw new Fault('mode-needs-stream', 'Send stream: true, or take verified or off.', { param: 'x-assay-mode' });
  const prompt = promptOf(request.messages);
  return {
    mode: checkedMode.data,
    model: request.model,
    isStream,
    includesUsage: request.stream_options?.include_usage === true,
    prompt,
    forMiners: JSON.stringify(
      Object.fromEntries(Object.entries(request).filter(([name]) => !notForMiners.includes(name))),
    ),
  };
}

function promptOf(messages: z.infer<typeof chatMessagesSchema>): string {
  let prompt: string;
  try {
    prompt = promptTextOf(messages);
  } catch {
    throw new Fault('malformed', 'A message has a value without JSON form.', { param: 'messages' });
  }
  if (Buffer.byteLength(prompt) > limits.promptBytesMax)
    throw new Fault('too-long', `The messages may have ${limits.promptBytesMax} bytes.`, { param: 'messages' });
  return prompt;
}
