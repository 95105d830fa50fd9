import { createServer, type Server } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardedPost, whyNotTo } from './guarded-post.ts';

/** A resolver that says what the test wants. */
const says =
  (...addresses: string[]): LookupFunction =>
  (_name, _options, callback) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );

describe('the address of a webhook', () => {
  it.each([
    'https://127.0.0.1/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://0.0.0.0/',
    'https://10.1.2.3/',
    'https://100.64.0.1/',
    'https://169.254.169.254/latest/meta-data',
    'https://172.31.255.255/',
    'https://192.168.0.1:8443/',
    'https://198.18.0.1/',
    'https://224.0.0.1/',
    'https://255.255.255.255/',
    'https://[::]/',
    'https://[::1]/',
    'https://[::ffff:10.0.0.1]/',
    'https://[::ffff:a9fe:a9fe]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[fc00::1]/',
    'https://[fe80::1]/',
    'https://[ff02::1]/',
    'https://[2001:db8::1]/',
    'https://[2002:7f00:1::]/',
    'http://8.8.8.8/',
    'http://receiver.example/',
    'ftp://8.8.8.8/',
    'file:///etc/passwd',
    'no url',
  ])('%s is refused', (url) => expect(whyNotTo(url, [])).toEqual(expect.any(String)));

  it.each(['https://8.8.8.8/', 'https://[2606:4700::1111]/x', 'https://receiver.example:8443/path?token=1'])(
    '%s is not',
    (url) => expect(whyNotTo(url, [])).toBeUndefined(),
  );

  it('may be private where the operator says so, and only there', () => {
    expect(whyNotTo('http://10.0.0.7:9000/', ['10.0.0.0/24'])).toBeUndefined();
    expect(whyNotTo('http://[fd00::7]/', ['fd00::/64'])).toBeUndefined();
    expect(whyNotTo('http://10.0.1.7/', ['10.0.0.0/24'])).toBeDefined();
    expect(whyNotTo('http://8.8.8.8/', ['10.0.0.0/24'])).toBeDefined();
  });
});

describe('a post behind the guard', () => {
  let server: Server;
  let port: number;
  const taken: string[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url === '/silent') return;
      let body = '';
      request.on('data', (part) => (body += part));
      request.on('end', () => {
        taken.push([request.method, request.url, request.headers['x-one'], body].join(' '));
        if (request.url === '/moved') response.writeHead(302, { location: '/taken' }).end();
        else response.writeHead(202).end('x'.repeat(100_000));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });

  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const loopback = { allowedNetworks: ['127.0.0.0/8'], timeoutMs: 5_000 };

  it('arrives at an allowed address, and follows no redirect', async () => {
    const post = guardedPost(loopback);
    expect(await post(`http://127.0.0.1:${port}/taken`, { 'x-one': '1' }, '{"é":1}')).toBe(202);
    expect(await post(`http://127.0.0.1:${port}/moved`, {}, '')).toBe(302);
    expect(taken).toEqual(['POST /taken 1 {"é":1}', 'POST /moved  ']);
  });

  it('looks at what a name leads to when it connects', async () => {
    const named = `http://receiver.example:${port}/taken`;
    const found = (...addresses: string[]) => guardedPost({ ...loopback, lookup: says(...addresses) });
    expect(await found('10.0.0.1', '127.0.0.1')(named, {}, 'x')).toBe(202);
    await expect(found('10.0.0.1')(named, {}, 'x')).rejects.toThrow('not public');
    await expect(found()(named, {}, 'x')).rejects.toThrow('not public');
    const outside = guardedPost({ allowedNetworks: [], timeoutMs: 5_000, lookup: says('127.0.0.1', '::1') });
    await expect(outside(`https://receiver.example:${port}/`, {}, 'x')).rejects.toThrow('not public');
    await expect(outside(`https://127.0.0.1:${port}/`, {}, 'x')).rejects.toThrow('not public');
  });

  it('ends when its time is over', async () => {
    const post = guardedPost({ ...loopback, timeoutMs: 50 });
    await expect(post(`http://127.0.0.1:${port}/silent`, {}, 'x')).rejects.toThrow();
  });
});
