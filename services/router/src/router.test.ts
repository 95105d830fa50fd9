/** The Router against miners that lie about who they are, are too long, hang, or answer garbage. */
import type { RequestListener } from 'node:http';
import { systemClock } from '@assay/adapters/process/system-clock';
import { limits } from '@assay/protocol/limits';
import { afterEach, describe, expect, it } from 'vitest';
import { errorBodyFor } from './faults.ts';
import { MinerBook } from './miner-book.ts';
import { ask, honest, minersOf, referenceOf, secret, signed, stopMiners } from './router.fixture.ts';
import { paths } from './routes.ts';
import { MinerRecords } from './standing/miner-records.ts';

afterEach(stopMiners);

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

describe('a miner with', () => {
  it.each(Object.entries(bad))('%s is replaced by another', async (_, listener) => {
    const { answer, recorded } = await ask([listener, honest(2)]);
    expect(answer).toMatchObject({ status: 200, body: { choices: [{ message: { content: 'Four.' } }] } });
    expect(JSON.stringify(answer)).not.toMatch(/Lie|Five|unsigned/);
    expect(recorded).not.toContain(secret);
  });

  it.each(Object.entries(bad))('%s is replaced before a part of its stream is sent', async (_, listener) => {
    const { answer } = await ask([listener, honest(2)], { stream: true });
    const events: string[] = [];
    for await (const event of answer.body as AsyncIterable<string>) events.push(event);
    expect(events[0]).toContain('"content":"Four."');
    expect(events.join()).not.toMatch(/Lie|Five|unsigned/);
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
    const notes: unknown[] = [];
    const { answer } = await ask([honest(1)], body, mode, { audit: { note: (one) => void notes.push(one) } });
    expect(answer).toMatchObject({ status, body: { error: { code, param } } });
    const what = 'POST /v1/chat/completions';
    const traceId = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(notes).toEqual([{ kind: 'refusal', who: 'net 127.0.0.0/24', what, result: code, traceId }]);
  });

  it.each([
    [{}, undefined, 'prompt'],
    [{ prompt: ['a', 'b'] }, 'malformed', 'prompt'],
    [{ prompt: [1, 2] }, 'malformed', 'prompt'],
    [{ echo: true }, 'malformed', 'echo'],
    [{ best_of: 3 }, 'malformed', 'best_of'],
    [{ suffix: 'end' }, 'malformed', 'suffix'],
    [{ logprobs: 2 }, 'malformed', 'logprobs'],
  ])('completes a prompt, or refuses %o', async (body, code, param) => {
    let got = '';
    const listener: RequestListener = (request, response) => {
      request.on('data', (part: Buffer) => {
        got += part.toString();
      });
      request.on('end', () => honest(1)(request, response as never));
    };
    const { answer } = await ask([listener], { max_tokens: 9, best_of: 1, echo: false, ...body }, 'off', {
      path: paths.text,
    });
    if (code !== undefined) return expect(answer).toMatchObject({ status: 400, body: { error: { code, param } } });
    expect(answer.body).toMatchObject({
      id: 'cmpl-router-id',
      object: 'text_completion',
      choices: [{ index: 0, text: 'Four.', finish_reason: 'stop', logprobs: null }],
    });
    const sent = { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: secret }] };
    expect(JSON.parse(got)).toEqual(sent);
  });

  it('asks a miner on trial beside others, and never alone', async () => {
    const records = new MinerRecords(systemClock);
    const [trial] = minersOf(['http://127.0.0.1:1/v1']);
    if (trial === undefined) throw new Error('no miner');
    for (let verdict = 0; verdict < 10; verdict++) records.judged(trial, 'm', { verdict: 'reject', flags: {} });
    expect(records.stateOf(trial, 'm')).toBe('sandboxed');
    const with2 = [honest(1, 'Trial.'), honest(2)];
    const parts = { book: new MinerBook(systemClock, records) };
    expect((await ask(with2, {}, 'off', parts)).answer.body).toMatchObject({
      choices: [{ message: { content: 'Four.' } }],
    });
    const { tasks } = await ask(with2, {}, 'verified', parts);
    expect(tasks[0]?.submissions.map(({ output }) => output).sort()).toEqual(['Four.', 'Trial.']);
    const alone = [honest(1, 'Trial.')];
    expect((await ask(alone, {}, 'verified', parts)).answer).toMatchObject({ status: 502 });
    const failing: RequestListener = (_, response) => void response.writeHead(500).end();
    const left = await ask([honest(1, 'Trial.'), failing], {}, 'verified', parts);
    expect({ status: left.answer.status, tasks: left.tasks }).toEqual({ status: 502, tasks: [] });
    const live = await ask(with2, { stream: true }, 'optimistic', parts);
    const events: string[] = [];
    for await (const event of live.answer.body as AsyncIterable<string>) events.push(event);
    expect(events[0]).toContain('"content":"Four."');
    const { answer } = await ask(with2, {}, '', { ...parts, path: paths.miners });
    expect(answer.body).toMatchObject({
      miners: [
        { name: 'm1', model: 'm', state: 'sandboxed', windows: { day: { judged: 10, accepted: 0 } } },
        { name: 'm2', state: 'active' },
      ],
    });
  });

  it('takes no call of a tool for a text', async () => {
    const calls = { tool_calls: [{ id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } }] };
    const caller: RequestListener = (request, response) =>
      void response.end(signed(referenceOf(request.headers), 1, '', 1, calls));
    const { answer } = await ask([caller, honest(2)], {}, 'off', { path: paths.text });
    expect(answer.body).toMatchObject({ choices: [{ text: 'Four.' }] });
  });

  it('has OpenAI’s shape for refusals of the server too', () => {
    expect(errorBodyFor(413, 'too-long', 'd')).toEqual({
      error: { message: 'd', type: 'invalid_request_error', param: null, code: 'too-long' },
    });
  });
});
