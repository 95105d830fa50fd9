/** Asks one miner: bounded in time and size, and without a signature by its key the answer does not count. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { RefusalCode } from '@assay/protocol/refusal-codes';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
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
}

/** The miner's answer. Rejects with {@link MinerFault}. */
export async function askMiner(miner: Miner, question: Question, signal: AbortSignal): Promise<MinerAnswer> {
  const checked = completionSchema.safeParse(await fetchJson(miner, question, signal));
  if (!checked.success) throw new MinerFault('malformed');
  const { choices, usage, assay } = checked.data;
  const [choice] = choices;
  if (choice === undefined) throw new MinerFault('malformed');
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

async function fetchJson(miner: Miner, { reference, body }: Question, signal: AbortSignal): Promise<unknown> {
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
  if (!response.ok) {
    await response.body?.cancel().catch(() => undefined);
    throw new MinerFault('refused');
  }
  const bytes = await bodyOf(response);
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new MinerFault('malformed');
  }
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
