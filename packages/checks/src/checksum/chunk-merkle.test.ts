import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  chunkBytes,
  chunkCount,
  chunkProof,
  chunkRoot,
  chunksOf,
  chunkTree,
  equalLeadingShare,
  firstDifferingChunk,
  isChunkOf,
  locateDifference,
  nodeAt,
  rootOf,
  treeOver,
} from './chunk-merkle.ts';

describe('chunk-merkle', () => {
  it('cuts into chunks that together are the output', () => {
    const bytes = new Uint8Array(2 * chunkBytes + 1);
    expect(chunksOf(bytes).map((chunk) => chunk.length)).toEqual([chunkBytes, chunkBytes, 1]);
    expect(chunksOf(new Uint8Array(0))).toEqual([]);
  });

  it('finds the first differing chunk', () => {
    const a = new Uint8Array(3_000);
    const b = a.slice();
    b[2_050] = 1;
    expect(firstDifferingChunk(a, b)).toBe(2);
    expect(firstDifferingChunk(a, a.slice())).toBeUndefined();
    expect(firstDifferingChunk(a, a.subarray(0, 1_024))).toBe(1);
    expect(equalLeadingShare(a, b)).toBe(6_666);
    expect(equalLeadingShare(a, a)).toBe(10_000);
  });

  it('has equal roots only for equal bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 4_000 });
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        const equal = firstDifferingChunk(a, b) === undefined;
        expect(chunkRoot(a) === chunkRoot(b)).toBe(equal);
        expect(equalLeadingShare(a, b) === 10_000).toBe(equal);
        expect(chunkRoot(a)).toBe(chunkRoot(a.slice()));
      }),
    );
  });

  it('proves each chunk of an output at its place, and no other', () => {
    const shape = fc.record({ chunks: fc.integer({ min: 1, max: 40 }), last: fc.integer({ min: 1, max: chunkBytes }) });
    fc.assert(
      fc.property(shape, fc.nat(), ({ chunks, last }, seed) => {
        const bytes = new Uint8Array((chunks - 1) * chunkBytes + last).map((_, at) => (at * 7 + (at >> 10)) % 251);
        const tree = chunkTree(bytes);
        const index = seed % chunks;
        const chunk = chunksOf(bytes)[index] ?? new Uint8Array();
        const proof = chunkProof(tree, index);
        expect(isChunkOf(rootOf(tree), chunks, index, chunk, proof)).toBe(true);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(chunks)));
        expect(isChunkOf(rootOf(tree), chunks, index, chunk.slice(1), proof)).toBe(false);
        expect(isChunkOf(rootOf(tree), chunks, index + 1, chunk, proof)).toBe(false);
        expect(isChunkOf(rootOf(tree), chunks, index, chunk, [...proof, chunkRoot(chunk)])).toBe(false);
        expect(treeOver(tree.levels[0] ?? [])).toEqual(tree);
      }),
    );
  });

  it('finds the first differing chunk by two hashes a level, whatever the lengths', async () => {
    const size = fc.integer({ min: 0, max: 30 * chunkBytes });
    await fc.assert(
      fc.asyncProperty(size, size, fc.option(fc.nat(30 * chunkBytes)), async (length, otherLength, changed) => {
        const a = new Uint8Array(length).map((_, at) => (at * 31) % 253);
        const b = new Uint8Array(otherLength).map((_, at) => (at * 31) % 253);
        if (changed !== null && changed < b.length) b[changed] = 255;
        const other = chunkTree(b);
        let asked = 0;
        const found = await locateDifference(chunkTree(a), {
          chunks: chunkCount(b.length),
          nodeAt: async (level, index) => {
            asked += 1;
            return nodeAt(other, level, index);
          },
        });
        expect(found).toBe(firstDifferingChunk(a, b));
        expect(asked).toBeLessThanOrEqual(1 + Math.ceil(Math.log2(31)));
      }),
    );
  });
});
