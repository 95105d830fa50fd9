/**
 * A Merkle tree over the chunks of an output. A few hashes locate the first chunk in which two outputs differ, and
 * prove that a chunk is part of a committed output, without sending the whole output.
 */
import { concatBytes, fromHex, type Hex, toHex, utf8 } from '@assay/protocol/encoding/bytes';
import { sha256 } from '@noble/hashes/sha2.js';

/** Bytes of one chunk; the last may be shorter. */
export const chunkBytes = 1_024;

const leafPrefix = Uint8Array.of(0);
const nodePrefix = Uint8Array.of(1);

/**
 * The tree of an output. Level 0 has a hash for each chunk (SHA-256 of 00 and the chunk). Each higher level has a hash
 * for each pair (SHA-256 of 01 and both, so that leaves and nodes cannot be confused); an odd one moves up unchanged.
 * The last level has the root. An empty output has one empty chunk.
 */
export interface ChunkTree {
  readonly levels: readonly (readonly Hex[])[];
}

/** Access to another party's tree: its number of chunks, and the hash at a position; undefined beyond its end. */
export interface RemoteTree {
  readonly chunks: number;
  nodeAt(level: number, index: number): Promise<Hex | undefined>;
}

/** The chunks of an output in order; none for an empty one. */
export function chunksOf(bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; start += chunkBytes) chunks.push(bytes.subarray(start, start + chunkBytes));
  return chunks;
}

/** Number of chunks of an output with a given length; an empty one has one. */
export function chunkCount(length: number): number {
  return Math.max(1, Math.ceil(length / chunkBytes));
}

/** The tree of an output. */
export function chunkTree(bytes: Uint8Array): ChunkTree {
  const chunks = bytes.length === 0 ? [bytes] : chunksOf(bytes);
  return treeOver(chunks.map(leafOf));
}

/** The tree over given chunk hashes, such as those sent by another party. Throws a RangeError for an empty list. */
export function treeOver(leaves: readonly Hex[]): ChunkTree {
  if (leaves.length === 0) throw new RangeError('A tree has at least one chunk.');
  const levels: (readonly Hex[])[] = [leaves];
  for (let level = leaves; level.length > 1; levels.push(level)) {
    const above: Hex[] = [];
    for (let index = 0; index < level.length; index += 2) above.push(parentOf(level[index], level[index + 1]));
    level = above;
  }
  return { levels };
}

/** The Merkle root over the chunks of an output, for the commitment `chunks:`. */
export function chunkRoot(bytes: Uint8Array): Hex {
  return rootOf(chunkTree(bytes));
}

/** The root of a tree. */
export function rootOf({ levels }: ChunkTree): Hex {
  return levels.at(-1)?.[0] ?? leafOf(utf8(''));
}

/** The proof from a chunk to the root: its sibling at each level, if it has one. */
export function chunkProof({ levels }: ChunkTree, index: number): Hex[] {
  return levels.slice(0, -1).flatMap((level, height) => level[(index >> height) ^ 1] ?? []);
}

/** True if a chunk is at `index` of an output of `chunks` chunks with a committed root. */
export function isChunkOf(root: Hex, chunks: number, index: number, chunk: Uint8Array, proof: readonly Hex[]): boolean {
  if (!Number.isInteger(index) || index < 0 || index >= chunks) return false;
  const left = proof.values();
  let hash = leafOf(chunk);
  let place = index;
  for (let count = chunks; count > 1; count = Math.ceil(count / 2), place >>= 1) {
    if ((place ^ 1) >= count) continue;
    const beside = left.next().value;
    if (beside === undefined) return false;
    hash = place % 2 === 0 ? parentOf(hash, beside) : parentOf(beside, hash);
  }
  return left.next().done === true && hash === root;
}

/**
 * The first chunk in which an output differs from another, with two hashes requested a level; undefined: they are
 * equal.
 */
export async function locateDifference(own: ChunkTree, other: RemoteTree): Promise<number | undefined> {
  const chunks = own.levels[0]?.length ?? 0;
  const nodeOf = (level: number, index: number) => nodeAt(own, level, index);
  let level = Math.ceil(Math.log2(Math.max(chunks, other.chunks)));
  if (chunks === other.chunks && nodeOf(level, 0) === (await other.nodeAt(level, 0))) return undefined;
  let index = 0;
  for (; level > 0; level -= 1) {
    const left = 2 * index;
    const leftDiffers = nodeOf(level - 1, left) !== (await other.nodeAt(level - 1, left));
    index = leftDiffers ? left : left + 1;
  }
  return index;
}

/** The hash of the node that covers the chunks from `index` · 2^`level`; undefined beyond the end. */
export function nodeAt({ levels }: ChunkTree, level: number, index: number): Hex | undefined {
  const height = Math.min(level, levels.length - 1);
  return level > height && index > 0 ? undefined : levels[height]?.[index];
}

/** Index of the first chunk in which two outputs differ (one may have ended before it); undefined when they are equal. */
export function firstDifferingChunk(a: Uint8Array, b: Uint8Array): number | undefined {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) if (a[at] !== b[at]) return Math.floor(at / chunkBytes);
  return a.length === b.length ? undefined : Math.floor(shorter / chunkBytes);
}

/**
 * Share of an output before its first difference from the reference, in basis points of the longer one's chunks: 10,000
 * for equal outputs.
 */
export function equalLeadingShare(reference: Uint8Array, other: Uint8Array): number {
  const first = firstDifferingChunk(reference, other);
  if (first === undefined) return 10_000;
  const chunks = Math.max(1, Math.ceil(Math.max(reference.length, other.length) / chunkBytes));
  return Math.floor((10_000 * first) / chunks);
}

function leafOf(chunk: Uint8Array): Hex {
  return toHex(sha256(concatBytes(leafPrefix, chunk)));
}

function parentOf(left: Hex | undefined, right: Hex | undefined): Hex {
  if (left === undefined) throw new RangeError('A level has a hole.');
  return right === undefined ? left : toHex(sha256(concatBytes(nodePrefix, fromHex(left), fromHex(right))));
}
