/** Sentence embeddings from an OpenAI-compatible endpoint (`/v1/embeddings`). */

import type { ModelAnswer } from '@assay/protocol/language-model/language-model';
import { ModelFaultError } from '@assay/protocol/language-model/model-fault-error';
import type { Clock, Embedder, Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { z } from 'zod';
import { CallSlots } from '../language-model/call-slots.ts';
import { callEndpoint, type Endpoint } from '../language-model/endpoint-call.ts';
import { endpointAt, isOwnPlace } from '../language-model/endpoint-fields.ts';
import { requireModel } from '../language-model/model-list.ts';
import { TokenBudget } from '../language-model/token-budget.ts';
import { type EmbeddingEndpoint, endpointCuts, probePairs, probeSentences } from './embedding-endpoint.ts';

/** An embedder elsewhere; `embed` rejects with a {@link ModelFaultError} when it has no usable answer. */
export interface EndpointEmbedder extends Embedder {
  /** Whether it may read sealed content: it runs on this machine, or its operator marked it as its own. */
  readonly isOwn: boolean;
}

/** What is needed besides the file. */
export interface EndpointEmbedderContext {
  readonly clock: Clock;
  /** Chooses the sentence that goes with a request, and its place; 0 up to 1. */
  readonly random: () => number;
  readonly log?: Pick<Log, 'info' | 'warn'> | undefined;
}

/** How far a cosine of the probe sentences may be from the fingerprint: other hardware, another precision. */
const fingerprintSlack = 15;
/** Least cosine of a probe sentence's vector to that of the start. */
const probeCosineMin = 0.99;
/** Bytes of one value in JSON, above what any server was seen to write. */
const valueBytes = 32;

/**
 * Connects, and compares what the model computes with the file. Rejects with the next step if the endpoint is not there,
 * has no such model, gives vectors of another size, or other ones than the fingerprint says.
 */
export async function connectEndpointEmbedder(
  file: EmbeddingEndpoint,
  { clock, random, log }: EndpointEmbedderContext,
): Promise<EndpointEmbedder> {
  const endpoint = endpointAt(file, clock);
  const { model = file.name, dimensions, prefix } = file;
  await requireModel(endpoint, model);
  const request: EmbeddingRequest = { endpoint, model, dimensions, prefix };
  const probes = await probesOf(request, file);
  const cuts = endpointCuts(file);
  const isOwn = isOwnPlace(file);
  log?.info('embedding model connected', { model, modelDigest: cuts.modelDigest, dimensions, isOwn });
  const budget = new TokenBudget(file.tokensPerMinute ?? Number.POSITIVE_INFINITY, clock);
  const slots = new CallSlots(file.requestsMax);
  const embedBatch = async (texts: readonly string[]): Promise<Float32Array[]> => {
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const answer: ModelAnswer<Float32Array[]> = budget.take(Math.ceil(bytes / 4))
      ? await slots.run(() => vectorsWithProbe(request, texts, { probes, random }))
      : { ok: false, fault: 'out-of-budget' };
    if (answer.ok) return answer.value;
    log?.warn('embedding model gave no usable answer', { model, fault: answer.fault });
    throw new ModelFaultError(answer.fault);
  };
  return {
    ...cuts,
    isOwn,
    embed: async (texts) => (await Promise.all(batchesOf(texts, file.textsMax).map(embedBatch))).flat(),
    close: async () => undefined,
  };
}

/** What every request has. */
interface EmbeddingRequest {
  readonly endpoint: Endpoint;
  readonly model: string;
  readonly dimensions: number;
  readonly prefix: string;
}

/** The vectors of the probe sentences. Rejects if they are not those of the file's model. */
async function probesOf(
  request: EmbeddingRequest,
  { fingerprint }: Pick<EmbeddingEndpoint, 'fingerprint'>,
): Promise<Float32Array[]> {
  const { origin } = new URL(request.endpoint.url);
  const answer = await vectorsOf(request, probeSentences);
  if (!answer.ok)
    throw new Error(
      `The endpoint at ${origin} gives no vectors of ${request.dimensions} values by the model "${request.model}" (${answer.fault}). Check dimensions and model in the file, and that the server has /v1/embeddings.`,
    );
  const probes = answer.value;
  const seen = probePairs.map(([a, b]) => Math.round(1_000 * dot(probes[a], probes[b])));
  const isFar = (value: number, at: number) => Math.abs(value - (fingerprint?.[at] ?? 0)) > fingerprintSlack;
  if (fingerprint !== undefined && !seen.some(isFar)) return probes;
  throw new Error(
    fingerprint === undefined
      ? `The file has no fingerprint. The model at ${origin} has "fingerprint": [${seen.join(', ')}]. Write it into the file, for all operators.`
      : `The model at ${origin} is another one than the file's: its fingerprint is [${seen.join(', ')}], and the file has [${fingerprint.join(', ')}].`,
  );
}

/** Vectors of texts, if the vector of a sentence among them is the one that it had at the start. */
async function vectorsWithProbe(
  request: EmbeddingRequest,
  texts: readonly string[],
  { probes, random }: { readonly probes: readonly Float32Array[]; readonly random: () => number },
): Promise<ModelAnswer<Float32Array[]>> {
  const which = Math.floor(random() * probes.length);
  const at = Math.floor(random() * (texts.length + 1));
  const answer = await vectorsOf(request, texts.toSpliced(at, 0, probeSentences[which] ?? ''));
  if (!answer.ok) return answer;
  if (dot(answer.value[at], probes[which]) < probeCosineMin) return { ok: false, fault: 'wrong-model' };
  return { ok: true, value: answer.value.toSpliced(at, 1) };
}

const answerSchema = z.object({
  model: z.string(),
  data: z.array(z.object({ index: z.int().min(0), embedding: z.array(z.number()) })),
});

/** One vector of length 1 for each text, in order. */
async function vectorsOf(
  { endpoint, model, dimensions, prefix }: EmbeddingRequest,
  texts: readonly string[],
): Promise<ModelAnswer<Float32Array[]>> {
  const answer = await callEndpoint(endpoint, {
    path: '/embeddings',
    body: { model, input: texts.map((text) => prefix + text), encoding_format: 'float' },
    answerBytesMax: Math.min(tuning.modelAnswerBytesMax, 65_536 + texts.length * dimensions * valueBytes),
  });
  if (!answer.ok) return answer;
  const read = answerSchema.safeParse(answer.value);
  if (!read.success) return { ok: false, fault: 'malformed' };
  if (read.data.model !== model) return { ok: false, fault: 'wrong-model' };
  const byIndex = new Map(read.data.data.map(({ index, embedding }) => [index, embedding]));
  if (read.data.data.length !== texts.length || byIndex.size !== texts.length) return { ok: false, fault: 'malformed' };
  const vectors: Float32Array[] = [];
  for (const index of texts.keys()) {
    const values = byIndex.get(index);
    if (values?.length !== dimensions) return { ok: false, fault: 'malformed' };
    const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
    if (!Number.isFinite(length) || length < 1e-6) return { ok: false, fault: 'impossible-numbers' };
    vectors.push(Float32Array.from(values, (value) => value / length));
  }
  return { ok: true, value: vectors };
}

const none = new Float32Array();

function dot(a: Float32Array = none, b: Float32Array = none): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

function batchesOf(texts: readonly string[], size: number): string[][] {
  return Array.from({ length: Math.ceil(texts.length / size) }, (_, at) => texts.slice(at * size, (at + 1) * size));
}
