import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorText, withoutAddressSecrets } from './error-text.ts';

describe('errorText', () => {
  it('is the message, and the cause if it says more', () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:1');
    expect(errorText(new Error('fetch failed', { cause }))).toBe('fetch failed (connect ECONNREFUSED 127.0.0.1:1)');
    expect(errorText(new Error(`fetch failed: ${cause.message}`, { cause }))).toBe(`fetch failed: ${cause.message}`);
  });

  it('prefers the short message and the server’s message over one that quotes the request', () => {
    const error = Object.assign(new Error('RPC failed.\nURL: https://rpc.example/v3/SECRET\nRequest body: {}'), {
      shortMessage: 'RPC failed.',
      details: 'header not found',
    });
    expect(errorText(error)).toBe('RPC failed. (header not found)');
  });

  it('names an error without a message by its code, or by its name', () => {
    expect(errorText(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
    expect(errorText(new TypeError())).toBe('TypeError');
  });

  it.each([
    ['a string', 'no', 'no'],
    ['nothing', undefined, 'undefined'],
    ['an object without a prototype', Object.create(null), 'a value without text'],
  ])('takes %s', (_, thrown, text) => {
    expect(errorText(thrown)).toBe(text);
  });

  it('is one line without escape sequences', () => {
    expect(errorText(new Error('one\r\ntwo\u001b[2J'))).toBe('one two [2J');
  });

  it('ends when an error is its own cause', () => {
    const error = new Error('circle');
    error.cause = error;
    expect(errorText(error)).toBe('circle');
  });

  it('stays bounded whatever was thrown', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string({ maxLength: 5_000 }), (thrown, message) => {
        expect(errorText(thrown).length).toBeLessThanOrEqual(1_001);
        expect(errorText(new Error(message.repeat(3), { cause: thrown })).length).toBeLessThanOrEqual(1_001);
      }),
    );
  });

  it('shows no path, query, fragment or credentials of a URL at any position', () => {
    const secret = fc.stringMatching(/^S3CR3T[A-Za-z0-9_~-]{4,40}$/);
    const scheme = fc.constantFrom('http', 'https', 'wss', 'nats', 'redis', 'HTTPS', 'ipfs+http');
    const place = fc.constantFrom<(s: string) => string>(
      (s) => `rpc.example/v3/${s}`,
      (s) => `rpc.example:8545/?key=${s}`,
      (s) => `rpc.example#${s}`,
      (s) => `user:${s}@rpc.example:4222`,
      (s) => `${s}:x@y@[::1]:4222/`,
      (s) => `127.0.0.1:1/${s}/a?b=${s}#${s}`,
    );
    fc.assert(
      fc.property(secret, scheme, place, fc.string(), fc.string(), (key, protocol, at, before, after) => {
        const error = new Error(`${before} ${protocol}://${at(key)} ${after}`);
        expect(errorText(new Error('no', { cause: error }))).not.toContain(key);
        expect(errorText(`"${protocol}://${at(key)}"`)).not.toContain(key);
      }),
    );
  });
});

describe('withoutAddressSecrets', () => {
  it('keeps what people need to identify the server', () => {
    expect(withoutAddressSecrets('NATS at nats://u:p@10.0.0.1:4222 did not answer (https://rpc.example/).')).toBe(
      'NATS at nats://10.0.0.1:4222/… did not answer (https://rpc.example/).',
    );
  });

  it('keeps the files of a stack', () => {
    const frame = 'at ask (file:///app/packages/adapters/dist/evm/client.js:20:11)';
    expect(withoutAddressSecrets(frame)).toBe(frame);
  });
});
