/** A miner's commitment to its output bytes. */

import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import type { commitmentKinds } from '@assay/protocol/encoding/fields';
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { chunkRoot } from './chunk-merkle.ts';

/** The kinds of commitment. */
export type CommitmentKind = (typeof commitmentKinds)[number];

const kinds: Readonly<Record<CommitmentKind, (bytes: Uint8Array) => Uint8Array>> = {
  sha256: (bytes) => sha256(bytes),
  keccak256: (bytes) => keccak_256(bytes),
  blake3: (bytes) => blake3(bytes),
  chunks: (bytes) => fromHex(chunkRoot(bytes)),
};

/** True if a commitment `kind:hex` matches the bytes; false for an unknown kind. */
export function isCommitmentTo(commitment: string, bytes: Uint8Array): boolean {
  const kind = commitment.slice(0, Math.max(0, commitment.indexOf(':')));
  return Object.hasOwn(kinds, kind) && commitmentTo(bytes, kind as CommitmentKind) === commitment;
}

/** The commitment to some bytes, as `sha256:<64 hex digits>`. */
export function commitmentTo(bytes: Uint8Array, kind: CommitmentKind): string {
  return `${kind}:${toHex(kinds[kind](bytes)).slice(2)}`;
}
