import { fromHex, type Hex, toHex } from '@assay/protocol/bytes';
import { limits } from '@assay/protocol/limits';
import { accepted, type Checked } from '@assay/protocol/refusal';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { equalBytes } from '@noble/ciphers/utils.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { KEY_SIZE } from './confirmation.ts';
import { draw, lengthPrefixed, type Random, requireSize } from './encoding.ts';
import { refused } from './refusal.ts';

/** Which way content goes: a prompt from the user, an output from the miner. */
export type Direction = 'prompt' | 'output';

/** What content is sealed under. */
export interface Sealing {
  /** 32 bytes. */
  readonly sessionId: Hex;
  /** Epoch of the session, and its key; 32 bytes. */
  readonly epoch: number;
  readonly sessionKey: Uint8Array;
  readonly direction: Direction;
  /** The client's name for the task; 1 to {@link limits.referenceBytesMax} bytes of UTF-8. Not stored in the blob. */
  readonly reference: string;
  readonly random: Random;
}

/** What a sealed blob says in the open. */
export interface SealedHeader {
  readonly sessionId: Hex;
  readonly epoch: number;
  readonly direction: Direction;
  /** 32 bytes; different for each content. */
  readonly salt: Hex;
  /** Commitment to the content key; 32 bytes. */
  readonly keyCommitment: Hex;
}

/** `ASL` and the version of the format, 1. */
const MAGIC = Uint8Array.of(0x41, 0x53, 0x4c, 1);
const DIRECTIONS: readonly Direction[] = ['prompt', 'output'];
const SESSION_AT = MAGIC.length;
const EPOCH_AT = SESSION_AT + 32;
const DIRECTION_AT = EPOCH_AT + 4;
const SALT_AT = DIRECTION_AT + 1;
const COMMITMENT_AT = SALT_AT + 32;
const TAG_SIZE = 16;

/** Bytes before the ciphertext: magic and version 4, session 32, epoch 4 (big-endian), direction 1, salt 32, key commitment 32. */
export const SEALED_HEADER_SIZE = COMMITMENT_AT + 32;

/** By how many bytes a blob is longer than its content: the header and a tag of 16 bytes. */
export const SEALING_OVERHEAD = SEALED_HEADER_SIZE + TAG_SIZE;

const SALT_LABEL = 'assay/seal/v1/salt';
const CONTENT_KEY_LABEL = 'assay/seal/v1/content-key';
const CIPHER_KEY_LABEL = 'assay/seal/v1/cipher-key';
const COMMITMENT_LABEL = 'assay/seal/v1/key-commitment';
const ASSOCIATED_LABEL = 'assay/seal/v1/content';

/** Every content has a key of its own, used once: a constant nonce never repeats under a key. */
const NONCE = new Uint8Array(24);

/**
 * Seals content (at most {@link limits.sealedContentBytesMax} bytes) under a session: header, then ciphertext and tag of
 * XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, RFC 8439), with header and reference as associated data.
 *
 * The salt is HMAC-SHA256 under the session key of 32 fresh random bytes, reference and content, so that it differs for
 * different contents even if the random source repeats itself. The header commits to the content key, because the
 * cipher alone would let a sealer make one blob that two keys open to two texts.
 * @throws RangeError when content, reference or a key has a size out of bounds.
 */
export function sealContent(sealing: Sealing, plain: Uint8Array): Uint8Array {
  if (plain.length > limits.sealedContentBytesMax) {
    throw new RangeError(`content of ${plain.length} bytes; at most ${limits.sealedContentBytesMax} can be sealed`);
  }
  const { sessionId, epoch, sessionKey, direction, reference } = sealing;
  requireSize(sessionKey, KEY_SIZE, 'a session key');
  requireSize(fromHex(sessionId), 32, 'a session id');
  const salted = lengthPrefixed([SALT_LABEL, draw(sealing.random, 32), referenceBytes(reference), plain]);
  const salt = toHex(hmac(sha256, sessionKey, salted));
  const key = contentKey(sessionKey, { sessionId, epoch, direction, salt }, reference);
  const header = encodeHeader({ sessionId, epoch, direction, salt, keyCommitment: toHex(commitmentTo(key)) });
  return concatBytes(header, cipherOf(key, header, reference).encrypt(plain));
}

/**
 * The key of one content: HKDF-SHA256 (RFC 5869) of the epoch's key with the blob's salt, and label, session, epoch,
 * direction and reference as info; 32 bytes. It opens this content and says nothing about the session key or any other content.
 * @throws RangeError when the session key does not have 32 bytes or the reference is out of bounds.
 */
