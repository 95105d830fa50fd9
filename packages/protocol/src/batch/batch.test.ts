import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, keccak256, utf8 } from '../encoding/bytes.ts';
import { buildBatch, encodeResults, isInBatch, minerWord, reportLeaf } from './batch.ts';

const leafOf = (number: number) => keccak256(utf8(`leaf ${number}`));

describe('results', () => {
  it('are 39 bytes each: miner word, verdict, a score for each role', () => {
    const result = { flags: {}, final: true } as const;
    const encoded = encodeResults({
      taskId: leafOf(0),
      final: true,
      results: [
        {
          ...result,
          miner: `0x${'aB'.repeat(20).toLowerCase()}`,
          verdict: 'accept',
          scores: { checksum: 10_000, embedding: 258, semantic: 0 },
        },
        { ...result, miner: 'miner-b', verdict: 'reject', scores: { embedding: 1 } },
        { ...result, miner: 'c', verdict: 'abstain', scores: {} },
      ],
    });
    expect(encoded).toBe(
      `0x${'00'.repeat(12)}${'ab'.repeat(20)}0127100102${'0000'}` +
        `${keccak256(utf8('miner-b')).slice(2)}02ffff0001ffff` +
        `${keccak256(utf8('c')).slice(2)}00ffffffffffff`,
    );
  });

  it('name a miner by its padded address or the hash of its name', () => {
    expect(minerWord(`0x${'01'.repeat(20)}`)).toBe(`0x${'00'.repeat(12)}${'01'.repeat(20)}`);
    for (const name of ['miner', `0x${'01'.repeat(19)}`, `0x${'01'.repeat(21)}`])
      expect(minerWord(name)).toBe(keccak256(utf8(name)));
  });
});

describe('a batch', () => {
  it('proves each of its 1 to 40 leaves at its index, and no other', () => {
    for (let count = 1; count <= 40; count++) {
      const leaves = Array.from({ length: count }, (_, index) => leafOf(index));
      const { root, count: stated, proofs } = buildBatch(leaves);
      expect(stated).toBe(count);
      expect(proofs).toHaveLength(count);
      leaves.forEach((leaf, index) => {
        expect(isInBatch(root, leaf, proofs[index] ?? [])).toBe(true);
        expect(isInBatch(root, leafOf(count), proofs[index] ?? [])).toBe(false);
        if (count > 1) expect(isInBatch(root, leaf, (proofs[index] ?? []).slice(1))).toBe(false);
      });
    }
  });

  it('of one leaf has that leaf as its root', () => {
    expect(buildBatch([leafOf(1)])).toEqual({ root: leafOf(1), count: 1, proofs: [[]] });
  });

  it('of two leaves hashes the sorted pair', () => {
    const pair = [leafOf(1), leafOf(2)].sort().map(fromHex);
    expect(buildBatch([leafOf(1), leafOf(2)]).root).toBe(keccak256(concatBytes(...pair)));
  });

  it('has no root without leaves', () => {
    expect(() => buildBatch([])).toThrow();
  });

  it('an inner node cannot pass for a leaf: leaves are hashed twice', () => {
    const fields = { taskId: leafOf(1), policyDigest: leafOf(2), results: '0x' } as const;
    const struct = concatBytes(
      ...[
        keccak256(utf8('Report(bytes32 taskId,bytes32 policyDigest,bytes results)')),
        fields.taskId,
        fields.policyDigest,
        keccak256(new Uint8Array()),
      ].map(fromHex),
    );
    expect(reportLeaf(fields)).toBe(keccak256(fromHex(keccak256(struct))));
    const variants = [
      fields,
      { ...fields, taskId: leafOf(3) },
      { ...fields, policyDigest: leafOf(3) },
      { ...fields, results: '0x00' as const },
    ];
    expect(new Set(variants.map(reportLeaf)).size).toBe(4);
  });
});
