import { secp256k1 } from '@noble/curves/secp256k1.js';
import { describe, expect, it } from 'vitest';
import { bytesOf, hexOf } from './encoding.ts';
import { addressOfKey, recoverSigner, signDigest } from './signature.ts';
import { flipBit, seededBytes } from './three-parties.fixture.ts';

const KEY = seededBytes('signer');
const DIGEST = seededBytes('digest');
const ORDER = secp256k1.Point.Fn.ORDER;

describe('signatures', () => {
  it('know the address of a published key', () => {
    const key = bytesOf('0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80');
    expect(addressOfKey(key)).toBe('0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266');
  });

  it('are repeatable, end in 27 or 28 and recover to their signer', () => {
    const signature = signDigest(DIGEST, KEY);
    expect(signDigest(DIGEST, KEY)).toBe(signature);
    expect([27, 28]).toContain(bytesOf(signature)[64]);
    expect(recoverSigner(DIGEST, signature)).toBe(addressOfKey(KEY));
    expect(recoverSigner(seededBytes('another digest'), signature)).not.toBe(addressOfKey(KEY));
  });

  it('refuse the mirrored signature with high s', () => {
    const bytes = bytesOf(signDigest(DIGEST, KEY));
    const s = BigInt(hexOf(bytes.subarray(32, 64)));
    bytes.set(bytesOf(`0x${(ORDER - s).toString(16).padStart(64, '0')}`), 32);
    bytes[64] = 27 + 28 - (bytes[64] ?? 0);
    expect(recoverSigner(DIGEST, hexOf(bytes))).toBeUndefined();
  });

  it('refuse other v values, zeros and wrong sizes', () => {
    const bytes = bytesOf(signDigest(DIGEST, KEY));
    for (const v of [0, 1, 26, 29, 255]) {
      bytes[64] = v;
      expect(recoverSigner(DIGEST, hexOf(bytes))).toBeUndefined();
    }
    expect(recoverSigner(DIGEST, hexOf(new Uint8Array(65)))).toBeUndefined();
    expect(recoverSigner(DIGEST, hexOf(bytes.subarray(1)))).toBeUndefined();
    expect(recoverSigner(DIGEST.subarray(1), signDigest(DIGEST, KEY))).toBeUndefined();
  });

  it('do not recover to the signer when one bit is turned', () => {
    const signature = bytesOf(signDigest(DIGEST, KEY));
    for (let bit = 0; bit < signature.length * 8; bit += 3) {
      expect(recoverSigner(DIGEST, hexOf(flipBit(signature, bit)))).not.toBe(addressOfKey(KEY));
    }
  });
});
