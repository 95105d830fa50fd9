import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { equalBytes } from '@noble/ciphers/utils.js';
import { concatBytes } from '@noble/hashes/utils.js';

/** Direction of content: a prompt from the user, or an output from the miner. */
export type Direction = 'prompt' | 'output';

/** How content is sealed: in one piece, or in segments. */
export type Form = 'piece' | 'segments';

/** The unencrypted header of a sealed blob. */
export interface SealedHeader {
  readonly form: Form;
  readonly sessionId: Hex;
  readonly epoch: number;
  readonly direction: Direction;
  /** 32 bytes; different for each content. */
  readonly salt: Hex;
  /** Commitment to the content key; 32 bytes. */
  readonly keyCommitment: Hex;
}

/** `ASL` and the version of the format: 1 for one piece, 2 for segments. */
const MAGICS: Readonly<Record<Form, Uint8Array>> = {
  piece: Uint8Array.of(0x41, 0x53, 0x4c, 1),
  segments: Uint8Array.of(0x41, 0x53, 0x4c, 2),
};
const FORMS: readonly Form[] = ['piece', 'segments'];
const DIRECTIONS: readonly Direction[] = ['prompt', 'output'];
const SESSION_AT = 4;
const EPOCH_AT = SESSION_AT + 32;
const DIRECTION_AT = EPOCH_AT + 4;
const SALT_AT = DIRECTION_AT + 1;
const COMMITMENT_AT = SALT_AT + 32;

/** Bytes before the ciphertext: magic and version 4, session 32, epoch 4 (big-endian), direction 1, salt 32, key commitment 32. */
export const SEALED_HEADER_SIZE = COMMITMENT_AT + 32;

/** Bytes of an authentication tag. */
export const TAG_SIZE = 16;

/** Overhead of a blob in one piece, in bytes: the header and a tag. */
export const SEALING_OVERHEAD = SEALED_HEADER_SIZE + TAG_SIZE;

/**
 * Reads the header of a whole blob. It is not authenticated until the content is opened. Refused: too short, another
 * format or version, or an unknown direction (`blob-malformed`); more than {@link limits.contentBytesMax}, or in one
 * piece more than {@link limits.sealedPieceBytesMax} of content (`too-long`).
 */
export function readSealedHeader(blob: Uint8Array): Checked<SealedHeader> {
  if (blob.length > limits.contentBytesMax) return refused('too-long', `${blob.length} bytes`);
  if (blob.length < SEALING_OVERHEAD) return refused('blob-malformed', `${blob.length} bytes are not a sealed blob`);
  const header = decodeHeader(blob);
  if (header.ok && header.value.form === 'piece' && blob.length > limits.sealedPieceBytesMax + SEALING_OVERHEAD)
    return refused('too-long', `${blob.length} bytes in one piece`);
  return header;
}

/** Reads the header at the beginning of a blob of any length. Refused as `blob-malformed`. */
export function decodeHeader(blob: Uint8Array): Checked<SealedHeader> {
  const form = FORMS.find((one) => equalBytes(blob.subarray(0, SESSION_AT), MAGICS[one]));
  if (form === undefined || blob.length < SEALED_HEADER_SIZE)
    return refused('blob-malformed', 'not a sealed blob of version 1 or 2');
  const direction = DIRECTIONS[blob[DIRECTION_AT] ?? -1];
  if (direction === undefined) return refused('blob-malformed', 'neither a prompt nor an output');
  return accepted({
    form,
    sessionId: toHex(blob.subarray(SESSION_AT, EPOCH_AT)),
    epoch: new DataView(blob.buffer, blob.byteOffset).getUint32(EPOCH_AT),
    direction,
    salt: toHex(blob.subarray(SALT_AT, COMMITMENT_AT)),
    keyCommitment: toHex(blob.subarray(COMMITMENT_AT, SEALED_HEADER_SIZE)),
  });
}

/** Writes a header of {@link SEALED_HEADER_SIZE} bytes. */
export function encodeHeader(header: SealedHeader): Uint8Array {
  const direction = Uint8Array.of(DIRECTIONS.indexOf(header.direction));
  const { form, sessionId, epoch, salt, keyCommitment } = header;
  return concatBytes(
    MAGICS[form],
    fromHex(sessionId),
    epochBytes(epoch),
    direction,
    fromHex(salt),
    fromHex(keyCommitment),
  );
}

/** An epoch as 4 bytes, big-endian. */
export function epochBytes(epoch: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, epoch);
  return bytes;
}
