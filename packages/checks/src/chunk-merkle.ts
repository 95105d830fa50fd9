/** A Merkle tree over the chunks of an output: two outputs that differ are told apart at the first differing chunk. */

import { concatBytes, type Hex, toHex } from '@assay/protocol/bytes';
import { sha256 } from '@noble/hashes/sha2.js';

/** Bytes of one chunk; the last may be shorter. */
export const chunkBytes = 1_024;

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/** The chunks of an output in order; none for an empty one. */
export function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) chunks.push(bytes.subarray(start, start + chunkBytes));
  return chunks;
}

/**
 * SHA-256 Merkle root over the chunks: leaves are hashed with the prefix 00, nodes with 01 (so that neither can stand
 * for the other); an odd node moves up as it is. An empty output has the root of one empty leaf.
 */
export function chunkRoot(bytes: Uint8Array): Hex {
  const chunks = chunksOf(bytes);
  let level: Uint8Array[] = (chunks.length === 0 ? [new Uint8Array(0)] : chunks).map((chunk) =>
    sha256(concatBytes(leafPrefix, chunk)),
  );
  while (level.length > 1) {
    const above: Uint8Array[] = [];
    for (let index = 0; index < level.length; index += 2) {
      const left = level[index];
      const right = level[index + 1];
      if (left === undefined) break;
      above.push(right === undefined ? left : sha256(concatBytes(nodePrefix, left, right)));
    }
    level = above;
  }
  return toHex(level[0] ?? sha256(leafPrefix));
}

/** Index of the first chunk in which two outputs differ (one may have ended before it); undefined when they are equal. */
export function firstDifferingChunk(a: Uint8Array, b: Uint8Array): number | undefined {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) if (a[at] !== b[at]) return Math.floor(at / chunkBytes);
  return a.length === b.length ? undefined : Math.floor(shorter / chunkBytes);
}

/** Share of an output before it leaves the reference, in basis points of the longer one's chunks: 10,000 for equal outputs. */
export function equalLeadingShare(reference: Uint8Array, other: Uint8Array): number {
  const first = firstDifferingChunk(reference, other);
  if (first === undefined) return 10_000;
  const chunks = Math.max(1, Math.ceil(Math.max(reference.length, other.length) / chunkBytes));
  return Math.floor((10_000 * first) / chunks);
}
