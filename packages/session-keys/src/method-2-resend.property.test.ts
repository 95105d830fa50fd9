import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { PARTIES } from './identity.ts';
import { establishedSession } from './method-2-state.ts';
import { clearTurns, keysOf, runThrough, seeds, settle, stormyTurns } from './weather.fixture.ts';

vi.mock(import('@assay/protocol/signature'), async (original) => {
  const { rememberedSignatures } = await import('./remembered.fixture.ts');
  return rememberedSignatures(await original());
});
vi.mock(import('./hpke.ts'), async (original) => {
  const { rememberedHpke } = await import('./remembered.fixture.ts');
  return rememberedHpke(await original());
});

describe('Method 2 when messages are sent again', () => {
  it('ends with one key for all three, whatever was lost before', { timeout: 120_000 }, async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...PARTIES),
      stormyTurns,
      seeds,
      async (coordinator, turns, seed) => {
        const sides = await runThrough(coordinator, turns, seed);
        await settle(sides, seed);
        for (const party of PARTIES) expect(establishedSession(sides[party])).toBeDefined();
        expect(keysOf(sides).size).toBe(1);
      },
    );
    await fc.assert(property, { numRuns: 80 });
  });

  it('needs no such help while nothing is lost', { timeout: 120_000 }, async () => {
    const property = fc.asyncProperty(
      fc.constantFrom(...PARTIES),
      clearTurns,
      seeds,
      async (coordinator, turns, seed) => {
        const sides = await runThrough(coordinator, [...turns, ...turns], seed);
        for (const party of PARTIES) expect(establishedSession(sides[party])).toBeDefined();
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });
});
