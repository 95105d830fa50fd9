/**
 * A Merkle tree over digests, as OpenZeppelin's `SimpleMerkleTree` lays it out and `MerkleProof.sol` checks it: leaves
 * sorted, a complete binary tree in an array, each inner node the Keccak-256 of its two children in ascending order. The
 * library hashes texts and checks each again; a test holds both to the same roots and proofs.
 */
import { fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { primitives } from '../signature/primitives.ts';

const digestBytes = 32;

/** The tree over at least one leaf; each leaf has 32 bytes. */
export class MerkleTree {
  /** The root first; the children of node n are 2n + 1 and 2n + 2; the sorted leaves last, in descending order. */
  private readonly nodes: readonly Uint8Array[];
  /** Position of each leaf in the tree, by its index in the input order. */
  private readonly places: readonly number[];

  constructor(leaves: readonly Hex[]) {
    if (leaves.length === 0) throw new RangeError('A Merkle tree has at least one leaf.');
    const sorted = leaves
      .map((leaf, index) => ({ bytes: fromHex(leaf), index }))
      .sort((a, b) => compare(a.bytes, b.bytes));
    const nodes: Uint8Array[] = Array.from({ length: 2 * leaves.length - 1 });
    const places: number[] = Array.from({ length: leaves.length });
    for (const [rank, { bytes, index }] of sorted.entries()) {
      if (bytes.length !== digestBytes) throw new RangeError(`A leaf has ${bytes.length} bytes, not ${digestBytes}.`);
      places[index] = nodes.length - 1 - rank;
      nodes[nodes.length - 1 - rank] = bytes;
    }
    for (let node = leaves.length - 2; node >= 0; node--)
      nodes[node] = hashPair(at(nodes, 2 * node + 1), at(nodes, 2 * node + 2));
    this.nodes = nodes;
    this.places = places;
  }

  get root(): Hex {
    return toHex(at(this.nodes, 0));
  }

  /** The siblings from a leaf (by its index in the input order) up to the root. */
  proof(index: number): Hex[] {
    const proof: Hex[] = [];
    for (let node = this.places[index] ?? Number.NaN; node > 0; node = (node - 1) >> 1)
      proof.push(toHex(at(this.nodes, node % 2 === 1 ? node + 1 : node - 1)));
    return proof;
  }
}

/** The root that a proof leads to from a leaf. */
export function rootOfProof(leaf: Hex, proof: readonly Hex[]): Hex {
  return toHex(proof.reduce((node, sibling) => hashPair(node, fromHex(sibling)), fromHex(leaf)));
}

function at(nodes: readonly Uint8Array[], index: number): Uint8Array {
  const node = nodes[index];
  if (node === undefined) throw new RangeError(`The tree has no node ${index}.`);
  return node;
}

function hashPair(a: Uint8Array, b: Uint8Array): Uint8Array {
  const pair = new Uint8Array(2 * digestBytes);
  const isAscending = compare(a, b) <= 0;
  pair.set(isAscending ? a : b, 0);
  pair.set(isAscending ? b : a, digestBytes);
  return primitives().keccak256(pair);
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < digestBytes; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
