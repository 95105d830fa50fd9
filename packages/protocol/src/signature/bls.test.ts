import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assembleBlsCertificate, blsKeysIn, isBlsCosigned } from '../batch/bls-certificate.ts';
import { fromHex, type Hex, keccak256, toHex, utf8 } from '../encoding/bytes.ts';
import { exampleKey, exampleNetwork } from '../network/example-network.ts';
import { aggregateBls, blsPublicKey, blsSecretKey, isBlsSigned, signBls } from './bls.ts';
import { blsKeyDigest } from './operator-consent.ts';

interface Vector {
  readonly chainId: number;
  readonly keyRegistry: Hex;
  readonly members: readonly {
    readonly operator: Hex;
    readonly secretKey: Hex;
    readonly key: Hex;
    readonly keyDigest: Hex;
    readonly possession: Hex;
  }[];
  readonly digest: Hex;
  readonly certificateOfAll: Hex;
  readonly nonSigner: number;
  readonly certificateWithoutOne: Hex;
}

const vector = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/bls.json', import.meta.url), 'utf8'),
) as Vector;
const digest = keccak256(utf8('digest'));

describe('the vector that the contracts read too', () => {
  it('has the same keys, digests and proofs of possession', () => {
    for (const { operator, secretKey, key, keyDigest, possession } of vector.members) {
      expect(blsPublicKey(fromHex(secretKey))).toBe(key);
      expect(blsKeyDigest({ chainId: vector.chainId, contract: vector.keyRegistry }, operator, key)).toBe(keyDigest);
      expect(signBls(keyDigest, fromHex(secretKey), 'possession')).toBe(possession);
      expect(isBlsSigned(keyDigest, possession, [key], 'possession')).toBe(true);
    }
  });

  it('has the same certificates', () => {
    const { network } = exampleNetwork([1n, 1n, 1n, 1n]);
    const keys = blsKeysIn(`0x${vector.members.map(({ key }) => key.slice(2)).join('')}`, vector.members.length);
    const members = vector.members.map(({ operator }, index) => ({
      operator: operator.toLowerCase() as Hex,
      weight: 1n,
      blsKey: keys[index],
    }));
    const own = { ...network, members, certificates: 'bls' as const };
    const cosignatures = vector.members.map(({ operator, secretKey }) => ({
      operator: operator.toLowerCase() as Hex,
      signature: signBls(vector.digest, fromHex(secretKey)),
    }));
    for (const { operator, signature } of cosignatures)
      expect(isBlsCosigned(own, vector.digest, [operator], signature)).toBe(true);
    expect(assembleBlsCertificate(own, cosignatures)?.bytes).toBe(vector.certificateOfAll);
    const without = cosignatures.filter((_, index) => index !== vector.nonSigner);
    expect(assembleBlsCertificate(own, without)?.bytes).toBe(vector.certificateWithoutOne);
  });
});

describe('BLS signatures', () => {
  const secrets = [1, 2, 3].map(exampleKey);
  const keys = secrets.map(blsPublicKey);
  const signatures = secrets.map((secret) => signBls(digest, secret));

  it('use a secret key that any seed gives', () => {
    const secret = blsSecretKey(utf8('a seed'));
    expect(blsSecretKey(utf8('a seed'))).toEqual(secret);
    expect(blsSecretKey(utf8('another seed'))).not.toEqual(secret);
    expect(isBlsSigned(digest, signBls(digest, secret), [blsPublicKey(secret)])).toBe(true);
  });

  it('add up to one signature by all keys', () => {
    const aggregate = aggregateBls(signatures);
    expect(isBlsSigned(digest, aggregate, keys)).toBe(true);
    expect(isBlsSigned(digest, aggregate, keys.slice(1))).toBe(false);
    expect(isBlsSigned(keccak256(utf8('other')), aggregate, keys)).toBe(false);
  });

  it('are valid for one purpose only', () => {
    const [secret, key] = [exampleKey(1), blsPublicKey(exampleKey(1))];
    expect(isBlsSigned(digest, signBls(digest, secret), [key], 'possession')).toBe(false);
    expect(isBlsSigned(digest, signBls(digest, secret, 'possession'), [key])).toBe(false);
  });

  it('are refused when a bit is flipped, and invalid points are refused without an error', () => {
    const [signature, key] = [signatures[0], keys[0]];
    if (signature === undefined || key === undefined) throw new Error('There are three.');
    fc.assert(
      fc.property(fc.nat(96 * 8 - 1), (bit) => {
        const bytes = fromHex(signature);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(isBlsSigned(digest, toHex(bytes), [key])).toBe(false);
      }),
      { numRuns: 40 },
    );
    expect(isBlsSigned(digest, '0x', [key])).toBe(false);
    expect(isBlsSigned(digest, signature, [`0x${'00'.repeat(192)}`])).toBe(false);
    expect(isBlsSigned(digest, signature, [])).toBe(false);
  });
});
