import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packMeasurements, scoreMax, unpackMeasurements } from './measurement.ts';

const measurement = fc.record({
  score: fc.integer({ min: 0, max: scoreMax }),
  flags: fc.integer({ min: 0, max: 0xffffffff }),
});

describe('packed measurements', () => {
  it('are uint16 score and uint32 flags, big endian', () => {
    expect(
      packMeasurements([
        { score: 10_000, flags: 1 },
        { score: 1, flags: 0x80000000 },
      ]),
    ).toBe('0x271000000001000180000000');
  });

  it('unpack to what was packed', () => {
    fc.assert(
      fc.property(fc.array(measurement, { maxLength: 32 }), (all) => {
        expect(unpackMeasurements(packMeasurements(all), all.length)).toEqual({ ok: true, value: all });
      }),
    );
  });

  it.each([
    ['0x', 1],
    ['0x271000000000', 2],
    ['0x27100000000000', 1],
    ['0x271000000000271000000000', 1],
  ] as const)('%s is not %i measurements', (packed, count) => {
    expect(unpackMeasurements(packed, count)).toMatchObject({
      ok: false,
      refusal: { code: 'wrong-measurement-count' },
    });
  });

  it('refuse a score above the maximum at any position', () => {
    expect(unpackMeasurements('0x271000000000271100000000', 2)).toMatchObject({
      ok: false,
      refusal: { code: 'score-out-of-range', field: 'measurements' },
    });
  });

  it.each([
    { score: -1, flags: 0 },
    { score: scoreMax + 1, flags: 0 },
    { score: 0.5, flags: 0 },
    { score: Number.NaN, flags: 0 },
    { score: 0, flags: -1 },
    { score: 0, flags: 2 ** 32 },
    { score: 0, flags: 1.5 },
  ])('cannot be made from %o', (wrong) => {
    expect(() => packMeasurements([wrong])).toThrow(RangeError);
  });
});
