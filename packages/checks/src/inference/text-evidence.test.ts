import type { ScoredToken } from '@assay/protocol/language-model/language-model';
import { describe, expect, it } from 'vitest';
import { textEvidence } from './text-evidence.ts';
import { momentsOf, placeOf, rankOf } from './token-distribution.ts';

const claim = { temperatureMilli: 1_000, likeliest: 16, tieMilli: 20, missesPpm: 20_000 };
/** Natural logarithm of 10,000 in thousandths: the evidence at which a text is rejected. */
const evidenceMin = 9_210;

/** Numbers from 0 to 1, the same in each run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    const mixed = Math.imul(state ^ (state >>> 13), 0x297a2d39);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

/** A distribution over 40 tokens, peaked or flat, the most likely token first. */
function distribution(next: () => number): number[] {
  const sharpness = 0.3 + 1.5 * next();
  const weights = Array.from({ length: 40 }, () => Math.exp(sharpness * -Math.log(next() + 1e-9)));
  const sum = weights.reduce((total, one) => total + one, 0);
  return weights.map((one) => one / sum).sort((a, b) => b - a);
}

/** Tokens that the model lists; the others are one class. */
const listed = 20;

/** A token that was drawn from a distribution raised to a power, those not listed so often, as the model itself states it. */
function drawn(next: () => number, power: number, unlisted = 1): ScoredToken {
  const chances = distribution(next);
  const tempered = chances.map((one, at) => one ** power * (at < listed ? 1 : unlisted));
  let left = next() * tempered.reduce((total, one) => total + one, 0);
  const at = tempered.findIndex((one) => {
    left -= one;
    return left <= 0;
  });
  const thousandths = (chance: number) => Math.round(1_000 * Math.log(chance)) || 0;
  return { logprob: thousandths(chances[Math.max(0, at)] ?? 1), likeliest: chances.slice(0, listed).map(thousandths) };
}

function texts(count: number, tokens: number, power: number, seed: number, unlisted = 1): ScoredToken[][] {
  const next = seeded(seed);
  return Array.from({ length: count }, () => Array.from({ length: tokens }, () => drawn(next, power, unlisted)));
}

describe('a place', () => {
  const token = { logprob: -2_303, likeliest: [-693, -1_386, -2_079] };

  it('has the known tokens and all others as one', () => {
    const place = placeOf(token, 2, 1_000);
    expect(place?.classes.map(({ chance }) => chance)).toEqual(
      [500_000, 250_000, 250_000].map((one) => expect.closeTo(one, -3)),
    );
    expect(place?.own).toBe(-1_387);
    expect(placeOf(token, 3, 1_000)?.own).toBe(-2_081);
  });

  it('at another temperature is one of the known tokens, or says nothing', () => {
    expect(placeOf(token, 3, 500)).toBeUndefined();
    const place = placeOf({ ...token, logprob: -1_386 }, 2, 500);
    expect(place?.classes.map(({ chance }) => chance)).toEqual([
      expect.closeTo(800_000, -4),
      expect.closeTo(200_000, -4),
    ]);
  });

  it('has the entropy and the variance of its classes', () => {
    const even = placeOf({ logprob: -1_386, likeliest: [-1_386, -1_386, -1_386] }, 3, 1_000);
    expect(even && momentsOf(even)).toEqual({ entropy: expect.closeTo(1_386, -1), variance: expect.closeTo(0, -4) });
    const odd = placeOf({ logprob: -105, likeliest: [-105] }, 1, 1_000);
    // Entropy and variance of a coin that falls on one side nine times of ten.
    expect(odd && momentsOf(odd)).toEqual({ entropy: expect.closeTo(325, -1), variance: expect.closeTo(434_000, -4) });
  });

  it('has the rank and margin of the token', () => {
    expect(rankOf(token)).toEqual({ rank: 4, margin: 1_610 });
    expect(rankOf({ logprob: -5, likeliest: [] })).toEqual({ rank: 1, margin: 0 });
  });
});

