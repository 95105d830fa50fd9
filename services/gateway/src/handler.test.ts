import { expect, it } from 'vitest';
import { requestOf, testGateway } from './gateway.fixture.ts';
import type { RateLimiter } from './gateway.ts';
import { routesOf } from './handler.ts';

/** A limiter that has so much left, and takes nothing else. */
const limiter = (name: string, unit: 'requests' | 'content-bytes', remaining: number): RateLimiter => ({
  take: async () => ({
    allowed: remaining > 0,
    retryAfterMs: remaining > 0 ? 0 : 1_500,
    quota: { name, unit, units: 9, windowSeconds: 60, remaining, resetMs: 1_500 },
  }),
});
const body = { reference: 'r', prompt: 'p', submissions: [{ miner: 'm-1', output: 'o' }] };

async function submit(requestsLeft: number, bytesLeft: number) {
  const gateway = {
    ...testGateway().gateway,
    rateLimiter: limiter('requests', 'requests', requestsLeft),
    contentLimiter: limiter('content', 'content-bytes', bytesLeft),
  };
  const route = routesOf(gateway).find(({ method, path }) => method === 'POST' && path === '/v1/tasks');
  const answer = await route?.handler(requestOf({ body }));
  return { status: answer?.status, headers: answer?.headers };
}

it.each([
  [8, 7, 202, '"requests";r=8;t=2, "content";r=7;t=2'],
  [8, 0, 429, '"requests";r=8;t=2, "content";r=0;t=2'],
  [0, 7, 429, '"requests";r=0;t=2'],
])('with %i requests and %i bytes left answers %i, and says so', async (requests, bytes, status, left) => {
  const answer = await submit(requests, bytes);
  expect(answer).toMatchObject({ status, headers: { ratelimit: left } });
  expect(answer.headers?.['ratelimit-policy']).toMatch(
    /^"requests";q=9;w=60(, "content";q=9;qu="content-bytes";w=60)?$/,
  );
  expect(answer.headers?.['retry-after']).toBe(status === 429 ? '2' : undefined);
});

it('names the path of the request in a problem, as it can be in a URL', async () => {
  const route = routesOf(testGateway().gateway).find(({ path }) => path === '/v1/reports/:taskId');
  const answer = await route?.handler(requestOf({ params: { taskId: 'a b/c' } }));
  expect(answer?.body).toMatchObject({
    type: '/v1/problems/malformed',
    title: 'The message does not fit its schema.',
    status: 400,
    instance: '/v1/reports/a%20b%2Fc',
    field: 'taskId',
  });
});

it('says what a code means where a problem points to', async () => {
  const route = routesOf(testGateway().gateway).find(({ path }) => path === '/v1/problems/:code');
  const ask = async (code: string) => route?.handler(requestOf({ params: { code } }));
  expect(await ask('pending')).toMatchObject({ status: 200, body: { title: 'The report is not published yet.' } });
  for (const code of ['constructor', 'x'.repeat(9_000), '']) expect(await ask(code)).toMatchObject({ status: 400 });
});
