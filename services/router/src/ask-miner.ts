/** Asks one miner: bounded in time and size, and without a signature by its key the answer does not count. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { RefusalCode } from '@assay/protocol/refusal-codes';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import { type AnswerDelta, answerChunkSchema, answerStreamBounds, MessageSoFar } from '@assay/sdk/answer-stream';
import { EventStreamError, eventsOf } from '@assay/sdk/event-stream';
import {
  type AnswerMessage,
  answerMessageSchema,
  answerTextOf,
  isSignedBy,
  minerSignatureSchema,
  referenceHeader,
} from '@assay/sdk/miner-answer';
import { z } from 'zod';
import type { Miner } from './miners.ts';

/** Bytes of one answer with everything around its text: JSON may write a byte of text as six. */
const answerBytesMax = 8 * limits.outputBytesMax;

const tokensSchema = z.int().min(0);
const usageSchema = z.object({
  prompt_tokens: tokensSchema,
  completion_tokens: tokensSchema,
  total_tokens: tokensSchema,
});

const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        message: answerMessageSchema,
        finish_reason: z.enum(['stop', 'length', 'tool_calls', 'content_filter', 'function_call']),
      }),
    )
    .length(1),
  usage: usageSchema.nullish().catch(undefined),
  assay: minerSignatureSchema,
});

/** A miner's answer whose signature holds. Only what the signature covers is content. */
export interface MinerAnswer {
  readonly miner: Miner;
  readonly message: AnswerMessage;
  readonly finishReason: string;
  readonly usage: z.infer<typeof usageSchema> | undefined;
  /** The text that is judged. */
  readonly output: string;
  readonly signature: Hex;
  readonly modelDigest: Hex | undefined;
}

/** Why an answer does not count. */
type MinerFailure =
  | Extract<RefusalCode, 'too-long' | 'malformed' | 'forged'>
  | 'unreachable'
  | 'refused'
  | 'wrong-miner'
  | 'wrong-model';

/** A miner failed. The message is a code, never the miner's words: they may hold content. */
export class MinerFault extends Error {
  override readonly name = 'MinerFault';
  readonly code: MinerFailure;

  constructor(code: MinerFailure) {
    super(code);
    this.code = code;
  }
}

/** The question, as all miners get it. */
export interface Question {
  readonly domain: SigningDomain;
  readonly reference: string;
  readonly prompt: string;
  readonly body: string;
  /** The answer must be a text: nothing else fits the API by which the client asks. */
  readonly isTextOnly: boolean;
}

/**
 * The miner's answer. Parts of one that streams are given to `onPart` as they come, before the signature is there. Rejects
 * with {@link MinerFault}.
 */
export async function askMiner(
  miner: Miner,
  question: Question,
  signal: AbortSignal,
  onPart: (part: AnswerDelta) => void = () => undefined,
): Promise<MinerAnswer> {
  const response = await fetchAnswer(miner, question, signal);
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const answer = isStream ? await streamedAnswer(response, question, onPart) : await wholeAnswer(response);
  return checkedAnswer(miner, question, answer);
}

function checkedAnswer(miner: Miner, question: Question, answer: unknown): MinerAnswer {
  const checked = completionSchema.safeParse(answer);
  if (!checked.success) throw new MinerFault('malformed');
  const { choices, usage, assay } = checked.data;
  const [choice] = choices;
  if (choice === undefined) throw new MinerFault('malformed');
  if (question.isTextOnly && !isText(choice.message)) throw new MinerFault('malformed');
  const output = answerTextOf(choice.message);
  if (!textSchema.safeParse(output).success) throw new MinerFault('malformed');
  if (Buffer.byteLength(output) > limits.outputBytesMax) throw new MinerFault('too-long');
  if (assay.miner !== miner.address) throw new MinerFault('wrong-miner');
  if (miner.modelDigest !== undefined && assay.modelDigest !== miner.modelDigest) throw new MinerFault('wrong-model');
  const { domain, reference, prompt } = question;
  const signed = { reference, prompt, output, modelDigest: assay.modelDigest };
  if (!isSignedBy(domain, signed, assay.signature, miner.address)) throw new MinerFault('forged');
  return {
    miner,
    message: choice.message,
    finishReason: choice.finish_reason,
    usage: usage ?? undefined,
    output,
    signature: assay.signature,
    modelDigest: assay.modelDigest,
  };
}

function isText({
  refusal,
  tool_calls: calls,
}: {
  readonly refusal?: unknown;
  readonly tool_calls?: unknown;
}): boolean {
  return typeof refusal !== 'string' && (!Array.isArray(calls) || calls.length === 0);
}

async function fetchAnswer(miner: Miner, { reference, body }: Question, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(`${miner.url}/chat/completions`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', [referenceHeader]: reference },
      // A redirect would send the prompt to an address that nobody registered.
      redirect: 'error',
      signal,
    });
  } catch {
    throw new MinerFault('unreachable');
  }
  if (response.ok) return response;
  await response.body?.cancel().catch(() => undefined);
  throw new MinerFault('refused');
}

async function wholeAnswer(response: Response): Promise<unknown> {
  const bytes = await bodyOf(response);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new MinerFault('malformed');
  }
}

/** The parts of a stream, added up to the signature; what comes after it is not read. */
async function streamedAnswer(
  { body }: Response,
  { isTextOnly }: Question,
  onPart: (part: AnswerDelta) => void,
): Promise<unknown> {
  const message = new MessageSoFar();
  let reason: string | undefined;
  let usage: unknown;
  try {
    for await (const data of eventsOf(body, answerStreamBounds)) {
      const chunk = chunkOf(data);
      const [choice] = chunk.choices;
      usage = chunk.usage ?? usage;
      reason = choice?.finish_reason ?? reason;
      if (choice !== undefined && isTextOnly && !isText(choice.delta)) throw new MinerFault('malformed');
      if (choice !== undefined && !message.add(choice.delta)) throw new MinerFault('too-long');
      if (choice !== undefined) onPart(choice.delta);
      if (chunk.assay !== undefined)
        return { choices: [{ message: message.message, finish_reason: reason }], usage, assay: chunk.assay };
    }
  } catch (error) {
    if (error instanceof EventStreamError) throw new MinerFault(error.code);
    throw error instanceof MinerFault ? error : new MinerFault('unreachable');
  }
  throw new MinerFault('malformed');
}

function chunkOf(data: string): z.infer<typeof answerChunkSchema> {
  let json: unknown;
  try {
    json = JSON.parse(data);
  } catch {
    throw new MinerFault('malformed');
  }
  const checked = answerChunkSchema.safeParse(json);
  if (!checked.success) throw new MinerFault('malformed');
  return checked.data;
}

async function bodyOf({ body }: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body ?? []) {
      length += part.length;
      if (length > answerBytesMax) throw new MinerFault('too-long');
      parts.push(part);
    }
  } catch (error) {
    throw error instanceof MinerFault ? error : new MinerFault('unreachable');
  }
  return Buffer.concat(parts);
}
