/** The Router against miners that lie about who they are, are too long, hang, or answer garbage. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { systemClock } from '@assay/adapters/process/system-clock';
import { limits } from '@assay/protocol/limits';
import { exampleKey } from '@assay/protocol/network/example-network';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import type { TaskRequestInput } from '@assay/protocol/task/task';
import { answerDigest, referenceHeader } from '@assay/sdk/miner-answer';
import { afterEach, describe, expect, it } from 'vitest';
import { errorBodyFor } from './faults.ts';
import { MinerBook } from './miner-book.ts';
import { minersSchema } from './miners.ts';
import type { RouterAnswer } from './router.ts';
import { paths, routesOf } from './routes.ts';

const domain = { chainId: 31_337, hub: `0x${'ab'.repeat(20)}` } as const;
const secret = 'the-secret-of-the-prompt';
const servers: Server[] = [];

afterEach(() => {
  for (const one of servers.splice(0)) {
    one.closeAllConnections();
    one.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** The answer that a miner with `key` would give, as the text of a response. */
function signed(reference: string, key: number, output: string, claimed = key, more: object = {}): string {
  const digest = answerDigest(domain, { reference, prompt: secret, output });
  const assay = { miner: addressOf(exampleKey(claimed)), signature: signDigest(digest, exampleKey(key)) };
  const message = { role: 'assistant', content: output, ...more };
  return JSON.stringify({ choices: [{ message, finish_reason: 'stop' }], assay });
}

const referenceOf = (headers: Record<string, unknown>) => String(headers[referenceHeader]);
const honest =
  (key: number, output = 'Four.'): RequestListener =>
  (request, response) =>
    void response.end(signed(referenceOf(request.headers), key, output, key, { reasoning_content: 'unsigned' }));

/** Each is miner 1, whose key is `exampleKey(1)`. */
const bad: Record<string, RequestListener> = {
  'another key': (request, response) => void response.end(signed(referenceOf(request.headers), 9, 'Lie.', 1)),
  'another address': (request, response) => void response.end(signed(referenceOf(request.headers), 9, 'Lie.')),
  'a signature for another task': (_, response) => void response.end(signed('other', 1, 'Lie.')),
  'an answer that it did not sign': (request, response) =>
    void response.end(signed(referenceOf(request.headers), 1, 'Four.').replace('Four.', 'Five.')),
  'no signature': (_, response) =>
    void response.end(JSON.stringify({ choices: [{ message: { content: 'Lie.' }, finish_reason: 'stop' }] })),
  'garbage JSON': (_, response) => void response.end('{"choices": [{'),
  'bytes that are not UTF-8': (_, response) => void response.end(Buffer.from([0xff, 0xfe])),
  'an answer that is too long': (request, response) =>
    void response.end(signed(referenceOf(request.headers), 1, 'x'.repeat(limits.outputBytesMax + 1))),
  'a body without end': (_, response) => {
    const more = () => {
      while (!response.destroyed && response.write('x'.repeat(64 * 1024)));
    };
    response.on('drain', more);
    more();
  },
  'an error that repeats the prompt': (_, response) => void response.writeHead(500).end(secret),
  'a redirect': (_, response) => void response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end(),
  'a closed connection': (request) => void request.socket.destroy(),
  silence: () => undefined,
  'a slow stream': (_, response) => void response.write('{'),
};

interface Tried {
  readonly answer: RouterAnswer;
  readonly tasks: readonly TaskRequestInput[];
  readonly recorded: string;
}

async function ask(listeners: readonly RequestListener[], body: object = {}, mode = 'off'): Promise<Tried> {
  const urls = await Promise.all(listeners.map(serve));
  const telemetry = memoryTelemetry();
  const tasks: TaskRequestInput[] = [];
  const miners = minersSchema.parse(
    urls.map((url, index) => ({
      name: `m${index + 1}`,
      url,
      address: addressOf(exampleKey(index + 1)),
      models: ['m'],
      // The first is always drawn before the second.
      price: index === 0 ? 1e-9 : 1e12,
    })),
  );
  const gateway = {
    submitTask: async (task: TaskRequestInput) => {
      tasks.push(task);
      throw new Error('the network is away');
    },
    readReport: async () => undefined,
  };
  const routes = routesOf({
    miners,
    book: new MinerBook(systemClock),
    domain,
    judge: {
      prove: async () => {
        throw new Error('never asked');
      },
      policy: 'standard',
      clock: systemClock,
      timeoutMs: 1_000,
    },
    clock: systemClock,
    telemetry,
    callers: { admit: async () => ({ gateway, key: undefined }) },
    payments: undefined,
    usage: undefined,
    publicUrl: undefined,
    needsKey: false,
    newId: () => 'id',
    minersAsked: 2,
    answerTimeoutMs: 1_000,
    hedgeMs: 100,
    underWayMax: 4,
  });
  const route = routes.find(({ path }) => path === paths.chat);
  if (route === undefined) throw new Error('no route');
  const answer = await route.handler({
    body: { model: 'm', messages: [{ role: 'user', content: secret }], ...body },
    headers: { 'x-assay-mode': mode },
    query: {},
    remoteAddress: '127.0.0.1',
    signal: new AbortController().signal,
  });
  return { answer, tasks, recorded: JSON.stringify([telemetry.logs, telemetry.spans]) };
}

