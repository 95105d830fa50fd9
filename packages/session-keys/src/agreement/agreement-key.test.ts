import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import { x25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import { agreementKeyOf, checkAgreementKey } from './agreement-key.ts';
import { LOW_ORDER_POINTS, seededBytes } from './three-parties.fixture.ts';

describe('agreement keys', () => {
  it('accept the public key of any secret', () => {
    for (const seed of ['a', 'b', 'c']) expect(checkAgreementKey(agreementKeyOf(seededBytes(seed)))).toBeUndefined();
  });

  it.each(LOW_ORDER_POINTS.slice(0, 5))('refuse the low-order point %s, which the curve also maps to zero', (point) => {
    expect(checkAgreementKey(point)?.code).toBe('low-order-point');
    expect(() => x25519.getSharedSecret(seededBytes('any'), fromHex(point))).toThrow();
  });

  it.each(LOW_ORDER_POINTS.slice(5))('refuse the non-canonical encoding %s', (point) => {
    expect(checkAgreementKey(point)?.code).toBe('non-canonical-point');
  });

  it('refuse a set top bit and a wrong size', () => {
    const key = fromHex(agreementKeyOf(seededBytes('a')));
    key[31] = (key[31] ?? 0) | 0x80;
    expect(checkAgreementKey(toHex(key))?.code).toBe('non-canonical-point');
    expect(checkAgreementKey('0x00')?.code).toBe('identity-malformed');
  });
});
