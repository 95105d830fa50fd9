import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EpochStart, epochOfTask, previousEndsMs, takesFromMs } from './epochs.ts';

const graceMs = 3_600_000;

/** Epochs from 1 on; each lasts at least the grace period, as the registry demands. */
const chains = fc
  .record({
    graceMs: fc.integer({ min: 0, max: graceMs }),
    longer: fc.array(fc.integer({ min: 0, max: graceMs }), { minLength: 1, maxLength: 5 }),
  })
  .map(({ graceMs, longer }) => {
    let startedAtMs = 1_000;
    return longer.map((more, index): EpochStart => {
      const start = { epoch: index + 1, startedAtMs, graceMs };
      startedAtMs += graceMs + more;
      return start;
    });
  });

describe('the epoch of a task', () => {
  it('changes half of the grace period after the next epoch has started', () => {
    const starts = [
      { epoch: 1, startedAtMs: 0, graceMs },
      { epoch: 2, startedAtMs: 10_000_000, graceMs },
    ];
    expect(epochOfTask(starts, 10_000_000 + graceMs / 2 - 1)?.epoch).toBe(1);
    expect(epochOfTask(starts, 10_000_000 + graceMs / 2)?.epoch).toBe(2);
  });

  it('is an earlier one before the first that is known takes tasks', () => {
    expect(epochOfTask([{ epoch: 2, startedAtMs: 10_000_000, graceMs }], 10_000_000)).toBeUndefined();
  });

  it('is the same for those who do not know the latest epoch yet, until it takes tasks', () => {
    fc.assert(
      fc.property(chains, fc.nat(20_000_000), (starts, timestampMs) => {
        const last = starts.at(-1);
        const early = epochOfTask(starts.slice(0, -1), timestampMs);
        if (last === undefined || starts.length === 1 || timestampMs >= takesFromMs(last)) return;
        expect(early).toEqual(epochOfTask(starts, timestampMs));
      }),
    );
  });

  it('has its certificates accepted for half of the grace period after its last task at least', () => {
    fc.assert(
      fc.property(chains, fc.nat(20_000_000), (starts, timestampMs) => {
        const own = epochOfTask(starts, timestampMs);
        const next = starts.find(({ epoch }) => epoch === (own?.epoch ?? 0) + 1);
        if (next === undefined) return;
        expect(previousEndsMs(next) - timestampMs).toBeGreaterThanOrEqual(Math.ceil(next.graceMs / 2));
      }),
    );
  });
});