describe('a miner with', () => {
  it.each(Object.entries(bad))('%s is replaced by another', async (_, listener) => {
    const { answer, recorded } = await ask([listener, honest(2)]);
    expect(answer).toMatchObject({ status: 200, body: { choices: [{ message: { content: 'Four.' } }] } });
    expect(JSON.stringify(answer)).not.toMatch(/Lie|Five|unsigned/);
    expect(recorded).not.toContain(secret);
  });

  it.each(['another key', 'garbage JSON'])('%s alone is an error in words', async (name) => {
    const { answer } = await ask([bad[name] ?? honest(1)]);
    expect(answer).toMatchObject({ status: 502, body: { error: { code: 'no-miner-answered', type: 'server_error' } } });
    expect(JSON.stringify(answer)).not.toContain(secret);
  });
});

describe('the Router', () => {
  it('hands signed answers in as one task, and returns none without a verdict', async () => {
    const { answer, tasks, recorded } = await ask([honest(1), honest(2, 'It is four.')], {}, 'verified');
    expect(answer).toMatchObject({ status: 502, body: { error: { code: 'network-unreachable' } } });
    expect(JSON.stringify(answer)).not.toMatch(/four/i);
    expect(tasks).toHaveLength(1);
    expect(tasks[0]?.submissions.map(({ output }) => output).sort()).toEqual(['Four.', 'It is four.']);
    expect(tasks[0]?.submissions.every(({ signature }) => signature !== undefined)).toBe(true);
    expect(recorded).not.toContain(secret);
  });

  it('passes unknown fields on, and keeps what tells something about the user', async () => {
    let got = '';
    const listener: RequestListener = (request, response) => {
      request.on('data', (part: Buffer) => {
        got += part.toString();
      });
      request.on('end', () => honest(1)(request, response as never));
    };
    await ask([listener], { user: 'alice', metadata: { a: 'b' }, tools: [], documents: ['d'], temperature: 0.5 });
    expect(JSON.parse(got)).toMatchObject({ tools: [], documents: ['d'], temperature: 0.5 });
    expect(got).not.toMatch(/alice|metadata/);
  });

  it.each([
    [{ model: 'other' }, 'off', 404, 'model_not_found', 'model'],
    [{ messages: [] }, 'off', 400, 'malformed', 'messages'],
    [{ n: 2 }, 'off', 400, 'malformed', 'n'],
    [{}, 'certainly', 400, 'malformed', 'x-assay-mode'],
    [{}, 'optimistic', 400, 'mode-needs-stream', 'x-assay-mode'],
    [
      { messages: [{ role: 'user', content: 'x'.repeat(limits.promptBytesMax + 1) }] },
      'off',
      413,
      'too-long',
      'messages',
    ],
  ])('refuses %o in mode %s', async (body, mode, status, code, param) => {
    const { answer } = await ask([honest(1)], body, mode);
    expect(answer).toMatchObject({ status, body: { error: { code, param } } });
  });

  it('streams an optimistic answer at once, and says when no verdict comes', async () => {
    const { answer } = await ask([honest(1), honest(2)], { stream: true }, 'optimistic');
    const events: string[] = [];
    for await (const event of answer.body as AsyncIterable<string>) events.push(event);
    expect(events[0]).toContain('"content":"Four."');
    expect(events.at(-2)).toContain('"code":"network-unreachable"');
    expect(events.at(-1)).toBe('data: [DONE]\n\n');
  });

  it('has OpenAI’s shape for refusals of the server too', () => {
    expect(errorBodyFor(413, 'too-long', 'd')).toEqual({
      error: { message: 'd', type: 'invalid_request_error', param: null, code: 'too-long' },
    });
  });
});
