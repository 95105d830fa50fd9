/** Answers that are sent as they come, and miners that break off, go on for ever, or sign something else. */
import type { RequestListener, ServerResponse } from 'node:http';
import { systemClock } from '@assay/adapters/process/system-clock';
import { limits } from '@assay/protocol/limits';
import { afterEach, describe, expect, it } from 'vitest';
import { ask, assayOf, honest, referenceOf, secret, stopMiners, type Tried } from '../router.fixture.ts';
import { paths } from '../routes.ts';

afterEach(stopMiners);

const answerTimeoutMs = 30_000;

const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
const part = (content: string) => event({ choices: [{ index: 0, delta: { content, reasoning: 'unsigned' } }] });
const stop = event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });

/** Miner 1, which streams as it is told. */
const streaming =
  (say: (response: ServerResponse, reference: string) => void | Promise<void>): RequestListener =>
  (request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    void say(response, referenceOf(request.headers));
  };

const end = (response: ServerResponse, reference: string, signed: string, key = 1) =>
  response.end(`${stop}${event({ choices: [], assay: assayOf(reference, key, signed) })}data: [DONE]\n\n`);

async function eventsOf({ answer }: Tried, onEvent: (text: string) => void = () => undefined): Promise<string[]> {
  const events: string[] = [];
  for await (const text of answer.body as AsyncIterable<string>) {
    onEvent(text);
    events.push(text);
  }
  return events;
}

/** Writes until nobody listens any more. */
function flood(response: ServerResponse, text: string): void {
  const more = () => {
    while (!response.destroyed && response.write(text));
  };
  response.on('drain', more);
  more();
}

/** Each has said "Fi" before it fails. */
const broken: Record<string, (response: ServerResponse, reference: string) => void> = {
  'ends without a signature': (response) => void response.end('data: [DONE]\n\n'),
  'ends in the middle of an event': (response) => void response.end('data: {"choices":[{"ind'),
  'ends in the middle of a character': (response) => void response.end(Buffer.from([0x64, 0xe2, 0x82])),
  'closes the connection': (response) => void setImmediate(() => response.destroy()),
  'says nothing more': () => undefined,
  'goes on for ever': (response) => flood(response, part('x'.repeat(8_192))),
  'repeats its signature’s chunk without a choice for ever': (response) =>
    flood(response, event({ choices: [], pad: 'x'.repeat(4_096) }).repeat(16)),
  'sends one event without end': (response) => flood(response, `data: ${'x'.repeat(65_536)}`),
  'signs another answer': (response, reference) => void end(response, reference, 'Four.'),
  'signs by another key': (response, reference) => void end(response, reference, 'Fi', 9),
  'signs for another task': (response) => void end(response, 'other', 'Fi'),
  'sends what is no JSON': (response) => void response.write('data: {\n\n'),
  'says two answers at once': (response) =>
    void response.write(event({ choices: [{ delta: { content: 'a' } }, { delta: { content: 'b' } }] })),
};

