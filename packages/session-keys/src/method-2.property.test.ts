import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { PARTIES } from './identity.ts';
import { establishedSession } from './method-2-state.ts';
import { clearTurns, keysOf, runThrough, seeds, stormyTurns } from './weather.fixture.ts';

vi.mock(import('@assay/protocol/signature'), async (original) => {
  const { rememberedSignatures } = await import('./remembered.fixture.ts');
  return rememberedSignatures(await original());
});
vi.mock(import('./hpke.ts'), async (original) => {
  const { rememberedHpke } = await import('./remembered.fixture.ts');
  return rememberedHpke(await original());
});

const turns = fc.oneof({ arbitrary: clearTurns, weight: 1 }, { arbitrary: stormyTurns, weight: 6 });

describe('Method 2 in any weather', () => {
  it('ends with one key or without, never with two different ones', { timeout: 180_000 }, async () => {
    let established = 0;
    let unfinished = 0;
    const property = fc.asyncProperty(fc.constantFrom(...PARTIES), turns, seeds, async (coordinator, events, seed) => {
      const sides = await runThrough(coordinator, events, seed);
      const derived = new Set(PARTIES.flatMap((party) => sides[party].sessionKey ?? []));
      expect(keysOf(sides).size).toBeLessThanOrEqual(1);
      expect(derived.size).toBeLessThanOrEqual(1);
      if (PARTIES.every((party) => establishedSession(sides[party]))) established += 1;
      else unfinished += 1;
    });
    await fc.assert(property, { numRuns: 1_000 });
    expect(established).toBeGreaterThan(50);
    expect(unfinished).toBeGreaterThan(50);
  });
});
