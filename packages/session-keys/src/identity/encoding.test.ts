import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, isHex, lengthPrefixed, readJson } from './encoding.ts';

describe('encoding', () => {
  it('writes and reads hexadecimal text', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
        expect(isHex(toHex(bytes), bytes.length)).toBe(true);
      }),
    );
    for (const bad of ['0xAA', 'aa', '0xa', '0xaaaa', '0xgg', '0xaa\n', 170]) expect(isHex(bad, 1)).toBe(false);
  });

  it('never encodes two different lists to equal bytes', () => {
    const list = fc.array(fc.uint8Array({ maxLength: 5 }), { maxLength: 4 });
    fc.assert(
      fc.property(list, list, (left, right) => {
        const same = JSON.stringify(left.map(toHex)) === JSON.stringify(right.map(toHex));
        expect(toHex(lengthPrefixed(left)) === toHex(lengthPrefixed(right))).toBe(same);
      }),
    );
  });

  it('refuses a random source that returns too few bytes', () => {
    expect(() => draw(() => new Uint8Array(31), 32)).toThrow(RangeError);
  });

  it('refuses JSON that is too long, broken or not UTF-8', () => {
    expect(readJson(Uint8Array.of(0x31), 1)).toBe(1);
    expect(readJson(Uint8Array.of(0x31, 0x31), 1)).toBeUndefined();
    expect(readJson(Uint8Array.of(0x7b), 1)).toBeUndefined();
    expect(readJson(Uint8Array.of(0x22, 0xff, 0x22), 9)).toBeUndefined();
  });
});
