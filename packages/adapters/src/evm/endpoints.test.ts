import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type EndpointHealth, endpointOrder, quietMs } from './endpoints.ts';

const well: EndpointHealth = { height: 100, quietUntilMs: 0, failures: 0 };

describe('the order of endpoints', () => {
  it.each<[string, Partial<EndpointHealth>[], number[]]>([
    ['all well: as configured', [{}, {}, {}], [0, 1, 2]],
    ['one lags: last', [{ height: 90 }, {}, {}], [1, 2, 0]],
    ['behind by what is allowed', [{ height: 97 }, {}], [0, 1]],
    ['one has not answered yet: last', [{ height: undefined }, {}], [1, 0]],
    ['one is to be left in peace', [{ quietUntilMs: 11 }, {}], [1]],
    ['its pause is over', [{ quietUntilMs: 10 }, {}], [0, 1]],
    ['all are to be left in peace', [{ quietUntilMs: 11 }, { quietUntilMs: 12 }], []],
    ['nobody has answered: as configured', [{ height: undefined }, { height: undefined }], [0, 1]],
    ['the best head is of one that fails', [{}, { height: 200, quietUntilMs: 11 }, { height: 199 }], [2, 0]],
  ])('%s', (_, all, order) => {
    const endpoints = all.map((one) => ({ ...well, ...one }));
    expect(endpointOrder(endpoints, 10, 3)).toEqual(order);
  });
});

it('a pause grows with each failure, respects the requested time, and is bounded', () => {
  const bounds = { pauseMs: 250, pauseMsMax: 30_000 };
  expect([1, 2, 3].map((failures) => quietMs(failures, undefined, bounds))).toEqual([250, 500, 1_000]);
  expect(quietMs(1, 2_000, bounds)).toBe(2_000);
  fc.assert(
    fc.property(fc.nat(1_000), fc.option(fc.nat(), { nil: undefined }), (failures, asked) => {
      const ms = quietMs(failures, asked, bounds);
      expect(ms).toBeGreaterThanOrEqual(bounds.pauseMs);
      expect(ms).toBeLessThanOrEqual(bounds.pauseMsMax);
    }),
  );
});
