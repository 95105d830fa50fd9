import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { Aes128Gcm, Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } from '@hpke/core';
import { DhkemX25519HkdfSha256 as DhkemInJavaScript } from '@hpke/dhkem-x25519';
import { describe, expect, it } from 'vitest';
import { agreementKeyOf } from '../agreement/agreement-key.ts';
import { seededBytes } from '../agreement/three-parties.fixture.ts';
import { hpkeOpen, hpkeSeal } from './hpke.ts';

const buffer = (hex: Hex): ArrayBuffer => Uint8Array.from(fromHex(hex)).buffer;
const kems = { 'the platform': DhkemX25519HkdfSha256, JavaScript: DhkemInJavaScript };

/** RFC 9180, Appendix A.1.3: mode_auth, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM. */
const vector = {
  info: '0x4f6465206f6e2061204772656369616e2055726e',
  ikmE: '0x6e6d8f200ea2fb20c30b003a8b4f433d2f4ed4c2658d5bc8ce2fef718059c9f7',
  pkRm: '0x1632d5c2f71c2b38d0a8fcc359355200caa8b1ffdf28618080466c909cb69b2e',
  skRm: '0xfdea67cf831f1ca98d8e27b1f6abeb5b7745e9d35348b80fa407ff6958f9137e',
  pkSm: '0x8b0c70873dc5aecb7f9ee4e62406a397b350e57012be45cf53b7105ae731790b',
  skSm: '0xdc4a146313cce60a278a5323d321f051c5707e9c45ba21a3479fecdf76fc69dd',
  enc: '0x23fb952571a14a25e3d678140cd0e5eb47a0961bb18afcf85896e5453c312e76',
  plain: '0x4265617574792069732074727574682c20747275746820626561757479',
  sealed: [
    [
      '0x436f756e742d30',
      '0x5fd92cc9d46dbf8943e72a07e42f363ed5f721212cd90bcfd072bfd9f44e06b80fd17824947496e21b680c141b',
    ],
    [
      '0x436f756e742d31',
      '0xd3736bb256c19bfa93d79e8f80b7971262cb7c887e35c26370cfed62254369a1b52e3d505b79dd699f002bc8ed',
    ],
    [
      '0x436f756e742d32',
      '0x122175cfd5678e04894e4ff8789e85dd381df48dcaf970d52057df2c9acc3b121313a2bfeaa986050f82d93645',
    ],
  ],
} as const;

describe.each(Object.entries(kems))('RFC 9180 with the key encapsulation by %s', (_, Kem) => {
  it('seals and opens the vectors of Appendix A.1.3 (mode_auth)', async () => {
    const kem = new Kem();
    const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes128Gcm() });
    const info = buffer(vector.info);
    const senderKey = {
      privateKey: await kem.deserializePrivateKey(buffer(vector.skSm)),
      publicKey: await kem.deserializePublicKey(buffer(vector.pkSm)),
    };
    const recipientPublicKey = await kem.deserializePublicKey(buffer(vector.pkRm));
    const sender = await suite.createSenderContext({ senderKey, recipientPublicKey, info, ekm: buffer(vector.ikmE) });
    expect(toHex(new Uint8Array(sender.enc))).toBe(vector.enc);
    const recipient = await suite.createRecipientContext({
      recipientKey: await kem.deserializePrivateKey(buffer(vector.skRm)),
      senderPublicKey: senderKey.publicKey,
      enc: buffer(vector.enc),
      info,
    });
    for (const [associated, ciphertext] of vector.sealed) {
      const sealed = await sender.seal(buffer(vector.plain), buffer(associated));
      expect(toHex(new Uint8Array(sealed))).toBe(ciphertext);
      const opened = await recipient.open(buffer(ciphertext), buffer(associated));
      expect(toHex(new Uint8Array(opened))).toBe(vector.plain);
    }
  });

  it('gives the bytes of the suite in use (AES-256-GCM) for the same inputs', async () => {
    const kem = new Kem();
    const suite = new CipherSuite({ kem, kdf: new HkdfSha256(), aead: new Aes256Gcm() });
    const [senderSecret, recipientSecret, ikm] = ['sender', 'recipient', 'ikm'].map((name) => seededBytes(name));
    if (senderSecret === undefined || recipientSecret === undefined || ikm === undefined) throw new Error('no keys');
    const [info, associated, plain] = [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3, 4)];
    const ours = await hpkeSeal(
      {
        senderSecret,
        senderKey: agreementKeyOf(senderSecret),
        recipientKey: agreementKeyOf(recipientSecret),
        info,
        associated,
        plain,
      },
      () => ikm,
    );
    const theirs = await suite.seal(
      {
        senderKey: {
          privateKey: await kem.deserializePrivateKey(buffer(toHex(senderSecret))),
          publicKey: await kem.deserializePublicKey(buffer(agreementKeyOf(senderSecret))),
        },
        recipientPublicKey: await kem.deserializePublicKey(buffer(agreementKeyOf(recipientSecret))),
        info: Uint8Array.from(info).buffer,
        ekm: Uint8Array.from(ikm).buffer,
      },
      Uint8Array.from(plain).buffer,
      Uint8Array.from(associated).buffer,
    );
    expect(toHex(new Uint8Array(theirs.ct))).toBe(toHex(ours.ciphertext));
    expect(toHex(new Uint8Array(theirs.enc))).toBe(toHex(ours.encapsulated));
    const opening = { recipientSecret, senderKey: agreementKeyOf(senderSecret), info, associated, ...ours };
    expect(await hpkeOpen(opening)).toEqual(plain);
  });
});
