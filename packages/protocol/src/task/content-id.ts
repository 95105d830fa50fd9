/** Content identifiers: CIDv1, raw codec, SHA-256 (multiformats). Any IPFS node computes the same. */
import { base32 } from 'multiformats/bases/base32';
import { concatBytes } from '../encoding/bytes.ts';
import { primitives } from '../signature/primitives.ts';

/** Version 1, codec raw (0x55), multihash SHA-256 (0x12) of 32 bytes (0x20). */
const prefix = Uint8Array.of(0x01, 0x55, 0x12, 0x20);

/** The CID of some bytes, in base32 (`bafkrei…`). */
export function contentIdOf(bytes: Uint8Array): string {
  return base32.encode(concatBytes(prefix, primitives().sha256(bytes)));
}

/** True when the bytes are those that the CID names. */
export function isContentOf(cid: string, bytes: Uint8Array): boolean {
  return contentIdOf(bytes) === cid;
}
