import { SimpleMerkleTree } from '@openzeppelin/merkle-tree';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hex, toHex } from '../encoding/bytes.ts';
import { MerkleTree, rootOfProof } from './merkle-tree.ts';

const leaves = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHex), { minLength: 1, maxLength: 70 });

describe('a Merkle tree', () => {
  it('has the root and the proofs of OpenZeppelin’s library', () => {
    fc.assert(
      fc.property(leaves, (all) => {
        const ours = new MerkleTree(all);
        const theirs = SimpleMerkleTree.of(all);
        expect(ours.root).toBe(theirs.root);
        for (const [index, leaf] of all.entries()) {
          expect(ours.proof(index)).toEqual(theirs.getProof(index));
          expect(rootOfProof(leaf, ours.proof(index))).toBe(ours.root);
        }
      }),
    );
  });

  it('a proof gives another root for another leaf, or with a changed node', () => {
    fc.assert(
      fc.property(leaves, fc.nat(), fc.integer({ min: 0, max: 255 }), (all, drawn, bit) => {
        const index = drawn % all.length;
        const tree = new MerkleTree(all);
        const leaf = BigInt(all[index] ?? '0x') ^ (1n << BigInt(bit));
        const other: Hex = `0x${leaf.toString(16).padStart(64, '0')}`;
        expect(rootOfProof(other, tree.proof(index))).not.toBe(tree.root);
      }),
    );
  });

  it.each([[[]], [['0x12']], [[`0x${'11'.repeat(33)}`]]] as [Hex[]][])('cannot be made of %j', (all) => {
    expect(() => new MerkleTree(all)).toThrow(RangeError);
  });

  it('has no proof for an index out of range', () => {
    expect(new MerkleTree([`0x${'11'.repeat(32)}`, `0x${'22'.repeat(32)}`]).proof(2)).toEqual([]);
  });
});
