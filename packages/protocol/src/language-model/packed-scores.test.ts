import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packScores, unpackScores } from './packed-scores.ts';

const logprob = fc.integer({ min: -10_000_000, max: 0 });
const tokens = fc.array(fc.record({ logprob, likeliest: fc.array(logprob, { maxLength: 20 }) }), { maxLength: 30 });

it('gives back what was packed', () => {
  fc.assert(
    fc.property(tokens, (all) => {
      expect(unpackScores(packScores(all))).toEqual(all);
    }),
  );
});

it('takes any bytes, and only whole tokens', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const found = unpackScores(bytes);
      if (found !== undefined) expect(packScores(found)).toEqual(bytes);
    }),
  );
  const packed = packScores([{ logprob: -5, likeliest: [-1, -5] }]);
  expect(unpackScores(packed.subarray(0, 12))).toBeUndefined();
  expect(unpackScores(packed.subarray(0, 13))).toBeUndefined();
});

it('clamps what has no place', () => {
  expect(unpackScores(packScores([{ logprob: 3, likeliest: [-1e12] }]))).toEqual([
    { logprob: 0, likeliest: [-10_000_000] },
  ]);
});
