/** A language model at an OpenAI-compatible HTTP endpoint: vLLM, llama-cpp-python, or any server with one of the forms. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type {
  GeneratedText,
  GenerateRequest,
  LanguageModel,
  ModelAnswer,
  ScoredToken,
  ScoreRequest,
} from '@assay/protocol/language-model/language-model';
import { limits } from '@assay/protocol/limits';
import type { Clock, Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { z } from 'zod';
import { CallSlots } from './call-slots.ts';
import { echoedScores } from './echoed-scores.ts';
import { callEndpoint, type Endpoint } from './endpoint-call.ts';
import { requireModel } from './model-list.ts';
import { promptScores } from './prompt-scores.ts';
import { scoresOfText } from './raw-scores.ts';
import { readCompletion, type ScoringForm } from './scoring-form.ts';
import { TokenBudget } from './token-budget.ts';

/** A model at an endpoint, as the operator's file names it. */
export interface EndpointModelOptions {
  readonly modelDigest: Hex;
  /** The model's name at the endpoint. */
  readonly model: string;
  /** Base URL of its API, as http://127.0.0.1:8000/v1. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** Whether the endpoint is the operator's own; one on loopback always is. */
  readonly isOwn: boolean;
  /** A text that the model is sure to find likely, after a context as the policies make it; scored at the start. */
  readonly probe: ScoreRequest;
  readonly likeliestMax: number;
  readonly timeoutMs: number;
  readonly requestsMax: number;
  /** Tokens in a minute, counted by the bytes sent; undefined: without a limit. */
  readonly tokensPerMinute?: number | undefined;
  readonly clock: Clock;
  readonly log?: Pick<Log, 'info' | 'warn'> | undefined;
}

/**
 * Least mean log-probability of the probe in thousandths. Any language model counts better; a server that takes the
 * numbers of one position for those of the next does not.
 */
const probeLogprobMin = -4_000;
/** Bytes of one token with its alternatives in an answer, above what any server was seen to write. */
const tokenAnswerBytes = 4_096;
const generateSchema = z.object({ text: z.string(), finish_reason: z.string().nullish() });

/**
 * Connects and finds out which form the server knows. Rejects with the next step if it is not there, has no model of
 * that name, or gives no log-probabilities of a given text.
 */
export async function connectEndpointModel(options: EndpointModelOptions): Promise<LanguageModel> {
  const { url, model, log, modelDigest, isOwn, likeliestMax } = options;
  const endpoint: Endpoint = { url, apiKey: options.apiKey, timeoutMs: options.timeoutMs, clock: options.clock };
  await requireModel(endpoint, model);
  const form = await formOf(endpoint, options);
  log?.info('language model connected', { model, modelDigest, form: form.name, isOwn });
  const budget = new TokenBudget(options.tokensPerMinute ?? Number.POSITIVE_INFINITY, options.clock);
  const slots = new CallSlots(options.requestsMax);
  const parts = { endpoint, model, form, likeliestMax, budget };
  const report = <T>(answer: ModelAnswer<T>): ModelAnswer<T> => {
    if (!answer.ok) log?.warn('language model gave no usable answer', { model, fault: answer.fault });
    return answer;
  };
  return {
    modelDigest,
    likeliestMax,
    isOwn,
    score: (requests, signal) =>
      Promise.all(requests.map((request) => slots.run(async () => report(await scoreText(parts, request, signal))))),
    generate: (request, signal) => slots.run(async () => report(await generateText(parts, request, signal))),
    close: async () => undefined,
  };
}

interface EndpointParts {
  readonly endpoint: Endpoint;
  readonly model: string;
  readonly form: ScoringForm;
  readonly likeliestMax: number;
  readonly budget?: TokenBudget;
}

async function scoreText(
  { endpoint, model, form, likeliestMax, budget }: EndpointParts,
  { context, text }: ScoreRequest,
  signal?: AbortSignal,
): Promise<ModelAnswer<readonly ScoredToken[]>> {
  signal?.throwIfAborted();
  const prompt = context + text;
  const bytes = Buffer.byteLength(prompt);
  if (bytes > limits.promptBytesMax + limits.outputBytesMax) return { ok: false, fault: 'too-long' };
  if (budget !== undefined && !budget.take(tokensIn(bytes))) return { ok: false, fault: 'out-of-budget' };
  const answer = await callEndpoint(endpoint, {
    path: '/completions',
    body: form.bodyOf(model, prompt, likeliestMax),
    answerBytesMax: answerBytesMax(bytes),
    signal,
  });
  if (!answer.ok) return answer;
  const read = form.read(answer.value, model, likeliestMax);
  return read.ok ? scoresOfText(read.value, text, likeliestMax) : read;
}

async function generateText(
  { endpoint, model, budget }: EndpointParts,
  { context, tokensMax, temperatureMilli, seed }: GenerateRequest,
  signal?: AbortSignal,
): Promise<ModelAnswer<GeneratedText>> {
  signal?.throwIfAborted();
  const bytes = Buffer.byteLength(context);
  if (budget !== undefined && !budget.take(tokensIn(bytes) + tokensMax)) return { ok: false, fault: 'out-of-budget' };
  const answer = await callEndpoint(endpoint, {
    path: '/completions',
    body: {
      model,
      prompt: context,
      max_tokens: tokensMax,
      temperature: temperatureMilli / 1_000,
      // The whole distribution: servers cut it by defaults of their own.
      top_p: 1,
      top_k: 0,
      min_p: 0,
      ...(seed === undefined ? {} : { seed }),
    },
    answerBytesMax: answerBytesMax(bytes),
    signal,
  });
  if (!answer.ok) return answer;
  const read = readCompletion(generateSchema, answer.value, model);
  if (!read.ok) return read;
  const { text, finish_reason: reason } = read.value.choice;
  return { ok: true, value: { text, isEnded: reason === 'stop' } };
}

/** The first form in which the server scores the probe. */
async function formOf(
  endpoint: Endpoint,
  { model, likeliestMax, probe }: Pick<EndpointModelOptions, 'model' | 'likeliestMax' | 'probe'>,
): Promise<ScoringForm> {
  const faults: string[] = [];
  for (const form of [promptScores, echoedScores]) {
    const answer = await scoreText({ endpoint, model, form, likeliestMax }, probe);
    const lack = answer.ok ? lackOf(answer.value) : answer.fault;
    if (lack === undefined) return form;
    faults.push(`${form.name}: ${lack}`);
  }
  throw new Error(
    `The endpoint at ${new URL(endpoint.url).origin} gives no log-probabilities of a given text (${faults.join('; ')}). ` +
      'Use vLLM, or llama-cpp-python started with --logits_all true; the server of llama.cpp itself has none.',
  );
}

/** What the scores of the probe lack. */
function lackOf(tokens: readonly ScoredToken[]): string | undefined {
  if (tokens.some(({ likeliest }) => likeliest.length < 2)) return 'no alternatives';
  const mean = tokens.reduce((sum, { logprob }) => sum + logprob, 0) / tokens.length;
  return mean < probeLogprobMin ? 'numbers of other positions, or a model that cannot count' : undefined;
}

/** Tokens of a text: one for four bytes, which is on the high side for English. */
function tokensIn(bytes: number): number {
  return Math.ceil(bytes / 4);
}

function answerBytesMax(bytes: number): number {
  return Math.min(tuning.modelAnswerBytesMax, 1024 * 1024 + bytes * tokenAnswerBytes);
}
