/**
 * An answer that comes in parts: OpenAI's chunks, added up to the message that a miner signs. Miner and Router add up the
 * same way, so both have the same text.
 */
import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import { z } from 'zod';
import { type AnswerMessage, answerMessageSchema, minerSignatureSchema } from './miner-answer.ts';

const callsMax = 128;
const nameCharsMax = 128;

/** Bounds of a stream: a token is a chunk of some hundred bytes. An event may hold a whole answer, escaped. */
export const answerStreamBounds = {
  bytesMax: 128 * limits.outputBytesMax,
  eventCharsMax: 8 * limits.outputBytesMax,
} as const;

const callDeltaSchema = z.object({
  index: z
    .int()
    .min(0)
    .max(callsMax - 1),
  id: textSchema.max(nameCharsMax).nullish(),
  type: z.literal('function').nullish(),
  function: z.object({ name: textSchema.max(nameCharsMax).nullish(), arguments: z.string().nullish() }).nullish(),
});

/** What a chunk adds to a message, with the fields that the signature covers. Others are dropped. */
export const deltaSchema = z.object({
  // A character may be cut between two chunks: the whole text is checked at the end.
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  tool_calls: z.array(callDeltaSchema).max(callsMax).nullish(),
});

export type AnswerDelta = z.infer<typeof deltaSchema>;

/** A chunk of an answer; the last one has the miner's signature and no choice. */
export const answerChunkSchema = z.object({
  choices: z.array(z.object({ delta: deltaSchema, finish_reason: z.string().max(64).nullish() })).max(1),
  usage: z.unknown().optional(),
  assay: minerSignatureSchema.optional(),
});

interface Call {
  id: string;
  name: string;
  arguments: string;
}

/** The message that parts make so far. */
export class MessageSoFar {
  #content: string | undefined;
  #refusal: string | undefined;
  readonly #calls = new Map<number, Call>();
  #chars = 0;

  /** Adds a part. False if the message has become longer than an output may be; it is useless then. */
  add({ content, refusal, tool_calls: calls }: AnswerDelta): boolean {
    if (typeof content === 'string') this.#content = (this.#content ?? '') + content;
    if (typeof refusal === 'string') this.#refusal = (this.#refusal ?? '') + refusal;
    this.#chars += (content?.length ?? 0) + (refusal?.length ?? 0);
    for (const { index, id, function: named } of calls ?? []) {
      const call = this.#calls.get(index) ?? { id: '', name: '', arguments: '' };
      this.#calls.set(index, call);
      call.id ||= id ?? '';
      call.name ||= named?.name ?? '';
      call.arguments += named?.arguments ?? '';
      this.#chars += named?.arguments?.length ?? 0;
    }
    // Each of these takes at least one byte.
    return this.#chars <= limits.outputBytesMax;
  }

  /** True if no part has said anything yet. */
  get isEmpty(): boolean {
    return this.#chars === 0 && this.#calls.size === 0;
  }

  /** The message; undefined if the parts make none. */
  get message(): AnswerMessage | undefined {
    const calls = [...this.#calls].sort(([a], [b]) => a - b).map(([, { id, ...named }]) => callOf(id, named));
    const checked = answerMessageSchema.safeParse({
      content: this.#content,
      refusal: this.#refusal,
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
    });
    return checked.success ? checked.data : undefined;
  }

  /** All parts as one. */
  get delta(): AnswerDelta {
    return {
      ...(this.#content === undefined ? {} : { content: this.#content }),
      ...(this.#refusal === undefined ? {} : { refusal: this.#refusal }),
      ...(this.#calls.size === 0 ? {} : { tool_calls: [...this.#calls].map(callDelta) }),
    };
  }
}

function callOf(id: string, named: { readonly name: string; readonly arguments: string }) {
  return { id, type: 'function', function: named };
}

/** Later parts of a call have its arguments only. */
function callDelta([index, { id, name, arguments: more }]: [number, Call]) {
  const named = { ...(name === '' ? {} : { name }), arguments: more };
  return { index, ...(id === '' ? {} : { id, type: 'function' as const }), function: named };
}

/** A whole message as one part. */
export function deltaOf({ content, refusal, tool_calls: calls }: AnswerMessage): AnswerDelta {
  return {
    content: content ?? null,
    ...(typeof refusal === 'string' ? { refusal } : {}),
    ...(calls === undefined || calls.length === 0
      ? {}
      : { tool_calls: calls.map((one, index) => ({ index, ...one })) }),
  };
}
