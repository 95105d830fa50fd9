import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hex, keccak256, utf8 } from '../encoding/bytes.ts';
import { stageOf } from './posting-turn.ts';

const key = keccak256(utf8('key'));
const stages = (ownKey: Hex, sequence: number, count: number) =>
  Array.from({ length: count }, (_, index) => stageOf(ownKey, sequence, index, count));

describe('turns', () => {
  it('are a permutation: each member has its own stage', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
        fc.integer({ min: 1, max: 16 }),
        (sequence, count) => {
          expect(stages(key, sequence, count).sort((a, b) => a - b)).toEqual(
            Array.from({ length: count }, (_, stage) => stage),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('rotate: over many sequences each member is first, and another key gives another order', () => {
    const firsts = Array.from({ length: 100 }, (_, sequence) => stages(key, sequence + 1, 4).indexOf(0));
    for (const member of [0, 1, 2, 3]) expect(firsts.filter((first) => first === member).length).toBeGreaterThan(10);
    const orders = Array.from({ length: 10 }, (_, sequence) => stages(key, sequence, 8).join());
    const otherOrders = Array.from({ length: 10 }, (_, sequence) =>
      stages(keccak256(utf8('other')), sequence, 8).join(),
    );
    expect(orders).not.toEqual(otherOrders);
  });
});
