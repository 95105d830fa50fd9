import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isQuorum } from './quorum.ts';

describe('quorum', () => {
  it.each([
    [2n, 3n, false],
    [3n, 4n, true],
    [200n, 300n, false],
    [201n, 300n, true],
    [0n, 0n, false],
    [1n, 1n, true],
    [2n * 10n ** 40n, 3n * 10n ** 40n, false],
    [2n * 10n ** 40n + 1n, 3n * 10n ** 40n, true],
  ])('%s of %s: %s', (weight, total, expected) => {
    expect(isQuorum(weight, total)).toBe(expected);
  });

  it('any two quorums share more than a third of the weight', () => {
    const member = fc.record({
      weight: fc.bigInt(1n, 2n ** 96n - 1n),
      inA: fc.integer({ min: 0, max: 4 }),
      inB: fc.integer({ min: 0, max: 4 }),
    });
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 20 }), (members) => {
        const sum = (pick: (one: (typeof members)[number]) => boolean) =>
          members.filter(pick).reduce((weight, one) => weight + one.weight, 0n);
        const total = sum(() => true);
        fc.pre(
          isQuorum(
            sum((one) => one.inA > 0),
            total,
          ) &&
            isQuorum(
              sum((one) => one.inB > 0),
              total,
            ),
        );
        expect(sum((one) => one.inA > 0 && one.inB > 0) * 3n > total).toBe(true);
      }),
    );
  });
});
