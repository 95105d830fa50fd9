import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Log } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noOpLogger } from '../telemetry/no-op-logger.ts';
import { type HttpRoute, type HttpServer, startHttpServer } from './http-server.ts';

const logged: unknown[] = [];
const log: Log = { ...noOpLogger, error: (_message, fields) => void logged.push(fields?.reason) };
let server: HttpServer;
let url: string;

beforeAll(async () => {
  server = await startHttpServer({
    port: 0,
    bodyBytesMax: 1_000,
    log,
    trustedProxies: ['127.0.0.0/8'],
    routes: [
      { method: 'POST', path: '/large', bodyBytesMax: 400_000, handler: async () => ({ status: 200, body: 'taken' }) },
      {
        method: 'POST',
        path: '/echo/:name',
        handler: async ({ signal, ...request }) => ({
          status: signal.aborted ? 500 : 201,
          body: request,
          headers: { 'x-answer': 'yes' },
        }),
      },
      {
        method: 'GET',
        path: '/text',
        handler: async () => ({ status: 200, body: 'plain', contentType: 'text/plain; version=0.0.4' }),
      },
      {
        method: 'GET',
        path: '/stream',
        handler: async () => {
          let said: string | undefined;
          const body = async function* () {
            yield 'a';
            said = 'at the end';
            yield 'b';
          };
          const trailers = { 'x-late': () => said, 'x-never': () => undefined };
          return { status: 200, contentType: 'text/plain', body: body(), trailers };
        },
      },
      { method: 'GET', path: '/throw', handler: () => Promise.reject(new Error('secret detail')) },
    ],
  });
  url = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server.close());

const post = (body: string, type = 'application/json') =>
  fetch(`${url}/echo/it?q=1&q=2`, { method: 'POST', body, headers: { 'content-type': type } });

const large = (...body: string[]) =>
  fetch(`${url}/large`, { method: 'POST', body: body.join(''), headers: { 'content-type': 'application/json' } });

describe('the HTTP server', () => {
  it('lets a route have a limit of its own, and counts no commas in texts', async () => {
    const text = JSON.stringify(',[{\\"'.repeat(tuning.requestValuesMax));
    expect((await large('[', text, ']')).status).toBe(200);
    expect((await post(text)).status).toBe(413);
  });

  it('believes X-Forwarded-For of a trusted proxy only', async () => {
    const forwarded = { 'x-forwarded-for': '203.0.113.9, 198.51.100.7' };
    const ask = (at: number) => fetch(`http://127.0.0.1:${at}/echo/it`, { method: 'POST', headers: forwarded });
    expect(await (await ask(server.port)).json()).toMatchObject({ remoteAddress: '198.51.100.7' });
    const echo: HttpRoute = {
      method: 'POST',
      path: '/echo/it',
      handler: async ({ remoteAddress }) => ({ status: 200, body: { remoteAddress } }),
    };
    const distrustful = await startHttpServer({ port: 0, bodyBytesMax: 1_000, routes: [echo] });
    expect(await (await ask(distrustful.port)).json()).toEqual({ remoteAddress: '127.0.0.1' });
    await distrustful.close();
  });

  it('passes the request to the route and sends its response', async () => {
    const answer = await post('{"a":[1]}');
    expect([answer.status, answer.headers.get('x-answer')]).toEqual([201, 'yes']);
    expect(await answer.json()).toMatchObject({
      params: { name: 'it' },
      query: { q: '1' },
      body: { a: [1] },
      remoteAddress: '127.0.0.1',
    });
  });

  it('sends text unchanged if a content type is given', async () => {
    const answer = await fetch(`${url}/text`);
    expect([await answer.text(), answer.headers.get('content-type')]).toEqual(['plain', 'text/plain; version=0.0.4']);
  });

  it('sends trailers that are known at the end of a stream', async () => {
    const [response] = (await once(get(`${url}/stream`), 'response')) as [IncomingMessage];
    expect(await text(response)).toBe('ab');
    expect(response.headers.trailer).toContain('x-late');
    expect(response.trailers).toEqual({ 'x-late': 'at the end' });
  });

  it.each([
    ['bad JSON', () => post('{"a":'), 400, 'malformed'],
    ['another type', () => post('a=1', 'text/csv'), 415, 'malformed'],
    ['a prototype in JSON', () => post('{"__proto__":{"a":1}}'), 400, 'malformed'],
    ['a body over the limit', () => post(JSON.stringify('x'.repeat(2_000))), 413, 'too-long'],
    [
      'more JSON values than any request has',
      () => large('[0', ',0'.repeat(tuning.requestValuesMax), ']'),
      400,
      'malformed',
    ],
    ['a URL that cannot be decoded', () => fetch(`${url}/echo/%zz`), 400, 'malformed'],
    ['an unknown path', () => fetch(`${url}/nowhere`), 404, 'not-found'],
    ['a route that throws', () => fetch(`${url}/throw`), 500, 'internal'],
  ])('refuses %s in JSON', async (_what, ask, status, code) => {
    const answer = await ask();
    const body = await answer.text();
    expect(answer.status).toBe(status);
    expect(JSON.parse(body)).toMatchObject({ error: { code, detail: expect.any(String) as string } });
    expect(body).not.toContain('secret');
    if (code === 'too-long') expect(body).toContain('1000');
  });

  it.each([
    ['what is no HTTP', 'GET / WRONG/1.1\r\n\r\n', 400, 'malformed'],
    ['headers without an end', `GET /text HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'too-long'],
  ])('refuses %s in JSON', async (_what, sent, status, code) => {
    const socket = connect(server.port, '127.0.0.1').end(sent);
    const [head = '', body = ''] = (await text(socket)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} [\\s\\S]*content-type: application/json`));
    expect(JSON.parse(body)).toMatchObject({ error: { code, detail: expect.any(String) as string } });
  });

  it('gives its refusals the shape and the type of whoever uses it', async () => {
    const problems = await startHttpServer({
      port: 0,
      bodyBytesMax: 1_000,
      errorBody: (status, code) => ({ status, code }),
      errorContentType: 'application/problem+json',
      routes: [],
    });
    const answer = await fetch(`http://127.0.0.1:${problems.port}/nowhere`);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toEqual({ status: 404, code: 'not-found' });
    await problems.close();
  });

  it('says where health is', async () => {
    const answer = await fetch(`${url}/healthz`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain('HEALTH_PORT');
  });

  it('logs the error of a route', () => expect(logged).toContain('secret detail'));

  it('treats an empty body as no body', async () => {
    expect(await (await post('')).json()).not.toHaveProperty('body');
  });

  it('names the address on which it cannot listen', async () => {
    await expect(startHttpServer({ port: server.port, bodyBytesMax: 1, routes: [] })).rejects.toThrow(
      `127.0.0.1:${server.port}`,
    );
  });
});
