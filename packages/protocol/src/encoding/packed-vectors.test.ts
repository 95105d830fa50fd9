import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packedBytes, packVectors, unpackVectors } from './packed-vectors.ts';

const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
const unit = (values: readonly number[]) => {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
};

describe('packed vectors', () => {
  it('keep cosines to 0.0001, and stay the same when they are packed again', () => {
    const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 512, maxLength: 512 });
    const vector = values.filter((all) => Math.hypot(...all) > 0.1).map(unit);
    fc.assert(
      fc.property(vector, vector, (a, b) => {
        const packed = packVectors([a, b]);
        expect(packed).toHaveLength(2 * packedBytes(512));
        const [first, second] = unpackVectors(packed, 512) as [Float32Array, Float32Array];
        expect(Math.abs(dot(first, second) - dot(a, b))).toBeLessThan(1e-4);
        expect(packVectors([first, second])).toEqual(packed);
      }),
      { numRuns: 30 },
    );
  });

  it('clamp values out of range, and refuse bytes of another size', () => {
    expect(unpackVectors(packVectors([Float32Array.of(2, -2, Number.NaN)]), 3)).toEqual([Float32Array.of(1, -1, 0)]);
    expect(unpackVectors(packVectors([]), 3)).toEqual([]);
    expect(() => unpackVectors(new Uint8Array(7), 3)).toThrow('7 bytes are not a whole number of vectors of 3 values');
    expect(() => packVectors([new Float32Array(2), new Float32Array(3)])).toThrow('not of one size');
  });
});
