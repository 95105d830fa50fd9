import type { Primitives, RecoverableSignature } from '@assay/protocol/signature/primitives';
import { portablePrimitives as portable } from '@assay/protocol/signature/primitives';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { fastPrimitives } from './fast-primitives.ts';

const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const wordOf = (value: bigint) => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
const words = fc.uint8Array({ minLength: 32, maxLength: 32 });
const keys = fc.bigInt({ min: 1n, max: order - 1n }).map(wordOf);
/** Values at which curve implementations often differ. */
const edges = [0n, 1n, 2n, order / 2n, order / 2n + 1n, order - 1n, order, order + 1n, 2n ** 256n - 1n].map(wordOf);
const scalars = fc.oneof(fc.constantFrom(...edges), words);

let fast: Partial<Primitives>;
beforeAll(async () => {
  fast = await fastPrimitives();
});

/** A function's result, or that it throws: both sides must agree on either. */
const outcomeOf = (recover: () => Uint8Array) => {
  try {
    return Buffer.from(recover()).toString('hex');
  } catch {
    return 'none';
  }
};
const recovered = (by: Partial<Primitives>, digest: Uint8Array, signature: RecoverableSignature) =>
  outcomeOf(() => by.recoverPublicKey?.(digest, signature) ?? new Uint8Array());

describe('the faster primitives give the bytes of the portable ones', () => {
  it('all of them exist on the tested systems', () => {
    const everywhere = ['toHexDigits', 'fromHexDigits', 'keccak256', 'sha256', 'publicKeyOf'];
    const native = ['signRecoverable', 'recoverPublicKey'];
    expect(Object.keys(fast)).toEqual(
      process.arch === 'x64' ? [...everywhere, ...native] : expect.arrayContaining(everywhere),
    );
  });

  it('hashes of any bytes, in any order', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_000 }), (bytes) => {
        for (const name of ['keccak256', 'sha256'] as const)
          expect(Buffer.from(fast[name]?.(bytes) ?? [])).toEqual(Buffer.from(portable[name](bytes)));
      }),
    );
  });

  it('hexadecimal digits of any bytes; both refuse invalid digits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.string({ maxLength: 9 }), (bytes, text) => {
        const digits = portable.toHexDigits(bytes);
        expect(fast.toHexDigits?.(bytes)).toBe(digits);
        for (const one of [digits, digits.toUpperCase(), digits.slice(1), `${digits}${text}`, `${digits.slice(2)}g0`])
          expect(outcomeOf(() => fast.fromHexDigits?.(one) ?? new Uint8Array())).toBe(
            outcomeOf(() => portable.fromHexDigits(one)),
          );
      }),
    );
  });

  it('a hash is not changed by the next one', () => {
    const first = fast.keccak256?.(Uint8Array.of(1));
    const copy = Uint8Array.from(first ?? []);
    fast.keccak256?.(Uint8Array.of(2));
    expect(first).toEqual(copy);
  });

  it('public keys', () => {
    fc.assert(
      fc.property(keys, (key) => {
        expect(Buffer.from(fast.publicKeyOf?.(key) ?? [])).toEqual(Buffer.from(portable.publicKeyOf(key)));
      }),
    );
  });

  it('signatures, to the bit: nonce, low s and recovery id', () => {
    fc.assert(
      fc.property(fc.oneof(words, fc.constantFrom(...edges)), keys, (digest, key) => {
        const one = fast.signRecoverable?.(digest, key) ?? portable.signRecoverable(digest, key);
        const other = portable.signRecoverable(digest, key);
        expect(Buffer.from(one.compact)).toEqual(Buffer.from(other.compact));
        expect(one.recovery).toBe(other.recovery);
      }),
      { numRuns: 200 },
    );
  });

  it('both refuse invalid keys', () => {
    for (const key of [wordOf(0n), wordOf(order), wordOf(order + 1n), new Uint8Array(31), new Uint8Array(33)])
      for (const by of [portable, fast]) {
        expect(() => by.signRecoverable?.(wordOf(7n), key) ?? portable.signRecoverable(wordOf(7n), key)).toThrow();
        expect(() => by.publicKeyOf?.(key)).toThrow();
      }
  });

  it('recovery of honest and of malformed signatures', () => {
    const drawn = fc.record({ digest: scalars, r: scalars, s: scalars, recovery: fc.integer({ min: 0, max: 1 }) });
    fc.assert(
      fc.property(drawn, keys, ({ digest, r, s, recovery }, key) => {
        const honest = portable.signRecoverable(digest, key);
        const other = fast.recoverPublicKey === undefined ? portable : fast;
        expect(recovered(other, digest, honest)).toBe(recovered(portable, digest, honest));
        const made = { compact: Uint8Array.from([...r, ...s]), recovery };
        expect(recovered(other, digest, made)).toBe(recovered(portable, digest, made));
      }),
      { numRuns: 200 },
    );
  });

  it('both refuse other lengths', () => {
    for (const length of [0, 63, 65])
      for (const by of [portable, fast.recoverPublicKey === undefined ? portable : fast])
        expect(recovered(by, wordOf(7n), { compact: new Uint8Array(length).fill(1), recovery: 0 })).toBe('none');
  });
});
