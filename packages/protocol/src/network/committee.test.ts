import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Hex, keccak256, utf8 } from '../encoding/bytes.ts';
import { drawCommittee } from './committee.ts';
import type { Member } from './validator-set.ts';

const operatorAt = (index: number): Hex => `0x${(index + 1).toString(16).padStart(40, '0')}`;
const poolOf = (...stakes: readonly number[]): Member[] =>
  stakes.map((stake, index) => ({ operator: operatorAt(index), weight: BigInt(stake) }));
const beaconOf = (name: string | number) => keccak256(utf8(`beacon ${name}`));
const operatorsOf = (members: readonly Member[]) => members.map(({ operator }) => operator);

const pools = fc
  .array(fc.bigInt({ min: 1n, max: (1n << 96n) - 1n }), { minLength: 1, maxLength: 40 })
  .map((stakes) => stakes.map((weight, index) => ({ operator: operatorAt(index), weight })));
const draws = fc.record({
  beacon: fc.integer().map(beaconOf),
  epoch: fc.integer({ min: 1, max: 1_000_000 }),
  size: fc.integer({ min: 1, max: 12 }),
  pool: pools,
});

describe('a committee', () => {
  it('is the same for everybody, in any order of the pool', () => {
    const shuffled = draws.chain((draw) =>
      fc.record({
        draw: fc.constant(draw),
        pool: fc.shuffledSubarray(draw.pool, { minLength: draw.pool.length, maxLength: draw.pool.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ draw, pool }) => {
        expect(drawCommittee({ ...draw, pool })).toEqual(drawCommittee(draw));
      }),
    );
  });

  it('has as many members as seats, each from the pool, once, in ascending order', () => {
    fc.assert(
      fc.property(draws, (draw) => {
        const { members, drawn } = drawCommittee(draw);
        expect(members).toHaveLength(Math.min(draw.size, draw.pool.length));
        expect(operatorsOf(members)).toEqual([...new Set(drawn)].sort());
        for (const member of members) expect(draw.pool).toContainEqual(member);
      }),
    );
  });

  it('depends on all inputs of the draw', () => {
    const draw = { beacon: beaconOf('a'), epoch: 3, size: 4, pool: poolOf(...Array.from({ length: 30 }, () => 5)) };
    expect(drawCommittee(draw).drawn).toEqual([4, 3, 27, 29].map(operatorAt));
    const others = [
      { ...draw, beacon: beaconOf('b') },
      { ...draw, epoch: 4 },
      { ...draw, pool: [...draw.pool, { operator: operatorAt(99), weight: 1n }] },
    ];
    for (const other of others) expect(drawCommittee(other).drawn).not.toEqual(drawCommittee(draw).drawn);
  });

  it('gives the seats of offline operators to the next ones, and changes nothing for the others', () => {
    const drawsWithAway = draws.chain((draw) =>
      fc.record({ draw: fc.constant(draw), away: fc.subarray(operatorsOf(draw.pool)) }),
    );
    fc.assert(
      fc.property(drawsWithAway, ({ draw, away }) => {
        const offline = new Set(away);
        const before = operatorsOf(drawCommittee(draw).members);
        const after = operatorsOf(drawCommittee({ ...draw, offline }).members);
        expect(after.some((operator) => offline.has(operator))).toBe(false);
        expect(after).toHaveLength(Math.min(draw.size, draw.pool.length - away.length));
        for (const operator of before) if (!offline.has(operator)) expect(after).toContain(operator);
      }),
    );
  });

  it('is drawn by stake: the first and the second member with the probabilities of successive sampling', () => {
    const stakes = [1, 2, 3, 6];
    const total = 12;
    const runs = 4_000;
    const seen = stakes.map(() => [0, 0] as [number, number]);
    for (let run = 0; run < runs; run++) {
      const { drawn } = drawCommittee({ beacon: beaconOf(run), epoch: 1, size: 2, pool: poolOf(...stakes) });
      for (const place of [0, 1] as const) {
        const counts = seen[Number(drawn[place]) - 1];
        if (counts !== undefined) counts[place]++;
      }
    }
    const first = stakes.map((stake) => stake / total);
    const second = stakes.map((stake, index) =>
      first.reduce(
        (sum, share, other) => (other === index ? sum : sum + (share * stake) / (total - (stakes[other] ?? 0))),
        0,
      ),
    );
    const fourSigma = (share: number) => 4 * Math.sqrt((share * (1 - share)) / runs);
    for (const [index] of stakes.entries()) {
      for (const [place, shares] of [first, second].entries()) {
        const share = shares[index] ?? 0;
        expect(Math.abs((seen[index]?.[place] ?? 0) / runs - share)).toBeLessThan(fourSigma(share));
      }
    }
  });

  it.each([
    ['no seats', { size: 0 }],
    ['half a seat', { size: 1.5 }],
    ['a stake of zero', { pool: poolOf(1, 0) }],
    ['an operator that is there twice', { pool: [...poolOf(1), ...poolOf(2)] }],
  ])('is not drawn with %s', (_, wrong) => {
    expect(() => drawCommittee({ beacon: beaconOf(1), epoch: 1, size: 1, pool: poolOf(1, 2), ...wrong })).toThrow(
      RangeError,
    );
  });
});
