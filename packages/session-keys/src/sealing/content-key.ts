import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { KEY_SIZE } from '../agreement/key-schedule.ts';
import { lengthPrefixed, type Random, requireSize } from '../identity/encoding.ts';
import { type Direction, epochBytes, type SealedHeader } from './sealed-header.ts';

/** The context that content is sealed under. */
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

const CONTENT_KEY_LABEL = 'assay/seal/v1/content-key';
const COMMITMENT_LABEL = 'assay/seal/v1/key-commitment';

/**
 * The key of one content: HKDF-SHA256 (RFC 5869) of the epoch's key with the blob's salt, and label, session, epoch,
 * direction and reference as info; 32 bytes. It opens this content only and reveals nothing about the session key or
 * other content.
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

/** The header's commitment to its content key, 32 bytes: it differs for different keys. */
export function commitmentTo(key: Uint8Array): Uint8Array {
  return hkdf(sha256, key, undefined, lengthPrefixed([COMMITMENT_LABEL]), 32);
}

/** UTF-8 bytes of a reference. @throws RangeError when it is empty or longer than {@link limits.referenceBytesMax}. */
export function referenceBytes(reference: string): Uint8Array {
  const bytes = utf8ToBytes(reference);
  if (bytes.length < 1 || bytes.length > limits.referenceBytesMax) {
    throw new RangeError(`a reference must have 1 to ${limits.referenceBytesMax} bytes, not ${bytes.length}`);
  }
  return bytes;
}

/** Checks the sizes in a sealing context. @throws RangeError when session key or session id does not have 32 bytes. */
export function checkSealing({ sessionKey, sessionId }: Sealing): void {
  requireSize(sessionKey, KEY_SIZE, 'a session key');
  requireSize(fromHex(sessionId), 32, 'a session id');
}
