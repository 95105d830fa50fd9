/** The LLM judge's path with its real thread, its real adapter, and a chat server that lies in many ways. */
import { type ChatServer, startChatServer } from '@assay/adapters/language-model/chat-server.fixture';
import { connectEndpointChat } from '@assay/adapters/language-model/endpoint-chat';
import { systemClock } from '@assay/adapters/process/system-clock';
import { startWorkThread, type WorkThread } from '@assay/adapters/process/work-thread';
import { judgePolicy, judgeRules } from '@assay/checks/judge/judge-rules.fixture';
import type { CheckSetup } from '@assay/composition/content-check';
import type { ChatModel } from '@assay/protocol/language-model/chat-model';
import { exampleNetwork, examplePolicy } from '@assay/protocol/network/example-network';
import { flagNames } from '@assay/protocol/observation/flag';
import { type Policy, voteOf } from '@assay/protocol/policy/policy';
import { buildTask } from '@assay/protocol/task/build-task';
import { taskRequestSchema } from '@assay/protocol/task/task';
import { judgedCheck } from '@assay/runtime/check/judged-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

const { chainId, hub } = exampleNetwork().network;
const open = judgePolicy(examplePolicy);
const sealed: Policy = { ...open, name: 'sealed', payload: 'sealed' };
const answers = ['The Moon pulls the water of the ocean.', 'It is all done by whales, every single day.'];
let server: ChatServer;
let model: ChatModel;
let thread: WorkThread<object>;
const counted: Record<string, number> = {};
const logged: unknown[] = [];

beforeAll(async () => {
  server = await startChatServer();
  model = await connect(60_000);
  thread = await startWorkThread({
    entry: new URL('../../services/llm-judge/src/check-thread.ts', import.meta.url),
    data: { policies: [open, sealed], domain: { chainId, hub } } satisfies CheckSetup,
  });
});

function connect(timeoutMs: number): Promise<ChatModel> {
  const modelDigest = judgeRules.model as `0x${string}`;
  const entry = {
    modelDigest,
    model: 'grader',
    url: server.url,
    own: false,
    timeoutMs,
    requestsMax: 2,
    likeliest: 20,
  };
  return connectEndpointChat(entry, { clock: { ...systemClock, sleep: async () => undefined } });
}

beforeEach(() => {
  server.grade = (text) => (text.includes('Moon') ? 9 : 0);
  server.says = undefined;
  server.spoil = undefined;
  server.requests.length = 0;
  logged.length = 0;
});

afterAll(async () => {
  await thread?.close();
  await server?.close();
});

async function votes(policy: Policy = open, judge: ChatModel = model) {
  const log = {
    debug: () => undefined,
    info: (_: string, fields: unknown) => logged.push(fields),
    warn: () => undefined,
    error: () => undefined,
  };
  const check = judgedCheck({
    thread,
    models: new Map([[judgeRules.model, judge]]),
    telemetry: {
      count: (metric, labels, by = 1) => {
        const key = `${metric} ${labels?.kind ?? labels?.result}`;
        counted[key] = (counted[key] ?? 0) + by;
      },
      log,
    },
    random: (length) => new Uint8Array(length).fill(7),
  });
  const submissions = answers.map((output, index) => ({ miner: `m${index}`, output }));
  const { task } = buildTask(taskRequestSchema.parse({ reference: 'r', prompt: 'Why tides?', submissions }));
  const outputs = answers.map((text) => ({ bytes: new TextEncoder().encode(text) }));
  const measured = await check({ task, content: { prompt: 'Why tides?', outputs }, policy });
  return measured.map((one) => [voteOf('llm-judge', policy, one), ...flagNames('llm-judge', one.flags)]);
}

const all = (flag: string) => answers.map(() => ['abstain', flag]);

it('votes by the grades of both orders, and tells what they cost', async () => {
  expect(await votes()).toEqual([['accept'], ['reject', 'graded-low']]);
  expect(server.requests).toHaveLength(2);
  expect(counted).toMatchObject({ 'assay_judge_tokens_total prompt': 200, 'assay_judge_tokens_total completion': 14 });
  expect(logged).toMatchObject([{ questions: 2, promptTokens: 200, completionTokens: 14 }]);
});

it('abstains, with its reason, however the server lies', async () => {
  server.says = { content: null, refusal: 'I cannot.' };
  expect(await votes()).toEqual(all('judge-refused'));
  server.says = { content: 'Both are excellent answers!' };
  expect(await votes()).toEqual(all('judge-off-format'));
  server.says = { content: '{"answer_1":10,"answer_2":10', finish: 'length' };
  expect(await votes()).toEqual(all('judge-off-format'));
  server.says = undefined;
  server.grade = (_, place) => (place === 0 ? 10 : 0);
  expect(await votes()).toEqual(all('orders-disagree'));
  server.spoil = (text) => text.replace('"grader"', '"another"');
  expect(await votes()).toEqual(all('model-not-believed'));
  server.spoil = () => '<html>';
  expect(await votes()).toEqual(all('model-not-believed'));
  server.spoil = () => {
    server.cutOff();
    return undefined;
  };
  expect(await votes()).toEqual(all('model-unavailable'));
});

it('abstains when the requests of a task never end, and judges the next task', async () => {
  const hasty = await connect(2_000);
  server.spoil = () => undefined;
  expect(await votes(open, hasty)).toEqual(all('model-unavailable'));
  server.spoil = undefined;
  expect(await votes(open, hasty)).toEqual([['accept'], ['reject', 'graded-low']]);
});

it("sends nothing that is sealed to somebody else's endpoint", async () => {
  expect(await votes(sealed, { ...model, isOwn: false })).toEqual(all('not-shared'));
  expect(server.requests).toEqual([]);
  expect(await votes(sealed)).toEqual([['accept'], ['reject', 'graded-low']]);
});
