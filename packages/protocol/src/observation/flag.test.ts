import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flagNames, flagsOf, flagWord } from './flag.ts';
import { roles } from './role.ts';
import { defineRole, finding } from './role-definition.ts';

describe('flags', () => {
  it.each(roles)('of %s have one bit each, no bit twice', (role) => {
    const bits = flagsOf(role).map((name) => flagWord(role, [name]));
    expect(new Set(bits).size).toBe(bits.length);
    for (const bit of bits) expect(bit !== 0 && (bit & (bit - 1)) === 0).toBe(true);
  });

  it.each([
    ['twice', { a: finding(3, 'A.'), b: finding(3, 'B.') }],
    ['above 31', { a: finding(32, 'A.') }],
  ])('may not use a bit %s', (_, flags) => {
    const role = { name: 'x', index: 9, service: 'x', asks: '?', usesModel: false, inEveryPolicy: false };
    expect(() => defineRole({ ...role, scoreOnChain: false, flags, rules: {} })).toThrow(RangeError);
  });

  it('keep the bits that are signed', () => {
    expect(flagWord('checksum', ['content-missing', 'seal-invalid'])).toBe(0x81);
    expect(flagWord('embedding', ['outlier', 'medoid'])).toBe(0x18);
    expect(flagWord('semantic', ['injection', 'seal-invalid'])).toBe(0x40200);
  });

  it('names and words are one another’s inverse', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...roles).chain((role) => fc.tuple(fc.constant(role), fc.subarray(flagsOf(role)))),
        ([role, names]) => {
          expect(flagNames(role, flagWord(role, names))).toEqual(names);
        },
      ),
    );
  });

  it('name bits that no role knows, including the highest', () => {
    expect(flagNames('checksum', 0x80000001)).toEqual(['content-missing', 'bit-31']);
    expect(flagNames('semantic', 0xffffffff)).toHaveLength(32);
  });

  it.each(['medoid', '', 'toString', '__proto__'])('the word of the unknown name "%s" throws', (name) => {
    expect(() => flagWord('checksum', [name])).toThrow(RangeError);
  });
});
