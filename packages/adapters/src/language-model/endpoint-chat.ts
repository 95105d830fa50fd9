/** A chat model at an OpenAI-compatible HTTP endpoint, asked for JSON by a schema. */
import type { ChatAnswer, ChatModel, ChatReply, ChatRequest } from '@assay/protocol/language-model/chat-model';
import { gradesJsonSchema, readGrades } from '@assay/protocol/language-model/grades';
import type { ModelAnswer, ModelFault } from '@assay/protocol/language-model/language-model';
import { limits } from '@assay/protocol/limits';
import type { Clock, Log } from '@assay/protocol/ports';
import { z } from 'zod';
import { CallSlots } from './call-slots.ts';
import { callEndpoint, type Endpoint } from './endpoint-call.ts';
import { endpointAt, isOwnPlace } from './endpoint-fields.ts';
import type { ModelEndpoint } from './model-endpoints.ts';
import { requireModel } from './model-list.ts';
import { TokenBudget } from './token-budget.ts';

/** What is needed besides the file. */
export interface EndpointChatContext {
  readonly clock: Clock;
  readonly log?: Pick<Log, 'info' | 'warn'>;
}

/** Ways to ask for a schema, in the order of trying: OpenAI's, vLLM's and llama.cpp's; llama-cpp-python's. */
const formats = [
  {
    name: 'json_schema',
    body: (schema: object) => ({ type: 'json_schema', json_schema: { name: 'grades', strict: true, schema } }),
  },
  { name: 'json_object with schema', body: (schema: object) => ({ type: 'json_object', schema }) },
] as const;

type Format = (typeof formats)[number];

const answerBytesMax = 256 * 1024;
/** Prompt and answers together, with room for the rubric. */
const requestBytesMax = 2 * (limits.promptBytesMax + limits.outputBytesMax);

const probe: ChatRequest = {
  system: 'You grade answers with whole numbers from 0 to 10, as JSON.',
  user: 'Question: How much is two and two?\nanswer_1: Four.\nGrade the answer as JSON: {"answer_1": <grade>}',
  schema: gradesJsonSchema(1),
  tokensMax: 88,
};

/**
 * Connects and finds out how the server takes a schema. Rejects with the next step if it is not there, has no model of that
 * name, or does not keep to a schema.
 */
export async function connectEndpointChat(
  entry: ModelEndpoint,
  { clock, log }: EndpointChatContext,
): Promise<ChatModel> {
  const endpoint = endpointAt(entry, clock);
  const { model, modelDigest } = entry;
  await requireModel(endpoint, model);
  const format = await formatOf(endpoint, model);
  const isOwn = isOwnPlace(entry);
  log?.info('chat model connected', { model, modelDigest, format: format.name, isOwn });
  const budget = new TokenBudget(entry.tokensPerMinute ?? Number.POSITIVE_INFINITY, clock);
  const slots = new CallSlots(entry.requestsMax);
  return {
    modelDigest,
    isOwn,
    ask: async (request) => {
      const bytes = bytesOf(request);
      const refused =
        bytes > requestBytesMax
          ? 'too-long'
          : budget.take(tokensIn(bytes) + request.tokensMax)
            ? undefined
            : 'out-of-budget';
      const said =
        refused === undefined ? await slots.run(() => askOnce(endpoint, { model, format }, request)) : unsent(refused);
      if (!said.answer.ok) log?.warn('chat model gave no usable answer', { model, fault: said.answer.fault });
      return said;
    },
  };
}

const answerSchema = z.object({
  model: z.string(),
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        finish_reason: z.string().nullish(),
      }),
    )
    .length(1),
  usage: z
    .object({ prompt_tokens: z.int().min(0).max(1e9), completion_tokens: z.int().min(0).max(1e9) })
    .nullish()
    .catch(undefined),
});

async function askOnce(
  endpoint: Endpoint,
  { model, format }: { readonly model: string; readonly format: Format },
  request: ChatRequest,
): Promise<ChatAnswer> {
  const { system, user, schema, tokensMax } = request;
  const messages = [
    { role: 'system', content: system },
    { role: 'user', content: user },
  ];
  const answer = await callEndpoint(endpoint, {
    path: '/chat/completions',
    body: { model, messages, temperature: 0, max_tokens: tokensMax, response_format: format.body(schema) },
    answerBytesMax,
  });
  const promptTokens = tokensIn(bytesOf(request));
  if (!answer.ok) return { answer, promptTokens, completionTokens: 0 };
  const read = answerSchema.safeParse(answer.value);
  if (!read.success) return { ...unsent('malformed'), promptTokens };
  const { usage } = read.data;
  const reply = replyIn(read.data, model);
  return {
    answer: reply,
    promptTokens: usage?.prompt_tokens ?? promptTokens,
    completionTokens: usage?.completion_tokens ?? (reply.ok ? tokensIn(Buffer.byteLength(reply.value.text)) : 0),
  };
}

function replyIn({ model: by, choices }: z.infer<typeof answerSchema>, model: string): ModelAnswer<ChatReply> {
  if (by !== model) return { ok: false, fault: 'wrong-model' };
  const [choice] = choices;
  const { content, refusal } = choice?.message ?? {};
  const isRefused = (refusal ?? '') !== '' || choice?.finish_reason === 'content_filter';
  if (isRefused) return { ok: true, value: { text: content ?? '', ending: 'refused' } };
  if (content == null) return { ok: false, fault: 'malformed' };
  return { ok: true, value: { text: content, ending: choice?.finish_reason === 'length' ? 'cut' : 'whole' } };
}

/** The first way in which the server keeps to the schema. */
async function formatOf(endpoint: Endpoint, model: string): Promise<Format> {
  const faults: string[] = [];
  for (const format of formats) {
    const { answer } = await askOnce(endpoint, { model, format }, probe);
    if (answer.ok && readGrades(answer.value.text, 1) !== undefined) return format;
    faults.push(`${format.name}: ${answer.ok ? 'another format' : answer.fault}`);
  }
  throw new Error(
    `The endpoint at ${new URL(endpoint.url).origin} does not answer in JSON by a schema (${faults.join('; ')}). ` +
      'Use a server with structured output: vLLM, llama.cpp, llama-cpp-python, or a provider that has it.',
  );
}

function unsent(fault: ModelFault): ChatAnswer {
  return { answer: { ok: false, fault }, promptTokens: 0, completionTokens: 0 };
}

function bytesOf({ system, user }: ChatRequest): number {
  return Buffer.byteLength(system) + Buffer.byteLength(user);
}

/** Tokens of a text: one for four bytes, which is on the high side for English. */
function tokensIn(bytes: number): number {
  return Math.ceil(bytes / 4);
}