describe('texts of the claimed model', () => {
  const honest = texts(700, 60, 1, 1).map((tokens) => textEvidence(tokens, claim));

  it('have a z of mean 0 and deviation 1', () => {
    const mean = honest.reduce((sum, { z }) => sum + z, 0) / honest.length;
    const square = honest.reduce((sum, { z }) => sum + z * z, 0) / honest.length;
    expect(Math.abs(mean)).toBeLessThan(10);
    expect(Math.sqrt(square)).toBeGreaterThan(92);
    expect(Math.sqrt(square)).toBeLessThan(108);
  });

  it('have an e-value of mean 1 at most, and are rejected hardly ever', () => {
    const mean = honest.reduce((sum, { log }) => sum + Math.exp(log / 1_000), 0) / honest.length;
    expect(mean).toBeLessThan(1.5);
    expect(honest.filter(({ log }) => log > evidenceMin)).toHaveLength(0);
  });

  it.each([500, 700, 1_300])('are not rejected at temperature %i / 1,000 either', (temperatureMilli) => {
    const tempered = texts(60, 60, 1_000 / temperatureMilli, 2);
    const logs = tempered.map((tokens) => textEvidence(tokens, { ...claim, likeliest: 16, temperatureMilli }).log);
    expect(Math.max(...logs)).toBeLessThan(evidenceMin);
  });
});

describe('other texts', () => {
  it.each([
    ['a lower temperature', 1 / 0.5, 500],
    ['a higher temperature', 1 / 1.6, 500],
    ['no model at all', 0, 150],
  ])('are rejected: %s', (_, power, tokens) => {
    const found = texts(30, tokens, power, 3).map((one) => textEvidence(one, claim));
    expect(found.filter(({ log }) => log > evidenceMin).length).toBeGreaterThan(27);
  });
});

describe('texts with more or fewer of the tokens that are not listed', () => {
  const everyListed = { ...claim, likeliest: listed };
  const meanOf = (unlisted: number) => {
    const logs = texts(60, 140, 1, 4, unlisted).map((tokens) => textEvidence(tokens, everyListed).log);
    return logs.reduce((sum, log) => sum + log, 0) / logs.length;
  };

  it('are told from texts of the claimed model, which have evidence for it', () => {
    expect(meanOf(1)).toBeLessThan(-1_000);
    expect(meanOf(3)).toBeGreaterThan(meanOf(1) + 3_000);
    expect(meanOf(0.2)).toBeGreaterThan(meanOf(1) + 1_000);
  });

  it('do not count at another temperature, where their part is not known', () => {
    const [tokens = []] = texts(1, 140, 1, 4, 3);
    const known = tokens.filter(({ logprob, likeliest }) => logprob >= (likeliest.at(-1) ?? 0));
    const tempered = { ...everyListed, temperatureMilli: 700 };
    expect(known.length).toBeLessThan(tokens.length);
    expect(textEvidence(tokens, tempered)).toEqual(textEvidence(known, tempered));
  });
});

describe('at temperature 0', () => {
  const greedy = { ...claim, temperatureMilli: 0 };
  const text = (tokens: number, misses: number): ScoredToken[] =>
    Array.from({ length: tokens }, (_, at) => ({ logprob: at < misses ? -1_500 : -300, likeliest: [-300, -1_500] }));

  it('misses decide, and a few are granted', () => {
    const logOf = (misses: number) => textEvidence(text(140, misses), greedy).log;
    expect(textEvidence(text(140, 3), greedy)).toMatchObject({ tokens: 140, misses: 3 });
    expect(logOf(0)).toBeLessThan(0);
    expect(logOf(5)).toBeLessThan(evidenceMin);
    expect(logOf(28)).toBeGreaterThan(evidenceMin);
    for (let misses = 1; misses <= 140; misses++) expect(logOf(misses)).toBeGreaterThanOrEqual(logOf(misses - 1));
  });

  it('a token that is as likely is no miss', () => {
    const tied = [{ logprob: -710, likeliest: [-700, -710] }];
    expect(textEvidence(tied, greedy).misses).toBe(0);
    expect(textEvidence(tied, { ...greedy, tieMilli: 9 }).misses).toBe(1);
  });
});
