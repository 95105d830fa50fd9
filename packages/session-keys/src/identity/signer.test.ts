import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { addressOf, recoverSigner, signDigest } from '@assay/protocol/signature/signature';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flipBit, seededBytes } from '../agreement/three-parties.fixture.ts';
import { isSignedBy } from './signer.ts';

const key = seededBytes('signer');
const address = addressOf(key);
const digest = toHex(seededBytes('digest'));
const signature = signDigest(digest, key);
const ORDER = secp256k1.Point.Fn.ORDER;

/** Many valid signatures, so that the signer is cached and has its table. */
function meetAgain(times: number): void {
  for (let time = 0; time < times; time += 1) {
    const said = toHex(seededBytes(`said ${time}`));
    expect(isSignedBy(said, signDigest(said, key), address)).toBe(true);
  }
}

/** The nightly run takes every bit. Odd, so that all eight places in a byte come up. */
const isWhole = process.env.TEST_SCOPE === 'whole';
const stride = isWhole ? 1 : 7;

/** Invalid signatures: single-bit changes, and changes of whole fields. */
function refusesWhatIsWrong(): void {
  const bytes = fromHex(signature);
  for (let bit = 0; bit < bytes.length * 8; bit += stride) {
    const flipped = toHex(flipBit(bytes, bit));
    expect(isSignedBy(digest, flipped, address), `bit ${bit}`).toBe(recoverSigner(digest, flipped) === address);
    expect(isSignedBy(digest, flipped, address), `bit ${bit}`).toBe(false);
  }
  const mirrored = Uint8Array.from(bytes);
  const s = BigInt(toHex(bytes.subarray(32, 64)));
  mirrored.set(fromHex(`0x${(ORDER - s).toString(16).padStart(64, '0')}`), 32);
  mirrored[64] = 27 + 28 - (bytes[64] ?? 0);
  expect(isSignedBy(digest, toHex(mirrored), address)).toBe(false);
  expect(isSignedBy(digest, toHex(new Uint8Array(65)), address)).toBe(false);
  expect(isSignedBy(digest, toHex(bytes.subarray(1)), address)).toBe(false);
  expect(isSignedBy(toHex(seededBytes('other')), signature, address)).toBe(false);
  expect(isSignedBy(toHex(new Uint8Array(31)), signature, address)).toBe(false);
  expect(isSignedBy(digest, signature, addressOf(seededBytes('other signer')))).toBe(false);
}

describe('who signed', () => {
  it('is decided alike for a signer that is new, known, or met often', () => {
    refusesWhatIsWrong();
    meetAgain(1);
    refusesWhatIsWrong();
    meetAgain(30);
    refusesWhatIsWrong();
    expect(isSignedBy(digest, signature, address)).toBe(true);
  });

  it('is what recovering the signer says, for any digest and key', () => {
    const keys = [key, seededBytes('second signer'), seededBytes('third signer')];
    const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
    fc.assert(
      fc.property(bytes32, fc.nat({ max: 2 }), fc.nat({ max: 2 }), (said, by, claimed) => {
        const signed = signDigest(toHex(said), keys[by] as Uint8Array);
        const claims: Hex = addressOf(keys[claimed] as Uint8Array);
        expect(isSignedBy(toHex(said), signed, claims)).toBe(recoverSigner(toHex(said), signed) === claims);
        expect(isSignedBy(toHex(said), signed, claims)).toBe(by === claimed);
      }),
      { numRuns: isWhole ? 150 : 30 },
    );
  });
});
