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
  type AnswerMessage,
  answerDigest,
  answerMessageSchema,
  answerTextOf,
  promptTextOf,
  referenceHeader,
} from '@assay/sdk/miner-answer';
import { type Model, requestSchema, type StreamingModel } from './model-port.ts';
import { inOnePart, signedEvents } from './signed-stream.ts';

const referenceSchema = textSchema.min(1).max(limits.referenceCharsMax);

/** What a miner is. */
export interface MinerOptions {
  readonly port: number;
  readonly address: Hex;
  /** Signs a digest with the key of that address. */
  readonly sign: (digest: Hex) => Promise<Hex>;
  readonly domain: SigningDomain;
  readonly model: Model;
  /** The same model, part by part; without it, a stream has the whole answer as one part. */
  readonly streaming?: StreamingModel;
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

async function answer(options: MinerOptions, body: unknown, reference: string | undefined, signal: AbortSignal) {
  const request = checkShape(requestSchema, body);
  if (!request.ok) return refusal(400, 'malformed', request.refusal.detail);
  const checkedReference = checkShape(referenceSchema, reference);
  if (!checkedReference.ok)
    return refusal(400, 'malformed', `The header ${referenceHeader} must name the task that the answer is for.`);
  const signing = async (message: AnswerMessage) => {
    const signed = {
      reference: checkedReference.value,
      prompt: promptTextOf(request.value.messages),
      output: answerTextOf(message),
    };
    return { miner: options.address, signature: await options.sign(answerDigest(options.domain, signed)) };
  };
  try {
    const { model, streaming = inOnePart(model) } = options;
    if (request.value.stream === true) {
      const events = await signedEvents(streaming(request.value, signal), signing);
      return { status: 200, contentType: 'text/event-stream; charset=utf-8', body: events };
    }
    const completion = await model(request.value, signal);
    const message = answerMessageSchema.parse(completion.choices[0]?.message);
    return { status: 200, body: { ...completion, assay: await signing(message) } };
  } catch {
    // The upstream's words may hold content.
    return refusal(502, 'upstream-failed', 'The model behind this miner did not answer.');
  }
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
