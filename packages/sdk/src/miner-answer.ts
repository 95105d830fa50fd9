/**
 * A miner's signed answer to a chat: what of prompt and answer is judged, and the signature that binds both. The Router
 * and miners compute the same texts, so the signature counts in the network's task as well.
 */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { canonicalJson } from '@assay/protocol/encoding/canonical';
import { addressSchema, digestSchema, signatureSchema, textSchema } from '@assay/protocol/encoding/fields';
import { recoverSigner } from '@assay/protocol/signature/signature';
import { type SigningDomain, submissionDigest } from '@assay/protocol/signature/typed-data';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { z } from 'zod';

/** Header of a request to a miner: the reference of the task that its answer will be part of. */
export const referenceHeader = 'x-assay-reference';

const messagesMax = 2_048;
const partsMax = 1_024;

/** Who speaks in a chat of OpenAI's API, which refuses others. */
const chatRoles: readonly string[] = ['developer', 'system', 'user', 'assistant', 'tool', 'function'];

/** A message of a chat in OpenAI's API. Fields that are not named here pass through. */
export const chatMessageSchema = z.looseObject({
  role: textSchema.refine((role) => chatRoles.includes(role), `must be one of ${chatRoles.join(', ')}`),
  content: z
    .union([
      textSchema,
      z
        .array(
          z.looseObject({
            type: textSchema.max(64),
            // Named, so that a lone surrogate is refused where the text is judged.
            text: textSchema.optional(),
          }),
        )
        .max(partsMax),
      z.null(),
    ])
    .optional(),
});

/** The messages of a request. */
export const chatMessagesSchema = z.array(chatMessageSchema).min(1).max(messagesMax);

type ChatMessage = z.infer<typeof chatMessageSchema>;

/** The message of an answer in OpenAI's API, with the fields that the signature covers. Others are dropped. */
export const answerMessageSchema = z.object({
  content: textSchema.nullish(),
  refusal: textSchema.nullish(),
  tool_calls: z
    .array(
      z.object({
        id: textSchema.min(1).max(128),
        type: z.literal('function'),
        function: z.object({ name: textSchema.min(1).max(128), arguments: textSchema }),
      }),
    )
    .max(128)
    .optional(),
});

export type AnswerMessage = z.infer<typeof answerMessageSchema>;

/** What a miner adds to its answer, in the field `assay`. */
export const minerSignatureSchema = z.object({
  miner: addressSchema,
  signature: signatureSchema,
  modelDigest: digestSchema.optional(),
});

/**
 * The prompt that is judged: a user's only message is its text; several are `role: text`, with empty lines between. What
 * is not text is there as `[type CID]`, by the CID of its canonical JSON. Throws if a value has no JSON form.
 */
export function promptTextOf(messages: readonly ChatMessage[]): string {
  const [first] = messages;
  if (messages.length === 1 && first?.role === 'user') return textOf(first);
  return messages.map((message) => `${message.role}: ${textOf(message)}`).join('\n\n');
}

function textOf(message: ChatMessage): string {
  const { role: _, content, ...rest } = message;
  const parts =
    typeof content === 'string'
      ? [content]
      : (content ?? []).map((part) => (part.type === 'text' ? (part.text ?? '') : stated(part.type, part)));
  const more = Object.keys(rest).length === 0 ? [] : [stated('fields', rest)];
  return [...parts, ...more].join('\n');
}

function stated(name: string, value: unknown): string {
  return `[${name} ${contentIdOf(utf8(canonicalJson(value)))}]`;
}

/** The output that is judged: the text of an answer, or its canonical JSON if it refuses or calls tools. */
export function answerTextOf({ content, refusal, tool_calls: calls }: AnswerMessage): string {
  const hasCalls = calls !== undefined && calls.length > 0;
  if (!hasCalls && typeof refusal !== 'string') return content ?? '';
  return canonicalJson({ content: content ?? null, refusal: refusal ?? null, tool_calls: calls ?? [] });
}

/** What a miner signs. */
export interface SignedAnswer {
  readonly reference: string;
  readonly prompt: string;
  readonly output: string;
  readonly modelDigest?: Hex | undefined;
}

/** EIP-712 digest of an answer: the one of a submission to a task, on one chain and hub. */
export function answerDigest(domain: SigningDomain, answer: SignedAnswer): Hex {
  return submissionDigest(domain, {
    reference: answer.reference,
    promptCid: contentIdOf(utf8(answer.prompt)),
    outputCid: contentIdOf(utf8(answer.output)),
    commitment: '',
    modelDigest: answer.modelDigest ?? '',
  });
}

/** Whether the miner of that address signed the answer. */
export function isSignedBy(domain: SigningDomain, answer: SignedAnswer, signature: Hex, miner: Hex): boolean {
  return recoverSigner(answerDigest(domain, answer), signature) === miner;
}