describe('a live answer', () => {
  it.each([
    [paths.chat, '"delta":{"role":"assistant","content":"Fo"}', '"delta":{"content":"ur."}'],
    [paths.text, '"text":"Fo"', '"text":"ur."'],
  ])('comes part by part by %s, and its end with the signature', async (path, first, second) => {
    const read = Promise.withResolvers<void>();
    const miner = streaming(async (response, reference) => {
      response.write(part('Fo'));
      // The second part is only sent when the client has the first one.
      await read.promise;
      response.write(part('ur.'));
      end(response, reference, 'Four.');
    });
    const tried = await ask([miner], { stream: true, stream_options: { include_usage: true } }, 'off', {
      path,
      answerTimeoutMs,
    });
    const events = await eventsOf(tried, () => read.resolve());
    expect(events[0]).toContain(first);
    expect(events[1]).toContain(second);
    expect(events[2]).toContain('"finish_reason":"stop"');
    expect(events[3]).toContain('"mode":"off"');
    expect(events[4]).toBe('data: [DONE]\n\n');
    expect(events.join()).not.toContain('unsigned');
    expect(await tried.answer.bill).toMatchObject({ paid: '0' });
  });

  it('is among the answers that are judged, though others are faster', async () => {
    const others = Promise.withResolvers<void>();
    const slow = streaming(async (response, reference) => {
      response.write(part('Fo'));
      await others.promise;
      response.write(part('ur.'));
      end(response, reference, 'Four.');
    });
    const counted =
      (key: number): RequestListener =>
      (request, response) => {
        response.once('finish', () => others.resolve());
        honest(key, `Four, says ${key}.`)(request, response);
      };
    const tried = await ask([slow, counted(2), counted(3)], { stream: true }, 'optimistic', {
      answerTimeoutMs,
      hedgeMs: 30_000,
    });
    const events = await eventsOf(tried);
    expect(events.at(-3)).toContain('"finish_reason":"stop"');
    expect(events.at(-2)).toContain('"code":"network-unreachable"');
    expect(tried.tasks[0]?.submissions.map(({ output }) => output)).toContain('Four.');
    expect(tried.tasks[0]?.submissions).toHaveLength(2);
    expect(tried.recorded).not.toContain(secret);
  });

  it('of tools comes as calls', async () => {
    const calls = (one: object) => event({ choices: [{ delta: { tool_calls: [{ index: 0, ...one }] } }] });
    const called = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
    const output = JSON.stringify({ content: null, refusal: null, tool_calls: [called] });
    const miner = streaming((response, reference) => {
      response.write(calls({ id: 'c1', type: 'function', function: { name: 'f', arguments: '' } }));
      response.write(calls({ function: { arguments: '{"a"' } }) + calls({ function: { arguments: ':1}' } }));
      const canonical = JSON.stringify(sorted(JSON.parse(output)));
      response.end(`${stop}${event({ choices: [], assay: assayOf(reference, 1, canonical) })}`);
    });
    const events = await eventsOf(await ask([miner], { stream: true, tools: [{}] }));
    expect(events.join('')).toContain('"name":"f"');
    expect(events.at(-3)).toContain('"finish_reason":"stop"');
  });
});

/** Objects with sorted keys, as canonical JSON has them. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, one]) => [name, sorted(one)]),
  );
}

describe('a miner that', () => {
  it.each(Object.entries(broken))('%s ends the stream with an error, and no end', async (name, say) => {
    // The time of one that says nothing is over when its part has been read.
    const isRead = Promise.withResolvers<void>();
    const sleep: typeof systemClock.sleep = (ms, signal) =>
      name === 'says nothing more' && ms === answerTimeoutMs ? isRead.promise : systemClock.sleep(ms, signal);
    const miner = streaming((response, reference) => {
      response.write(part('Fi'));
      say(response, reference);
    });
    const tried = await ask([miner, honest(2)], { stream: true }, 'off', {
      answerTimeoutMs,
      hedgeMs: 29_000,
      clock: { ...systemClock, sleep },
    });
    const events = await eventsOf(tried, () => isRead.resolve());
    expect(events.at(-1)).toBe('data: [DONE]\n\n');
    expect(events.at(-2)).toContain('"code":"answer-cut"');
    expect(events.join()).not.toMatch(/"finish_reason":"|Four/);
    expect(events.join('').length).toBeLessThan(8 * limits.outputBytesMax);
    await expect(tried.answer.bill).rejects.toMatchObject({ code: 'answer-cut' });
    const [first] = tried.router.miners;
    expect(first && tried.router.book.standingOf(first).paused).toBe(true);
  });

  it('sends 100 MB of nothing is replaced', async () => {
    const miner = streaming((response) => flood(response, `: ${'x'.repeat(65_536)}\n\n`));
    const events = await eventsOf(await ask([miner, honest(2)], { stream: true }, 'off', { answerTimeoutMs }));
    expect(events[0]).toContain('"content":"Four."');
  });
});

describe('a client that hangs up', () => {
  it('ends the request at the miner', async () => {
    const closed = Promise.withResolvers<void>();
    const miner = streaming((response) => {
      response.once('close', () => closed.resolve());
      response.write(part('Fo'));
    });
    const connection = new AbortController();
    const { signal } = connection;
    const tried = await ask([miner], { stream: true }, 'off', { answerTimeoutMs, signal });
    connection.abort('closed');
    await closed.promise;
    await expect(tried.answer.bill).rejects.toMatchObject({ code: 'answer-cut' });
    const [first] = tried.router.miners;
    expect(first && tried.router.book.standingOf(first)).toMatchObject({ paused: false, load: 0 });
  });

  it('before it is admitted does not count as under way', async () => {
    const { answer } = await ask([honest(1)], {}, 'off', { signal: AbortSignal.abort('closed') });
    expect(answer).toMatchObject({ status: 499, body: { error: { code: 'client-closed' } } });
  });
});
