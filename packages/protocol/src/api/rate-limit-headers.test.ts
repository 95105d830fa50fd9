import { expect, it } from 'vitest';
import { rateLimitHeaders } from './rate-limit-headers.ts';

const requests = { name: 'requests', unit: 'requests', units: 6_000, windowSeconds: 60 } as const;

it('states each limit, and what is left of it in whole numbers', () => {
  const content = {
    name: 'content',
    unit: 'content-bytes',
    units: Number.MAX_SAFE_INTEGER,
    windowSeconds: 3_600,
  } as const;
  const left = [
    { ...requests, remaining: 5_999, resetMs: 59_001 },
    { ...content, remaining: -7, resetMs: -1 },
  ];
  expect(rateLimitHeaders(left)).toEqual({
    'ratelimit-policy': '"requests";q=6000;w=60, "content";q=999999999999999;qu="content-bytes";w=3600',
    ratelimit: '"requests";r=5999;t=60, "content";r=0;t=0',
  });
});

it('says nothing of what was not counted', () => {
  expect(rateLimitHeaders([])).toEqual({});
});
