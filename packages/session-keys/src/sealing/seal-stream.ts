import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { RefusalCode } from '@assay/protocol/refusal-codes';
import { equalBytes } from '@noble/ciphers/utils.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { KEY_SIZE } from '../agreement/key-schedule.ts';
import { draw, lengthPrefixed, requireSize } from '../identity/encoding.ts';
import { checkSealing, commitmentTo, contentKey, referenceBytes, type Sealing } from './content-key.ts';
import { decodeHeader, encodeHeader, SEALED_HEADER_SIZE, type SealedHeader } from './sealed-header.ts';
import { Cutter, SEALED_SEGMENT_SIZE, SEGMENT_SIZE, SegmentCipher } from './segments.ts';

/** Bytes that come in pieces of any size. */
export type Source = Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/**
 * A stream does not open; `code` gives the reason. Its earlier output is authentic but incomplete and must not be used.
 */
export class SealedStreamError extends Error {
  override readonly name = 'SealedStreamError';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}

const SALT_LABEL = 'assay/seal/v2/salt';

/**
 * Seals content of up to {@link limits.sealedStreamBytesMax} bytes as a stream: header, then segments (see
 * {@link SegmentCipher}). It holds one segment and one piece of the source in memory.
 *
 * The content is read twice: the salt is HMAC-SHA256 under the session key of 32 fresh random bytes, reference and
 * content, as for content in one piece. No key therefore seals two contents, even if the random source repeats itself.
 * @throws RangeError when content, reference or a key has a size out of bounds; Error when the second reading gave
 * other bytes.
 */
export async function* sealStream(sealing: Sealing, read: () => Source): AsyncGenerator<Uint8Array, void> {
  checkSealing(sealing);
  const { sessionId, epoch, sessionKey, direction, reference } = sealing;
  const seed = draw(sealing.random, 32);
  const salt = await saltOf(sealing, seed, read());
  const key = contentKey(sessionKey, { sessionId, epoch, direction, salt: toHex(salt) }, reference);
  const keyCommitment = toHex(commitmentTo(key));
  const header = encodeHeader({ form: 'segments', sessionId, epoch, direction, salt: toHex(salt), keyCommitment });
  yield header;
  const cipher = new SegmentCipher(key, header, reference);
  const cutter = new Cutter(SEGMENT_SIZE);
  const again = saltHash(sealing, seed);
  for await (const bytes of read()) {
    again.update(bytes);
    for (const segment of cutter.push(bytes)) yield cipher.seal(segment, false);
  }
  if (!equalBytes(again.digest(), salt)) {
    throw new Error('the content changed between the two readings; discard the sealed output');
  }
  yield cipher.seal(cutter.end(), true);
}

/**
 * Opens a stream that {@link sealStream} made, segment by segment, in bounded memory. `keyOf` returns the content key
 * for the header (32 bytes; undefined if there is none). Each segment that it yields is authentic and in its place.
 * Only the end of the generator shows that the content is complete, so do not act on it before.
 * @throws SealedStreamError `blob-malformed`, `too-long`, `wrong-content-key`, or `content-not-authentic`:
 * another reference, a changed bit, a segment that is missing, moved or duplicated. RangeError when a size is out of
 * bounds.
 */
export async function* openStream(
  keyOf: (header: SealedHeader) => Uint8Array | undefined,
  reference: string,
  sealed: Source,
): AsyncGenerator<Uint8Array, void> {
  const cutter = new Cutter(SEALED_SEGMENT_SIZE);
  let head = new Uint8Array();
  let cipher: SegmentCipher | undefined;
  let segments = 0;
  const open = (segment: Uint8Array, isLast: boolean): Uint8Array => {
    const plain = cipher?.open(segment, isLast);
    if (plain === undefined)
      throw new SealedStreamError('content-not-authentic', `segment ${segments} does not match the sealed content`);
    segments += 1;
    if (segments * SEGMENT_SIZE > limits.sealedStreamBytesMax)
      throw new SealedStreamError('too-long', `${segments} segments`);
    return plain;
  };
  for await (const bytes of sealed) {
    let rest = bytes;
    if (cipher === undefined) {
      const missing = SEALED_HEADER_SIZE - head.length;
      head = Uint8Array.from(concatBytes(head, rest.subarray(0, missing)));
      rest = rest.subarray(missing);
      if (head.length === SEALED_HEADER_SIZE) cipher = cipherFor(head, keyOf, reference);
    }
    for (const segment of cutter.push(rest)) yield open(segment, false);
  }
  if (cipher === undefined) throw new SealedStreamError('blob-malformed', `${head.length} bytes are not a sealed blob`);
  yield open(cutter.end(), true);
}

function cipherFor(
  head: Uint8Array,
  keyOf: (header: SealedHeader) => Uint8Array | undefined,
  reference: string,
): SegmentCipher {
  const header = decodeHeader(head);
  if (!header.ok || header.value.form !== 'segments')
    throw new SealedStreamError('blob-malformed', 'not a sealed stream of version 2');
  const key = keyOf(header.value);
  if (key === undefined) throw new SealedStreamError('wrong-content-key', 'there is no key for this stream');
  requireSize(key, KEY_SIZE, 'a content key');
  if (!equalBytes(commitmentTo(key), fromHex(header.value.keyCommitment)))
    throw new SealedStreamError('wrong-content-key', 'the stream was sealed with another key');
  return new SegmentCipher(key, head, reference);
}

function saltHash({ sessionKey, reference }: Sealing, seed: Uint8Array) {
  const hash = hmac.create(sha256, sessionKey);
  // The content comes last without a length prefix: nothing follows it that could be confused with it.
  return hash.update(lengthPrefixed([SALT_LABEL, seed, referenceBytes(reference)]));
}

async function saltOf(sealing: Sealing, seed: Uint8Array, source: Source): Promise<Uint8Array> {
  const hash = saltHash(sealing, seed);
  let length = 0;
  for await (const bytes of source) {
    length += bytes.length;
    if (length > limits.sealedStreamBytesMax) {
      throw new RangeError(`content of more than ${limits.sealedStreamBytesMax} bytes cannot be sealed`);
    }
    hash.update(bytes);
  }
  return hash.digest();
}