export function contentKey(
  sessionKey: Uint8Array,
  header: Pick<SealedHeader, 'sessionId' | 'epoch' | 'direction' | 'salt'>,
  reference: string,
): Uint8Array {
  requireSize(sessionKey, KEY_SIZE, 'a session key');
  const { sessionId, epoch, direction } = header;
  const parts = [CONTENT_KEY_LABEL, fromHex(sessionId), epochBytes(epoch), direction, referenceBytes(reference)];
  return hkdf(sha256, sessionKey, fromHex(header.salt), lengthPrefixed(parts), KEY_SIZE);
}

/**
 * Opens a blob with its content key (32 bytes). Refused: what {@link readSealedHeader} refuses; a key that the blob was
 * not sealed with (`wrong-content-key`); another reference or any changed bit (`content-not-authentic`).
 * @throws RangeError when the content key does not have 32 bytes or the reference is out of bounds.
 */
export function openContent(key: Uint8Array, reference: string, blob: Uint8Array): Checked<Uint8Array> {
  requireSize(key, KEY_SIZE, 'a content key');
  const header = readSealedHeader(blob);
  if (!header.ok) return header;
  if (!equalBytes(commitmentTo(key), fromHex(header.value.keyCommitment))) {
    return refused('wrong-content-key', 'the blob was sealed with another key');
  }
  const cipher = cipherOf(key, blob.subarray(0, SEALED_HEADER_SIZE), reference);
  try {
    return accepted(cipher.decrypt(blob.subarray(SEALED_HEADER_SIZE)));
  } catch {
    return refused('content-not-authentic', 'the blob was changed or belongs to another reference');
  }
}

/**
 * Reads what a blob says in the open; nothing of it is authentic before {@link openContent}. Refused: too short, not of
 * this format and version, or an unknown direction (`blob-malformed`); more than 16 MiB of content (`blob-too-large`).
 */
export function readSealedHeader(blob: Uint8Array): Checked<SealedHeader> {
  if (blob.length > limits.sealedContentBytesMax + SEALING_OVERHEAD)
    return refused('blob-too-large', `${blob.length} bytes`);
  if (blob.length < SEALING_OVERHEAD || !equalBytes(blob.subarray(0, MAGIC.length), MAGIC)) {
    return refused('blob-malformed', 'not a sealed blob of version 1');
  }
  const direction = DIRECTIONS[blob[DIRECTION_AT] ?? -1];
  if (direction === undefined) return refused('blob-malformed', 'neither a prompt nor an output');
  return accepted({
    sessionId: toHex(blob.subarray(SESSION_AT, EPOCH_AT)),
    epoch: new DataView(blob.buffer, blob.byteOffset).getUint32(EPOCH_AT),
    direction,
    salt: toHex(blob.subarray(SALT_AT, COMMITMENT_AT)),
    keyCommitment: toHex(blob.subarray(COMMITMENT_AT, SEALED_HEADER_SIZE)),
  });
}

function encodeHeader(header: SealedHeader): Uint8Array {
  const direction = Uint8Array.of(DIRECTIONS.indexOf(header.direction));
  const { sessionId, epoch, salt, keyCommitment } = header;
  return concatBytes(MAGIC, fromHex(sessionId), epochBytes(epoch), direction, fromHex(salt), fromHex(keyCommitment));
}

function epochBytes(epoch: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, epoch);
  return bytes;
}

function commitmentTo(key: Uint8Array): Uint8Array {
  return hkdf(sha256, key, undefined, lengthPrefixed([COMMITMENT_LABEL]), 32);
}

function cipherOf(key: Uint8Array, header: Uint8Array, reference: string) {
  const cipherKey = hkdf(sha256, key, undefined, lengthPrefixed([CIPHER_KEY_LABEL]), KEY_SIZE);
  return xchacha20poly1305(cipherKey, NONCE, lengthPrefixed([ASSOCIATED_LABEL, header, referenceBytes(reference)]));
}

function referenceBytes(reference: string): Uint8Array {
  const bytes = utf8ToBytes(reference);
  if (bytes.length < 1 || bytes.length > limits.referenceBytesMax) {
    throw new RangeError(`a reference must have 1 to ${limits.referenceBytesMax} bytes, not ${bytes.length}`);
  }
  return bytes;
}
