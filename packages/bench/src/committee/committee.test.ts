import { describe, expect, it } from 'vitest';
import { countDraws, RandomWords } from './committee-draws.ts';
import { choose, committeeBounds, tailOdds } from './committee-odds.ts';

describe('the odds of a committee', () => {
  it.each([
    [4, 3, 2],
    [7, 5, 3],
    [21, 15, 7],
    [64, 43, 22],
    [128, 86, 43],
  ])('with %i seats: captured from %i liars on, stopped from %i', (size, capturedFrom, stalledFrom) => {
    expect(committeeBounds(size)).toEqual({ capturedFrom, stalledFrom });
  });

  it('count by hand: 2 liars of 5, 3 seats', () => {
    expect(tailOdds(5, 2, 3, 2)).toBeCloseTo(3 / 10, 15);
    expect(tailOdds(5, 2, 3, 1)).toBeCloseTo(9 / 10, 15);
    expect(tailOdds(5, 2, 3, 0)).toBe(1);
    expect(tailOdds(5, 2, 3, 3)).toBe(0);
  });

  it('add up to one, and keep odds that are too small to draw', () => {
    expect([0, 1, 2, 3, 4].map((count) => choose(4, count))).toEqual([1n, 4n, 6n, 4n, 1n]);
    expect(tailOdds(1_000, 300, 128, 0)).toBeCloseTo(1, 12);
    const rare = tailOdds(1_000, 100, 128, 100);
    expect(rare).toBeGreaterThan(0);
    expect(rare).toBeLessThan(1e-80);
  });
});

describe('drawn committees', () => {
  const draws = 200_000;

  it('repeat themselves from their seed', () => {
    const run = { pool: 100, liars: 25, size: 21, draws: 1_000, seed: 5 };
    expect(countDraws(run)).toEqual(countDraws(run));
    const [first, again, other] = [5, 5, 6].map((seed) => {
      const random = new RandomWords(seed);
      random.refill();
      return random.words;
    });
    expect(first).toEqual(again);
    expect(first).not.toEqual(other);
  });

  it.each([
    ['equal stakes', undefined],
    ['equal stakes, told one by one', new Uint32Array(100).fill(3)],
  ])('agree with the formula: %s', (_, stakes) => {
    const { captured, stalled } = countDraws({
      pool: 100,
      liars: 40,
      size: 7,
      draws,
      seed: 11,
      ...(stakes === undefined ? {} : { stakes }),
    });
    for (const [seen, least] of [
      [captured, 5],
      [stalled, 3],
    ] as const) {
      const odds = tailOdds(100, 40, 7, least);
      expect(Math.abs(seen / draws - odds)).toBeLessThan(5 * Math.sqrt((odds * (1 - odds)) / draws));
    }
  });

  it('are drawn by stake: two operators of three, one of which has half', () => {
    // The liar (stake 2 of 4) is missing with 1/4·1/3 + 1/4·1/3 = 1/6; with one of the others it holds 2/3 of the stake.
    const { stalled } = countDraws({ pool: 3, liars: 1, size: 2, draws, seed: 3, stakes: Uint32Array.of(2, 1, 1) });
    expect(Math.abs(stalled / draws - 5 / 6)).toBeLessThan(5 * Math.sqrt(5 / 36 / draws));
  });
});
