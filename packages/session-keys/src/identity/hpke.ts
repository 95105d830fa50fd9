import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256, HpkeError } from '@hpke/core';
import { draw, type Random } from './encoding.ts';

/** The inputs of one authenticated encryption to a public key. */
export interface HpkeSealing {
  /** X25519 key pair of the sender; 32 bytes each. It authenticates the sender to the recipient. */
  readonly senderSecret: Uint8Array;
  readonly senderKey: Hex;
  /** X25519 public key of the recipient; 32 bytes. */
  readonly recipientKey: Hex;
  /** Bound into the key schedule. */
  readonly info: Uint8Array;
  /** Bound into the ciphertext. */
  readonly associated: Uint8Array;
  readonly plain: Uint8Array;
}

/** The inputs to open one authenticated encryption to a public key. */
export interface HpkeOpening {
  /** X25519 secret key of the recipient; 32 bytes. */
  readonly recipientSecret: Uint8Array;
  /** X25519 public key that the sender must have; 32 bytes. */
  readonly senderKey: Hex;
  readonly info: Uint8Array;
  readonly associated: Uint8Array;
  /** 32 bytes. */
  readonly encapsulated: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/**
 * RFC 9180 with DHKEM(X25519, HKDF-SHA256) (0x0020), HKDF-SHA256 (0x0001) and AES-256-GCM (0x0002). A suite holds no
 * state between calls.
 */
const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });

/**
 * Seals in mode_auth, single-shot (RFC 9180, sections 5.1.3 and 6.1). The ephemeral key is derived from 32 bytes of
 * `random` with DeriveKeyPair (section 7.1.3), which section 4 permits for GenerateKeyPair. The caller's source is
 * therefore the only source of randomness. The ciphertext is 16 bytes longer than the plain text.
 * @throws EncapError when the recipient's key is a point of low order; RangeError when `random` is broken.
 */
export async function hpkeSeal(
  sealing: HpkeSealing,
  random: Random,
): Promise<{ encapsulated: Uint8Array; ciphertext: Uint8Array }> {
  const sender = {
    privateKey: await suite.kem.deserializePrivateKey(buffer(sealing.senderSecret)),
    publicKey: await suite.kem.deserializePublicKey(buffer(fromHex(sealing.senderKey))),
  };
  const { enc, ct } = await suite.seal(
    {
      senderKey: sender,
      recipientPublicKey: await suite.kem.deserializePublicKey(buffer(fromHex(sealing.recipientKey))),
      info: buffer(sealing.info),
      ekm: buffer(draw(random, 32)),
    },
    buffer(sealing.plain),
    buffer(sealing.associated),
  );
  return { encapsulated: new Uint8Array(enc), ciphertext: new Uint8Array(ct) };
}

/**
 * Opens in mode_auth, single-shot (RFC 9180, sections 5.1.3 and 6.1). `undefined` if sender, recipient, info,
 * associated data or any byte differs from the sealing, or if a key is a point of low order (section 7.1.4).
 */
export async function hpkeOpen(opening: HpkeOpening): Promise<Uint8Array | undefined> {
  try {
    const plain = await suite.open(
      {
        recipientKey: await suite.kem.deserializePrivateKey(buffer(opening.recipientSecret)),
        senderPublicKey: await suite.kem.deserializePublicKey(buffer(fromHex(opening.senderKey))),
        enc: buffer(opening.encapsulated),
        info: buffer(opening.info),
      },
      buffer(opening.ciphertext),
      buffer(opening.associated),
    );
    return new Uint8Array(plain);
  } catch (error) {
    if (error instanceof HpkeError) return undefined;
    throw error;
  }
}

/** A copy, because the library keeps and clears some of its input buffers. */
function buffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
