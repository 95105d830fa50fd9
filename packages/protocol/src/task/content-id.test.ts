import { describe, expect, it } from 'vitest';
import { utf8 } from '../encoding/bytes.ts';
import { cidSchema } from '../encoding/fields.ts';
import { contentIdOf, isContentOf } from './content-id.ts';

describe('content ids', () => {
  it('are base32 of 01 55 12 20 and the SHA-256 (computed with Python hashlib and base64)', () => {
    expect(contentIdOf(utf8('hello world'))).toBe('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e');
    expect(contentIdOf(new Uint8Array())).toBe('bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku');
  });

  it('match their schema and only their bytes', () => {
    const cid = contentIdOf(utf8('a'));
    expect(cidSchema.parse(cid)).toBe(cid);
    expect(isContentOf(cid, utf8('a'))).toBe(true);
    expect(isContentOf(cid, utf8('b'))).toBe(false);
  });
});
