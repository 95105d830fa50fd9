import { describe, expect, it } from 'vitest';
import { drawMiners, type Standing } from './draw.ts';
import { type Miner, minersSchema, modelsOf } from './miners.ts';

const address = (index: number) => `0x${index.toString(16).padStart(40, '0')}` as const;
const miner = (index: number, more: object = {}) => ({
  name: `miner-${index}`,
  url: 'https://miner.example/v1',
  address: address(index),
  models: ['m'],
  ...more,
});
const registry = (...miners: readonly object[]) => minersSchema.parse(miners);
const fresh: Standing = { score: 0.5, load: 0, paused: false };

/** How often each miner comes first in 2,000 draws. */
function firsts(miners: readonly Miner[], standingOf: (one: Miner) => Standing): number[] {
  const counts = miners.map(() => 0);
  for (let seed = 0; seed < 2_000; seed++) {
    const [first] = drawMiners(miners, 'm', standingOf, String(seed));
    const index = miners.findIndex((one) => one.address === first?.address);
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts;
}

describe('the registry', () => {
  it.each(['https://miner.example/v1', 'http://127.0.0.1:8000/v1/', 'http://[::1]:8000/v1', 'http://localhost:1/v1'])(
    'takes %s',
    (url) => {
      expect(minersSchema.safeParse([miner(1, { url })]).success).toBe(true);
    },
  );

  it.each([
    'http://miner.example/v1',
    'http://127.0.0.1.example/v1',
    'ftp://127.0.0.1/v1',
    'https://user:key@miner.example/v1',
    'https://miner.example/v1?key=1',
    'miner.example',
  ])('refuses %s', (url) => {
    expect(minersSchema.safeParse([miner(1, { url })]).success).toBe(false);
  });

  it('refuses two of one address or name, and unknown fields', () => {
    expect(minersSchema.safeParse([miner(1), { ...miner(2), address: address(1) }]).success).toBe(false);
    expect(minersSchema.safeParse([miner(1), { ...miner(2), name: 'miner-1' }]).success).toBe(false);
    expect(minersSchema.safeParse([miner(1, { adress: '0x' })]).success).toBe(false);
  });

  it('lists each model of active miners once', () => {
    const miners = registry(miner(1, { models: ['b', 'a'] }), miner(2, { models: ['a'] }), {
      ...miner(3, { models: ['c'] }),
      state: 'removed',
    });
    expect(modelsOf(miners)).toEqual(['a', 'b']);
  });
});

describe('drawMiners', () => {
  it('has one order for one seed, and every miner of the model in it once', () => {
    const miners = registry(...Array.from({ length: 20 }, (_, index) => miner(index)));
    const order = drawMiners(miners, 'm', () => fresh, 'seed');
    expect(drawMiners(miners, 'm', () => fresh, 'seed')).toEqual(order);
    expect(drawMiners(miners, 'm', () => fresh, 'other')).not.toEqual(order);
    expect(new Set(order.map((one) => one.address)).size).toBe(20);
  });

  it('never has a removed miner, one of another model, or a full one', () => {
    const miners = registry(
      miner(1, { state: 'removed' }),
      miner(2, { models: ['x'] }),
      miner(3, { concurrentMax: 2 }),
      miner(4),
    );
    const order = drawMiners(miners, 'm', () => ({ ...fresh, load: 2 }), 's');
    expect(order.map((one) => one.name)).toEqual(['miner-4']);
  });

  it('draws by score squared, load and price', () => {
    const pair = registry(miner(1), miner(2));
    const byScore = firsts(pair, (one) => ({ ...fresh, score: one.name === 'miner-1' ? 1 : 0.5 }));
    expect(byScore[0]).toBeGreaterThan(1_500);
    expect(byScore[0]).toBeLessThan(1_700);
    const byLoad = firsts(pair, (one) => ({ ...fresh, load: one.name === 'miner-1' ? 0 : 3 }));
    expect(byLoad[0]).toBeGreaterThan(1_500);
    const byPrice = firsts(registry(miner(1, { price: 1 }), miner(2, { price: 16 })), () => fresh);
    expect(byPrice[0]).toBeGreaterThan(1_500);
  });

  it('asks paused miners last', () => {
    const pair = registry(miner(1), miner(2));
    expect(firsts(pair, (one) => ({ ...fresh, paused: one.name === 'miner-1' }))).toEqual([0, 2_000]);
  });
});
