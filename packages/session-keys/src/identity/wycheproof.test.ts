import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import { gcm } from '@noble/ciphers/aes.js';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { agreementSecretWith, checkAgreementKey } from '../agreement/agreement-key.ts';

const FOLDER = fileURLToPath(new URL('../../../../../shared/data/wycheproof/', import.meta.url));

interface Vector extends Record<string, unknown> {
  readonly tcId: number;
  readonly result: 'valid' | 'invalid' | 'acceptable';
  readonly flags: readonly string[];
}

const isThere = (name: string): boolean => existsSync(`${FOLDER}${name}_test.json`);

function vectorsOf(name: string): Vector[] {
  const { testGroups } = JSON.parse(readFileSync(`${FOLDER}${name}_test.json`, 'utf8')) as {
    testGroups: ({ tests: Vector[] } & Record<string, unknown>)[];
  };
  return testGroups.flatMap(({ tests, ...group }) => tests.map((test) => ({ ...group, ...test })));
}

function field(vector: Vector, name: string): Uint8Array {
  return fromHex(`0x${String(vector[name])}`);
}

function attempt(run: () => Uint8Array): Uint8Array | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}

function checkAead(name: string, open: (vector: Vector, sealed: Uint8Array) => Uint8Array): number {
  const vectors = vectorsOf(name);
  for (const vector of vectors) {
    const sealed = Uint8Array.from([...field(vector, 'ct'), ...field(vector, 'tag')]);
    const opened = attempt(() => open(vector, sealed));
    const wanted = vector.result === 'valid' ? field(vector, 'msg') : undefined;
    expect(opened, `${name} ${vector.tcId}`).toEqual(wanted);
  }
  return vectors.length;
}

describe.skipIf(!isThere('x25519'))('Wycheproof X25519', () => {
  it('agrees on every shared secret, refuses the all-zero one, and knows low-order keys beforehand', async () => {
    const vectors = vectorsOf('x25519');
    for (const vector of vectors) {
      const shared = attempt(() => x25519.getSharedSecret(field(vector, 'private'), field(vector, 'public')));
      const isZero = /^0*$/.test(String(vector.shared));
      expect(shared && toHex(shared), `x25519 ${vector.tcId}`).toBe(isZero ? undefined : `0x${String(vector.shared)}`);
      const ours = await agreementSecretWith(field(vector, 'private'), toHex(field(vector, 'public')));
      expect(ours, `x25519 ${vector.tcId}`).toEqual(shared);
      const checked = checkAgreementKey(toHex(field(vector, 'public')));
      if (isZero) expect(checked?.code, `x25519 ${vector.tcId}`).toMatch(/^(low-order|non-canonical)-point$/);
      else expect(checked?.code, `x25519 ${vector.tcId}`).not.toBe('low-order-point');
    }
    expect(vectors.length).toBeGreaterThan(500);
  });
});

describe.skipIf(!isThere('hkdf_sha256'))('Wycheproof HKDF-SHA256', () => {
  it('derives every key and refuses lengths out of range', () => {
    const vectors = vectorsOf('hkdf_sha256');
    expect(vectors.length).toBeGreaterThan(80);
    for (const vector of vectors) {
      const size = Number(vector.size);
      const key = attempt(() => hkdf(sha256, field(vector, 'ikm'), field(vector, 'salt'), field(vector, 'info'), size));
      const wanted = vector.result === 'valid' ? field(vector, 'okm') : undefined;
      expect(key, `hkdf ${vector.tcId}`).toEqual(wanted);
    }
  });
});

describe.skipIf(!isThere('xchacha20_poly1305'))('Wycheproof XChaCha20-Poly1305', () => {
  it('opens valid ciphertexts and nothing else', () => {
    const count = checkAead('xchacha20_poly1305', (vector, sealed) =>
      xchacha20poly1305(field(vector, 'key'), field(vector, 'iv'), field(vector, 'aad')).decrypt(sealed),
    );
    expect(count).toBeGreaterThan(300);
  });
});

describe.skipIf(!isThere('aes_gcm'))('Wycheproof AES-GCM', () => {
  it('gives equal results with noble and with the platform that HPKE uses, for every size of key and nonce', async () => {
    const vectors = vectorsOf('aes_gcm');
    let ofHpke = 0;
    for (const vector of vectors) {
      const sealed = Uint8Array.from([...field(vector, 'ct'), ...field(vector, 'tag')]);
      const [iv, aad] = [Uint8Array.from(field(vector, 'iv')), Uint8Array.from(field(vector, 'aad'))];
      const wanted = vector.result === 'valid' ? field(vector, 'msg') : undefined;
      const byNoble = attempt(() => gcm(field(vector, 'key'), iv, aad).decrypt(sealed));
      // noble refuses nonces below 8 bytes, which HPKE does not use; Wycheproof permits that.
      if (iv.length >= 8 || byNoble !== undefined) expect(byNoble, `aes_gcm ${vector.tcId}`).toEqual(wanted);
      const key = await crypto.subtle.importKey('raw', Uint8Array.from(field(vector, 'key')), 'AES-GCM', false, [
        'decrypt',
      ]);
      const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData: aad }, key, sealed).then(
        (plain) => new Uint8Array(plain),
        () => undefined,
      );
      const isOfHpke = vector.keySize === 256 && vector.ivSize === 96;
      // The platform does not accept every size that HPKE does not use.
      if (isOfHpke || opened !== undefined) expect(opened, `aes_gcm ${vector.tcId}`).toEqual(wanted);
      ofHpke += isOfHpke ? 1 : 0;
    }
    expect([vectors.length > 300, ofHpke > 50]).toEqual([true, true]);
  });
});
