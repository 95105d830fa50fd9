/** A miner before an upstream that streams, breaks off, does not stream, or fails. */
import { type HttpServer, startHttpServer } from '@assay/adapters/http/http-server';
import { exampleKey } from '@assay/protocol/network/example-network';
import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { isSignedBy, referenceHeader } from '@assay/sdk/miner-answer';
import { afterEach, expect, it } from 'vitest';
import { upstreamModel, upstreamStream } from './models.ts';
import { serveMiner } from './serve-miner.ts';

const domain = { chainId: 31_337, hub: `0x${'ab'.repeat(20)}` } as const;
const key = exampleKey(1);
const servers: HttpServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((one) => one.close())));

const chunk = (more: object) => `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', ...more })}\n\n`;
const part = (delta: object, reason: string | null = null) =>
  chunk({ choices: [{ index: 0, delta, finish_reason: reason }] });

/** What a miner before the upstream sends for a stream, as events. */
async function streamOf(answer: { status?: number; body: unknown; contentType?: string }) {
  const port = (server: HttpServer) => {
    servers.push(server);
    return server.port;
  };
  const route = {
    method: 'POST',
    path: '/v1/chat/completions',
    handler: async () => ({ status: 200, ...answer }),
  } as const;
  const upstream = {
    url: `http://127.0.0.1:${port(await startHttpServer({ port: 0, bodyBytesMax: 10_000, routes: [route] }))}/v1`,
    apiKey: undefined,
  };
  const miner = await serveMiner({
    port: 0,
    address: addressOf(key),
    sign: async (digest) => signDigest(digest, key),
    domain,
    model: upstreamModel(upstream),
    streaming: upstreamStream(upstream),
    models: ['m'],
  });
  const response = await fetch(`http://127.0.0.1:${port(miner)}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', [referenceHeader]: 'r' },
    body: JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content: 'q' }] }),
  });
  const text = await response.text();
  const events = text.split('\n\n').filter((one) => one.startsWith('data: {'));
  return { status: response.status, text, events: events.map((one) => JSON.parse(one.slice(6))) };
}

const signs = (events: readonly { readonly assay?: { readonly signature: `0x${string}` } }[], output: string) => {
  const signature = events.at(-1)?.assay?.signature;
  const answer = { reference: 'r', prompt: 'q', output };
  return signature !== undefined && isSignedBy(domain, answer, signature, addressOf(key));
};

async function* parts(...texts: string[]) {
  yield* texts;
}

it('passes the chunks on, and signs what they make', async () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const sent = [part({ role: 'assistant', content: 'Fo' }), part({ content: 'ur.' }), part({}, 'stop')];
  const { events, text } = await streamOf({
    contentType: 'text/event-stream',
    body: parts(...sent, chunk({ choices: [], usage }), 'data: [DONE]\n\n'),
  });
  expect(events.slice(0, 3)).toEqual(sent.map((one) => JSON.parse(one.slice(6))));
  expect(events.at(-2)).toMatchObject({ usage });
  expect(signs(events, 'Four.')).toBe(true);
  expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
});

it('signs nothing that broke off', async () => {
  const { events, text } = await streamOf({ contentType: 'text/event-stream', body: parts(part({ content: 'Fo' })) });
  expect(events.at(-1)).toMatchObject({ error: { type: 'server_error' } });
  expect(text).not.toMatch(/signature|DONE/);
});

it('streams the answer of an upstream that does not', async () => {
  const message = { role: 'assistant', content: 'Four.' };
  const { events } = await streamOf({ body: { choices: [{ index: 0, message, finish_reason: 'stop' }] } });
  expect(events[0]).toMatchObject({ choices: [{ delta: { content: 'Four.' } }] });
  expect(signs(events, 'Four.')).toBe(true);
});

it.each([
  [{ status: 500, body: 'secret' }],
  [{ body: { choices: [] } }],
  [{ contentType: 'text/event-stream', body: parts() }],
])('says that it has none where the upstream fails', async (answer) => {
  const { status, text } = await streamOf(answer);
  expect(status).toBe(502);
  expect(text).toContain('upstream-failed');
  expect(text).not.toContain('secret');
});
