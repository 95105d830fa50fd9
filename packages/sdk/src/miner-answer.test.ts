import { addressOf, signDigest } from '@assay/protocol/signature/signature';
import { describe, expect, it } from 'vitest';
import { answerDigest, answerTextOf, chatMessageSchema, isSignedBy, promptTextOf } from './miner-answer.ts';

const key = new Uint8Array(32).fill(7);
const domain = { chainId: 31_337, hub: `0x${'ab'.repeat(20)}` } as const;
const answer = { reference: 'r', prompt: 'What is 2 + 2?', output: '4' };

describe('promptTextOf', () => {
  it('is the text of a user’s only message', () => {
    expect(promptTextOf([{ role: 'user', content: 'Why?' }])).toBe('Why?');
  });

  it('names the role of each of several messages', () => {
    const messages = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: [{ type: 'text', text: 'Why?' }] },
    ];
    expect(promptTextOf(messages)).toBe('system: Be brief.\n\nuser: Why?');
  });

  it('binds what is not text by its CID', () => {
    const withImage = (url: string) =>
      promptTextOf([{ role: 'user', content: [{ type: 'image_url', image_url: { url } }] }]);
    expect(withImage('data:a')).toMatch(/^\[image_url bafkrei[a-z2-7]{52}\]$/);
    expect(withImage('data:a')).not.toBe(withImage('data:b'));
  });

  it('takes no lone surrogate', () => {
    const lone = '\ud800';
    expect(chatMessageSchema.safeParse({ role: 'user', content: lone }).success).toBe(false);
    const inPart = { role: 'user', content: [{ type: 'text', text: lone }] };
    expect(chatMessageSchema.safeParse(inPart).success).toBe(false);
  });
});

describe('answerTextOf', () => {
  it('is the content, or the canonical JSON of calls', () => {
    expect(answerTextOf({ content: 'Four.' })).toBe('Four.');
    const call = { id: 'c', type: 'function', function: { name: 'add', arguments: '{}' } } as const;
    expect(JSON.parse(answerTextOf({ content: null, tool_calls: [call] }))).toEqual({
      content: null,
      refusal: null,
      tool_calls: [call],
    });
  });
});

describe('isSignedBy', () => {
  const signature = signDigest(answerDigest(domain, answer), key);
  const miner = addressOf(key);

  it('holds for the signer only', () => {
    expect(isSignedBy(domain, answer, signature, miner)).toBe(true);
    expect(isSignedBy(domain, answer, signature, addressOf(new Uint8Array(32).fill(8)))).toBe(false);
  });

  it.each([
    ['reference', domain, { ...answer, reference: 'other' }],
    ['prompt', domain, { ...answer, prompt: 'other' }],
    ['output', domain, { ...answer, output: '5' }],
    ['chain', { ...domain, chainId: 1 }, answer],
    ['model', domain, { ...answer, modelDigest: `0x${'11'.repeat(32)}` as const }],
  ])('fails for another %s', (_, otherDomain, other) => {
    expect(isSignedBy(otherDomain, other, signature, miner)).toBe(false);
  });
});
