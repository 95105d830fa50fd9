import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { KEY_SIZE } from '../agreement/key-schedule.ts';
import { lengthPrefixed } from '../identity/encoding.ts';
import { referenceBytes } from './content-key.ts';
import { SEALED_HEADER_SIZE, TAG_SIZE } from './sealed-header.ts';

/**
 * Plain bytes of every segment except the last, which has between 1 and this many; empty content has one empty segment.
 */
export const SEGMENT_SIZE = 64 * 1024;

/** Bytes of a whole segment when sealed. */
export const SEALED_SEGMENT_SIZE = SEGMENT_SIZE + TAG_SIZE;

const CIPHER_KEY_LABEL = 'assay/seal/v2/cipher-key';
const PREFIX_LABEL = 'assay/seal/v2/nonce-prefix';
const ASSOCIATED_LABEL = 'assay/seal/v2/segment';
const PREFIX_SIZE = 19;
const COUNTER_MAX = 0xffff_ffff;

/**
 * The cipher of a blob's segments, in their order: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, "Online
 * Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", CRYPTO 2015) over XChaCha20-Poly1305. The nonce of 24
 * bytes is a prefix of 19 that derives from the content key, the segment's number as 4 (big-endian), and 1 for the last
 * segment, 0 for any other; header and reference are associated data of each. So no segment opens in another place, in
 * another blob, or as the end of one that was cut.
 */
export class SegmentCipher {
  readonly #key: Uint8Array;
  readonly #prefix: Uint8Array;
  readonly #associated: Uint8Array;
  #counter = 0;

  /** @throws RangeError when the reference is out of bounds. */
  constructor(contentKey: Uint8Array, header: Uint8Array, reference: string) {
    const derive = (label: string, size: number) => hkdf(sha256, contentKey, undefined, lengthPrefixed([label]), size);
    this.#key = derive(CIPHER_KEY_LABEL, KEY_SIZE);
    this.#prefix = derive(PREFIX_LABEL, PREFIX_SIZE);
    this.#associated = lengthPrefixed([ASSOCIATED_LABEL, header, referenceBytes(reference)]);
  }

  /** Seals the next segment. */
  seal(plain: Uint8Array, isLast: boolean): Uint8Array {
    return this.#next(isLast).encrypt(plain);
  }

  /** Opens the next segment; undefined if it is not the segment that was sealed at this position. */
  open(sealed: Uint8Array, isLast: boolean): Uint8Array | undefined {
    const isEmptyEnd = sealed.length === TAG_SIZE && this.#counter > 0;
    const cipher = this.#next(isLast);
    if (isEmptyEnd) return undefined;
    try {
      return cipher.decrypt(sealed);
    } catch {
      return undefined;
    }
  }

  #next(isLast: boolean) {
    if (this.#counter > COUNTER_MAX) throw new RangeError(`a blob has at most ${COUNTER_MAX + 1} segments`);
    const nonce = new Uint8Array(PREFIX_SIZE + 5);
    nonce.set(this.#prefix);
    new DataView(nonce.buffer).setUint32(PREFIX_SIZE, this.#counter);
    nonce[PREFIX_SIZE + 4] = isLast ? 1 : 0;
    this.#counter += 1;
    return xchacha20poly1305(this.#key, nonce, this.#associated);
  }
}

/**
 * Cuts bytes that arrive in pieces of any size into pieces of one size. It holds back at most one, which may be the
 * last.
 */
export class Cutter {
  readonly #size: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /**
   * Adds bytes and returns the complete pieces that cannot be the last. Keeps less than one piece of the input beyond
   * the next call.
   */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    let rest = bytes;
    while (this.#heldBytes + rest.length > this.#size) {
      const taken = this.#size - this.#heldBytes;
      const piece = concatBytes(...this.#held, rest.subarray(0, taken));
      rest = rest.subarray(taken);
      this.#held = [];
      this.#heldBytes = 0;
      yield piece;
    }
    if (rest.length === 0) return;
    this.#held.push(Uint8Array.from(rest));
    this.#heldBytes += rest.length;
  }

  /** The remaining last piece. */
  end(): Uint8Array {
    return concatBytes(...this.#held);
  }
}

/** Opens the segments of a whole blob whose key and header were checked. Refused as `content-not-authentic`. */
export function openSegments(contentKey: Uint8Array, reference: string, blob: Uint8Array): Checked<Uint8Array> {
  const cipher = new SegmentCipher(contentKey, blob.subarray(0, SEALED_HEADER_SIZE), reference);
  const parts: Uint8Array[] = [];
  for (let at = SEALED_HEADER_SIZE; at < blob.length; at += SEALED_SEGMENT_SIZE) {
    const sealed = blob.subarray(at, at + SEALED_SEGMENT_SIZE);
    const plain = cipher.open(sealed, at + SEALED_SEGMENT_SIZE >= blob.length);
    if (plain === undefined)
      return refused('content-not-authentic', `segment ${parts.length} does not match the sealed content`);
    parts.push(plain);
  }
  return accepted(concatBytes(...parts));
}
