import { toHex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flipBit, seededBytes, seededRandom } from '../agreement/three-parties.fixture.ts';
import { contentKey } from './content-key.ts';
import { openContent, sealContent } from './seal.ts';
import { readSealedHeader, SEALING_OVERHEAD, type SealedHeader } from './sealed-header.ts';

const sessionKey = seededBytes('session key');
const sealing = {
  sessionId: toHex(seededBytes('session')),
  epoch: 0,
  sessionKey,
  direction: 'prompt' as const,
  reference: 'task 7',
  random: seededRandom('salt'),
};
const plain = new TextEncoder().encode('What is the capital of Ecuador?');

const headerOf = (blob: Uint8Array): SealedHeader => {
  const header = readSealedHeader(blob);
  if (!header.ok) throw new Error(header.refusal.code);
  return header.value;
};
const keyOf = (blob: Uint8Array): Uint8Array => contentKey(sessionKey, headerOf(blob), sealing.reference);
const codeOf = (key: Uint8Array, reference: string, blob: Uint8Array): string => {
  const opened = openContent(key, reference, blob);
  return opened.ok ? 'opened' : opened.refusal.code;
};

describe('sealed content', () => {
  it('opens with the content key only, for any content', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom('prompt', 'output'), (content, direction) => {
        const blob = sealContent({ ...sealing, direction: direction as 'prompt' | 'output' }, content);
        expect(blob.length).toBe(content.length + SEALING_OVERHEAD);
        expect(headerOf(blob)).toMatchObject({ sessionId: sealing.sessionId, direction });
        expect(openContent(keyOf(blob), sealing.reference, blob)).toEqual({ ok: true, value: content });
      }),
    );
  });

  it('is refused for every single flipped bit', () => {
    const blob = sealContent(sealing, plain);
    const key = keyOf(blob);
    for (let bit = 0; bit < blob.length * 8; bit += 1)
      expect(codeOf(key, 'task 7', flipBit(blob, bit))).not.toBe('opened');
  });

  it('is refused with another reference, key or length', () => {
    const blob = sealContent(sealing, plain);
    const key = keyOf(blob);
    expect(codeOf(key, 'task 8', blob)).toBe('content-not-authentic');
    expect(codeOf(contentKey(sessionKey, headerOf(blob), 'task 8'), 'task 8', blob)).toBe('wrong-content-key');
    expect(codeOf(sessionKey, 'task 7', blob)).toBe('wrong-content-key');
    expect(codeOf(keyOf(sealContent(sealing, plain)), 'task 7', blob)).toBe('wrong-content-key');
    expect(codeOf(key, 'task 7', blob.subarray(0, -1))).toBe('content-not-authentic');
    expect(codeOf(key, 'task 7', blob.subarray(0, SEALING_OVERHEAD - 1))).toBe('blob-malformed');
    expect(codeOf(key, 'task 7', new Uint8Array(limits.contentBytesMax + 1))).toBe('too-long');
    const oversized = new Uint8Array(limits.sealedPieceBytesMax + SEALING_OVERHEAD + 1);
    oversized.set(blob);
    expect(codeOf(key, 'task 7', oversized)).toBe('too-long');
  });

  it('has its own key for each direction, session and content', () => {
    const header = headerOf(sealContent(sealing, plain));
    const keys = [
      contentKey(sessionKey, header, 'task 7'),
      contentKey(sessionKey, { ...header, direction: 'output' }, 'task 7'),
      contentKey(sessionKey, { ...header, sessionId: header.salt }, 'task 7'),
      contentKey(sessionKey, { ...header, salt: header.sessionId }, 'task 7'),
      contentKey(seededBytes('another session key'), header, 'task 7'),
    ].map(toHex);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('never uses a salt twice for different contents, even with a random source that repeats itself', () => {
    const stuck = { ...sealing, random: (length: number) => new Uint8Array(length) };
    expect(headerOf(sealContent(stuck, plain)).salt).not.toBe(headerOf(sealContent(stuck, plain.subarray(1))).salt);
  });

  it('is not made from sizes out of bounds', () => {
    expect(() => sealContent(sealing, new Uint8Array(limits.sealedPieceBytesMax + 1))).toThrow(RangeError);
    expect(() => sealContent({ ...sealing, reference: '' }, plain)).toThrow(RangeError);
    expect(() => sealContent({ ...sealing, reference: 'x'.repeat(limits.referenceBytesMax + 1) }, plain)).toThrow(
      RangeError,
    );
    expect(() => sealContent({ ...sealing, sessionKey: sessionKey.subarray(1) }, plain)).toThrow(RangeError);
    expect(() => sealContent({ ...sealing, sessionId: '0x00' }, plain)).toThrow(RangeError);
  });
});
