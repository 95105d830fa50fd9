/** The models behind a miner: an upstream API, or the stand-in. */
import { checkShape } from '@assay/protocol/encoding/decode';
import { answerStreamBounds } from '@assay/sdk/answer-stream';
import { eventsOf } from '@assay/sdk/event-stream';
import { promptTextOf } from '@assay/sdk/miner-answer';
import { z } from 'zod';
import { chunkSchema, completionSchema, type Model, type StreamingModel } from './model-port.ts';
import { chunksOfWhole } from './signed-stream.ts';
import { standInAnswer, standInModel } from './stand-in.ts';

const answerTimeoutMs = 300_000;
const answerBytesMax = 4 * 1024 * 1024;
const modelListSchema = z.object({ data: z.array(z.object({ id: z.string().min(1) })).max(10_000) });

/** An upstream: base URL of an OpenAI-compatible API, and its key if it wants one. */
export interface Upstream {
  readonly url: string;
  readonly apiKey: string | undefined;
}

/** The model of an upstream. It rejects if the upstream fails, is slow, or answers more than 4 MiB. */
export function upstreamModel(upstream: Upstream): Model {
  return async (request, signal) => {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
    const body = JSON.stringify({ ...request, stream: false });
    const answer = await call(upstream, '/chat/completions', { method: 'POST', body, signal: bound });
    return taken(completionSchema, answer);
  };
}

/** The same, part by part as the upstream sends it. */
export function upstreamStream(upstream: Upstream): StreamingModel {
  return async function* (request, signal) {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(answerTimeoutMs)]);
    const body = JSON.stringify({ ...request, stream: true });
    const response = await requested(upstream, '/chat/completions', { method: 'POST', body, signal: bound });
    if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
      yield* chunksOfWhole(taken(completionSchema, await jsonOf(response)));
      return;
    }
    for await (const data of eventsOf(response.body, answerStreamBounds)) {
      if (data === '[DONE]') return;
      yield taken(chunkSchema, JSON.parse(data));
    }
    throw new Error('The upstream ended its answer in the middle.');
  };
}

/** The names of an upstream's models. */
export async function modelsOfUpstream(upstream: Upstream): Promise<string[]> {
  const answer = await call(upstream, '/models', { signal: AbortSignal.timeout(answerTimeoutMs) });
  return taken(modelListSchema, answer).data.map(({ id }) => id);
}

/** The stand-in as a model; `manner` chooses its wording. */
export function standIn(manner: number): Model {
  return async ({ messages }) => {
    const last = messages.findLast(({ role }) => role === 'user') ?? messages.at(-1);
    const content = standInAnswer(last === undefined ? '' : promptTextOf([last]), manner);
    return {
      id: 'chatcmpl-stand-in',
      object: 'chat.completion',
      created: 0,
      model: standInModel,
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    };
  };
}

/** The stand-in word by word. */
export function standInStream(manner: number): StreamingModel {
  return async function* (request, signal) {
    const { choices, ...heading } = await standIn(manner)(request, signal);
    const words = choices[0]?.message.content?.match(/\S+\s*/g) ?? [];
    const chunk = (delta: { readonly content?: string }, reason: string | null) => ({
      ...heading,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: reason }],
    });
    for (const content of words) yield chunk({ content }, null);
    yield chunk({}, 'stop');
  };
}

async function call(upstream: Upstream, path: string, init: RequestInit): Promise<unknown> {
  return jsonOf(await requested(upstream, path, init));
}

async function requested({ url, apiKey }: Upstream, path: string, init: RequestInit): Promise<Response> {
  const response = await fetch(`${url.replace(/\/+$/, '')}${path}`, {
    ...init,
    redirect: 'error',
    headers: {
      'content-type': 'application/json',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
  });
  if (!response.ok) throw new Error(`The upstream answers ${response.status}.`);
  return response;
}

async function jsonOf(response: Response): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.length;
    if (length > answerBytesMax) throw new Error(`The upstream's answer has more than ${answerBytesMax} bytes.`);
    parts.push(part);
  }
  return JSON.parse(Buffer.concat(parts).toString('utf8'));
}

function taken<T>(schema: z.ZodType<T, unknown>, value: unknown): T {
  const checked = checkShape(schema, value);
  if (!checked.ok) throw new Error(`The upstream's answer is not OpenAI's: ${checked.refusal.detail}.`);
  return checked.value;
}
