import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { establishedSession } from '../agreement/agreement-state.ts';
import { clearTurns, keysOf, runThrough, seeds, settle, stormyTurns } from '../agreement/weather.fixture.ts';
import { PARTIES } from '../identity/identity.ts';

vi.mock(import('@assay/protocol/signature/signature'), async (original) => {
  const { rememberedSignatures } = await import('../agreement/remembered.fixture.ts');
  return rememberedSignatures(await original());
});
vi.mock(import('../identity/signer.ts'), async (original) => {
  const { rememberedSigners } = await import('../agreement/remembered.fixture.ts');
  return rememberedSigners(await original());
});
vi.mock(import('../identity/hpke.ts'), async (original) => {
  const { rememberedHpke } = await import('../agreement/remembered.fixture.ts');
  return rememberedHpke(await original());
});

/** The nightly run has all of them, `npm test` a sixteenth. */
const isWhole = process.env.TEST_SCOPE === 'whole';
const numRuns = (all: number) => (isWhole ? all : Math.ceil(all / 16));
/** Runs of each outcome that show that both come up; few, so that chance decides nothing. */
const outcomesMin = isWhole ? 50 : 1;

const runs = fc.record({
  method: fc.constant('method-1' as const),
  coordinator: fc.constantFrom(...PARTIES),
  seed: seeds,
});
const turns = fc.oneof({ arbitrary: clearTurns, weight: 1 }, { arbitrary: stormyTurns, weight: 6 });

describe('Method 1 in any weather', () => {
  it('ends with one key or without, never with two different ones', { timeout: 240_000 }, async () => {
    let established = 0;
    let unfinished = 0;
    const property = fc.asyncProperty(runs, turns, async (run, events) => {
      const sides = await runThrough(run, events, 'rest is lost');
      const derived = new Set(PARTIES.flatMap((party) => sides[party].sessionKey ?? []));
      expect(keysOf(sides).size).toBeLessThanOrEqual(1);
      expect(derived.size).toBeLessThanOrEqual(1);
      if (PARTIES.every((party) => establishedSession(sides[party]))) established += 1;
      else unfinished += 1;
    });
    await fc.assert(property, { numRuns: numRuns(1_000), endOnFailure: true });
    expect(established).toBeGreaterThan(outcomesMin);
    expect(unfinished).toBeGreaterThan(outcomesMin);
  });

  it('ends with one key for all three when all is sent again, whatever was lost before', {
    timeout: 120_000,
  }, async () => {
    const property = fc.asyncProperty(runs, stormyTurns, async (run, events) => {
      const sides = await runThrough(run, events, 'rest is lost');
      await settle(sides, run.seed);
      for (const party of PARTIES) expect(establishedSession(sides[party])).toBeDefined();
      expect(keysOf(sides).size).toBe(1);
    });
    await fc.assert(property, { numRuns: numRuns(80), endOnFailure: true });
  });

  it('needs no such help while nothing is lost', { timeout: 120_000 }, async () => {
    const property = fc.asyncProperty(runs, clearTurns, async (run, events) => {
      const sides = await runThrough(run, events, 'all arrives');
      for (const party of PARTIES) expect(establishedSession(sides[party])).toBeDefined();
    });
    await fc.assert(property, { numRuns: numRuns(40), endOnFailure: true });
  });
});
