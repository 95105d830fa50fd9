import fc from 'fast-check';
import { parseSignature, serializeCompactSignature, signatureToCompactSignature } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { recoverAddress } from 'viem/utils';
import { describe, expect, it } from 'vitest';
import { fromHex, type Hex, keccak256, toHex, utf8 } from '../encoding/bytes.ts';
import { exampleKey } from '../network/example-network.ts';
import { addressOf, compactSignature, expandSignature, recoverSigner, signDigest } from './signature.ts';

const key = exampleKey(1);
const digest = keccak256(utf8('digest'));
const curveOrder = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

function flipBit(hex: Hex, bit: number): Hex {
  const bytes = fromHex(hex);
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return toHex(bytes);
}

describe('signatures', () => {
  it('the address of the key 1 is the known one', () => {
    expect(addressOf(key)).toBe('0x7e5f4552091a69125d5dfcb7b8c2659029395bdf');
  });

  it('are those of viem, to the bit, and recover to its address', async () => {
    for (let number = 1; number <= 8; number++) {
      const account = privateKeyToAccount(toHex(exampleKey(number)));
      const hash = keccak256(utf8(`message ${number}`));
      const signature = signDigest(hash, exampleKey(number));
      expect(signature).toBe(await account.sign({ hash }));
      expect(recoverSigner(hash, signature)).toBe(account.address.toLowerCase());
    }
  });

  it('any key and digest: what is signed is recovered', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (number, bytes) => {
          expect(recoverSigner(toHex(bytes), signDigest(toHex(bytes), exampleKey(number)))).toBe(
            addressOf(exampleKey(number)),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  it('one bit flipped, in signature or digest, never recovers to the same address', () => {
    const signature = signDigest(digest, key);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 65 * 8 + 255 }), (bit) => {
        const signer =
          bit < 65 * 8
            ? recoverSigner(digest, flipBit(signature, bit))
            : recoverSigner(flipBit(digest, bit - 65 * 8), signature);
        expect(signer).not.toBe(addressOf(key));
      }),
    );
  });

  it('refuses the high-s twin, which others accept', async () => {
    const signature = signDigest(digest, key);
    const s = BigInt(`0x${signature.slice(66, 130)}`);
    const twin: Hex = `${signature.slice(0, 66) as Hex}${(curveOrder - s).toString(16).padStart(64, '0')}${signature.endsWith('1b') ? '1c' : '1b'}`;
    expect((await recoverAddress({ hash: digest, signature: twin })).toLowerCase()).toBe(addressOf(key));
    expect(recoverSigner(digest, twin)).toBeUndefined();
  });

  it('refuses every v but 27 and 28', () => {
    const signature = signDigest(digest, key);
    const recovered = Array.from({ length: 256 }, (_, v) =>
      recoverSigner(digest, `${signature.slice(0, 130) as Hex}${v.toString(16).padStart(2, '0')}`),
    );
    expect(recovered.flatMap((signer, v) => (signer === undefined ? [] : [v])).every((v) => v === 27 || v === 28)).toBe(
      true,
    );
    expect(recovered[Number.parseInt(signature.slice(130), 16)]).toBe(addressOf(key));
  });

  it('refuses v 29 and 30 also when they name a point: r is x minus the order', () => {
    const s = '01'.padStart(64, '0');
    for (let r = 1; r <= 20; r++) {
      for (const v of ['1d', '1e', '02', '03']) {
        expect(recoverSigner(digest, `0x${r.toString(16).padStart(64, '0')}${s}${v}`)).toBeUndefined();
      }
    }
  });

  it('has 64 bytes by EIP-2098, as viem makes them, and comes back from them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        const signature = signDigest(toHex(bytes), key);
        const compact = compactSignature(signature);
        expect(toHex(compact)).toBe(serializeCompactSignature(signatureToCompactSignature(parseSignature(signature))));
        expect(expandSignature(compact)).toBe(signature);
      }),
      { numRuns: 20 },
    );
    expect(() => compactSignature(`0x${'ff'.repeat(64)}1b`)).toThrow(RangeError);
    expect(() => compactSignature('0x1b')).toThrow(RangeError);
    expect(() => expandSignature(new Uint8Array(65))).toThrow(RangeError);
  });

  it.each([
    ['too short', `0x${'11'.repeat(64)}`],
    ['too long', `0x${'11'.repeat(66)}`],
    ['nothing', '0x'],
    ['zeros', `0x${'00'.repeat(64)}1b`],
    ['above the order', `0x${'ff'.repeat(64)}1b`],
  ] as const)('is none: %s', (_, signature) => {
    expect(recoverSigner(digest, signature)).toBeUndefined();
  });
});
