import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chunkBytes, chunkRoot, chunksOf, equalLeadingShare, firstDifferingChunk } from './chunk-merkle.ts';

describe('chunk-merkle', () => {
  it('cuts into chunks that together are the whole', () => {
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

  it('has equal roots exactly for equal bytes', () => {
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
});
