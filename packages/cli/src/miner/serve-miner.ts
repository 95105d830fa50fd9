/** A miner: an OpenAI-compatible API that signs what a model answers. */
import { type HttpServer, startHttpServer } from '@assay/adapters/http/http-server';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { textSchema } from '@assay/protocol/encoding/fields';
import { limits } from '@assay/protocol/limits';
import type { Log } from '@assay/protocol/ports';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import { tuning } from '@assay/protocol/tuning';
import {
  answerDigest,
  answerMessageSchema,
  answerTextOf,
  chatMessagesSchema,
  promptTextOf,
  referenceHeader,
} from '@assay/sdk/miner-answer';
import { z } from 'zod';

const requestSchema = z.looseObject({
  model: textSchema.min(1).max(limits.modelNameCharsMax),
  messages: chatMessagesSchema,
  stream: z.literal(false, { error: 'must be false: the signature is over the whole answer' }).nullish(),
});
const referenceSchema = textSchema.min(1).max(limits.referenceCharsMax);

/** A request as the model gets it. */
export type MinerRequest = z.infer<typeof requestSchema>;

/** A model's answer in OpenAI's shape; fields that are not named here pass through. */
export const completionSchema = z.looseObject({
  choices: z.array(z.looseObject({ message: answerMessageSchema.loose() })).min(1),
});

/** A model: answers a request, or rejects. */
export type Model = (request: MinerRequest, signal: AbortSignal) => Promise<z.infer<typeof completionSchema>>;

/** What a miner is. */
export interface MinerOptions {
  readonly port: number;
  readonly address: Hex;
  /** Signs a digest with the key of that address. */
  readonly sign: (digest: Hex) => Promise<Hex>;
  readonly domain: SigningDomain;
  readonly model: Model;
  /** Models that it lists. */
  readonly models: readonly string[];
  readonly log?: Log;
}

/** Starts it on the loopback interface; a proxy with TLS goes in front of it. */
export function serveMiner(options: MinerOptions): Promise<HttpServer> {
  return startHttpServer({
    port: options.port,
    bodyBytesMax: tuning.requestBytesMax,
    errorBody: errorOf,
    ...(options.log === undefined ? {} : { log: options.log }),
    routes: [
      {
        method: 'GET',
        path: '/v1/models',
        handler: async () => ({ status: 200, body: modelList(options.models) }),
      },
      {
        method: 'POST',
        path: '/v1/chat/completions',
        handler: ({ body, headers, signal }) => answer(options, body, headers[referenceHeader], signal),
      },
    ],
  });
}

async function answer(
  { address, sign, domain, model }: MinerOptions,
  body: unknown,
  reference: string | undefined,
  signal: AbortSignal,
) {
  const request = checkShape(requestSchema, body);
  if (!request.ok) return refusal(400, 'malformed', request.refusal.detail);
  const checkedReference = checkShape(referenceSchema, reference);
  if (!checkedReference.ok)
    return refusal(400, 'malformed', `The header ${referenceHeader} must name the task that the answer is for.`);
  let completion: z.infer<typeof completionSchema>;
  try {
    completion = await model(request.value, signal);
  } catch {
    // The upstream's words may hold content.
    return refusal(502, 'upstream-failed', 'The model behind this miner did not answer.');
  }
  const [choice] = completion.choices;
  const message = answerMessageSchema.parse(choice?.message);
  const signed = {
    reference: checkedReference.value,
    prompt: promptTextOf(request.value.messages),
    output: answerTextOf(message),
  };
  const signature = await sign(answerDigest(domain, signed));
  return { status: 200, body: { ...completion, assay: { miner: address, signature } } };
}

function refusal(status: number, code: string, message: string) {
  return { status, body: errorOf(status, code, message) };
}

function errorOf(status: number, code: string, message: string): object {
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  return { error: { message, type, param: null, code } };
}

function modelList(models: readonly string[]): object {
  return { object: 'list', data: models.map((id) => ({ id, object: 'model', created: 0, owned_by: 'assay-miner' })) };
}
