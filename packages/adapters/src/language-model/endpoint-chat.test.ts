import type { ChatModel } from '@assay/protocol/language-model/chat-model';
import { gradesJsonSchema } from '@assay/protocol/language-model/grades';
import type { Clock } from '@assay/protocol/ports';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChatServer, startChatServer } from './chat-server.fixture.ts';
import { connectEndpointChat } from './endpoint-chat.ts';
import type { ModelEndpoint } from './model-endpoints.ts';

const quick: Clock = { nowMs: () => Date.now(), sleep: async () => undefined };
const modelDigest = `0x${'ab'.repeat(32)}` as const;
let server: ChatServer;

beforeAll(async () => {
  server = await startChatServer();
});

beforeEach(() => {
  server.formats = ['json_schema', 'json_object'];
  server.says = undefined;
  server.spoil = undefined;
  server.requests.length = 0;
});

afterAll(() => server.close());

function connect(changes: Partial<ModelEndpoint> = {}): Promise<ChatModel> {
  const entry = {
    modelDigest,
    model: 'grader',
    url: server.url,
    own: false,
    timeoutMs: 60_000,
    requestsMax: 2,
    likeliest: 20,
  };
  return connectEndpointChat({ ...entry, ...changes }, { clock: quick });
}

const request = { system: 'Grade.', user: 'An answer.', schema: gradesJsonSchema(1), tokensMax: 88 };
const faultOf = async (model: ChatModel) => {
  const { answer } = await model.ask(request);
  return answer.ok ? answer.value.ending : answer.fault;
};

it.each([
  ['json_schema', { type: 'json_schema', json_schema: { name: 'grades', strict: true, schema: request.schema } }],
  ['json_object', { type: 'json_object', schema: request.schema }],
])('asks at temperature 0 for the schema in the way that the server knows: %s', async (format, response_format) => {
  server.formats = [format];
  const model = await connect();
  server.requests.length = 0;
  expect(await model.ask(request)).toEqual({
    answer: { ok: true, value: { text: '{"answer_1":10}', ending: 'whole' } },
    promptTokens: 100,
    completionTokens: 7,
  });
  expect(server.requests[0]?.body).toEqual({
    model: 'grader',
    messages: [
      { role: 'system', content: 'Grade.' },
      { role: 'user', content: 'An answer.' },
    ],
    temperature: 0,
    max_tokens: 88,
    response_format,
  });
  expect(model.isOwn).toBe(true);
});

it.each<[string, string, ChatServer['says']]>([
  ['a refusal', 'refused', { content: null, refusal: 'I cannot grade this.' }],
  ['a filter of the server', 'refused', { content: '', finish: 'content_filter' }],
  ['an answer that is cut', 'cut', { content: '{"answer', finish: 'length' }],
  ['no content', 'malformed', { content: null }],
])('tells %s', async (_, ending, says) => {
  const model = await connect();
  server.says = says;
  expect(await faultOf(model)).toBe(ending);
});

it.each<[string, string, (text: string) => string | number]>([
  ['garbage', 'malformed', () => '<html>'],
  ['another model', 'wrong-model', (text) => text.replace('"grader"', '"other"')],
  ['two choices', 'malformed', (text) => text.replace('"choices":[', '"choices":[{"message":{"content":"{}"}},')],
  ['an endless answer', 'malformed', (text) => text + ' '.repeat(300_000)],
  ['an error of the server', 'refused', () => 503],
  ['an error of the client', 'malformed', () => 400],
])('does not believe %s', async (_, fault, spoil) => {
  const model = await connect();
  server.spoil = spoil;
  expect(await faultOf(model)).toBe(fault);
  server.spoil = undefined;
  expect(await faultOf(model)).toBe('whole');
});

it('counts a quarter of the bytes where the server counts no tokens, and sends nothing beyond its budget', async () => {
  const model = await connect({ tokensPerMinute: 100 });
  server.requests.length = 0;
  server.spoil = (text) => text.replace(/,"usage":\{[^}]*\}/, '');
  expect(await model.ask(request)).toMatchObject({ promptTokens: 4, completionTokens: 4 });
  const { answer, promptTokens } = await model.ask(request);
  expect([answer, promptTokens, server.requests.length]).toEqual([{ ok: false, fault: 'out-of-budget' }, 0, 1]);
});

it.each([
  ['is never answered', undefined],
  ['is answered without an end', null],
])('gives up a request that %s, and then asks the next one', async (_, never) => {
  const model = await connect({ timeoutMs: 2_000, requestsMax: 1 });
  const asked = server.requests.length;
  server.spoil = (text) => (server.requests.length === asked + 1 ? never : text);
  expect(await Promise.all([faultOf(model), faultOf(model)])).toEqual(['timed-out', 'whole']);
  expect(server.requests).toHaveLength(asked + 2);
});

describe('connecting', () => {
  it.each<[string, RegExp, () => Partial<ModelEndpoint>]>([
    ['nobody is there', /gives no list of models \(unreachable\)/, () => ({ url: 'http://127.0.0.1:1/v1' })],
    ['the model has another name', /has no model "judge". It has: grader/, () => ({ model: 'judge' })],
    [
      'it keeps to no schema',
      /does not answer in JSON by a schema \(json_schema: another format; json_object with schema: another format\)/,
      () => {
        server.formats = [];
        return {};
      },
    ],
  ])('says what is wrong: %s', async (_, message, prepare) => {
    await expect(connect(prepare())).rejects.toThrow(message);
  });
});
