/** Content identifiers: CIDv1, raw codec, SHA-256 (multiformats), so that any IPFS node computes the same. */
import { CID } from 'multiformats/cid';
import * as raw from 'multiformats/codecs/raw';
import * as Digest from 'multiformats/hashes/digest';
import { primitives } from './primitives.ts';

const sha256Code = 0x12;

/** The CID of some bytes, in base32 (`bafkrei…`). */
export function contentIdOf(bytes: Uint8Array): string {
  return CID.createV1(raw.code, Digest.create(sha256Code, primitives().sha256(bytes))).toString();
}

/** True when the bytes are those that the CID names. */
export function isContentOf(cid: string, bytes: Uint8Array): boolean {
  return contentIdOf(bytes) === cid;
}
