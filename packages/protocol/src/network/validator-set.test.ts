import { describe, expect, it } from 'vitest';
import { checkShape } from '../encoding/decode.ts';
import { addressOf } from '../signature/signature.ts';
import { exampleKey, exampleNetwork } from './example-network.ts';
import { configDigest, networkSchema, setDigest, totalWeight, weightOf } from './validator-set.ts';

const { network } = exampleNetwork([4n, 3n, 2n, 1n]);
const [first, second] = network.members;
if (first === undefined || second === undefined) throw new Error('The example has four operators.');
/** The network as JSON states it: weights as decimal text. */
const stated = (members: readonly { operator: string; weight: bigint }[] = network.members) => ({
  ...network,
  members: members.map(({ operator, weight }) => ({ operator, weight: String(weight) })),
});
const uint96Max = 2n ** 96n - 1n;

describe('a validator set', () => {
  it('has weights', () => {
    expect(totalWeight(network)).toBe(10n);
    expect(weightOf(network, first.operator)).toBe(4n);
    expect(weightOf(network, addressOf(exampleKey(99)))).toBeUndefined();
  });

  it('is hashed with order, addresses and weights; the config with everything but the epoch', () => {
    const sets = [network.members, network.members.slice(1), [second, first], [{ ...first, weight: 5n }, second]];
    expect(new Set(sets.map(setDigest)).size).toBe(sets.length);
    const networks = [
      network,
      { ...network, chainId: 1 },
      { ...network, hub: `0x${'cd'.repeat(20)}` as const },
      { ...network, members: network.members.slice(1) },
      { ...network, policiesDigest: `0x${'00'.repeat(32)}` as const },
    ];
    expect(new Set(networks.map(configDigest)).size).toBe(networks.length);
    expect(configDigest({ ...network, epoch: 8 })).toBe(configDigest(network));
  });

  it('matches its schema, with maximal weights too, and can then be hashed', () => {
    expect(checkShape(networkSchema, stated())).toEqual({ ok: true, value: network });
    const heaviest = checkShape(networkSchema, stated([{ ...first, weight: uint96Max }]));
    expect(heaviest.ok && configDigest(heaviest.value)).toMatch(/^0x[0-9a-f]{64}$/);
  });

  it.each([
    ['no member', stated([])],
    ['a weight of zero', stated([{ ...first, weight: 0n }])],
    ['a weight below zero', stated([{ ...first, weight: -1n }])],
    ['a weight above uint96', stated([{ ...first, weight: uint96Max + 1n }])],
    ['a member twice', stated([first, first])],
    ['members that do not ascend', stated([second, first])],
    ['an address in capitals', stated([{ ...first, operator: first.operator.toUpperCase() }])],
    [
      'too many members',
      stated(
        Array.from({ length: 129 }, (_, index) => ({
          operator: `0x${index.toString(16).padStart(40, '0')}`,
          weight: 1n,
        })),
      ),
    ],
  ])('is refused with %s', (_, value) => {
    expect(checkShape(networkSchema, value)).toMatchObject({ ok: false, refusal: { code: 'malformed' } });
  });
});
