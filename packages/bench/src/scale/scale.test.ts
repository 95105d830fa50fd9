/** The arithmetic and the picture of the scaling bench. */
import { describe, expect, it } from 'vitest';
import { rateOf, type ScaleSample, tasksOf } from './scale.ts';
import { askedUpTo, rateAt, type Wave } from './scale-load.ts';
import { scalePlot } from './scale-plot.ts';

const wave: Wave = { calmPerSecond: 5, peakPerSecond: 25, seconds: [2, 4, 6, 4] };

describe('a wave', () => {
  it('is calm, ramps up, stays at its peak, ramps down, and is calm again', () => {
    expect([0, 2, 4, 6, 9, 12, 14, 16, 99].map((second) => rateAt(wave, second))).toEqual([
      5, 5, 15, 25, 25, 25, 15, 5, 5,
    ]);
  });

  it('requires the area under its rate', () => {
    expect(askedUpTo(wave, 2)).toBeCloseTo(10, 5);
    expect(tasksOf(wave)).toBeGreaterThan(275);
    expect(tasksOf(wave)).toBeLessThan(285);
  });
});

describe('a rate', () => {
  it('leaves out the first and the last tenth', () => {
    const steady = Array.from({ length: 100 }, (_, index) => 1_000 + 10 * index);
    expect(rateOf(steady)).toBeCloseTo(100, 6);
    expect(rateOf([0, ...steady.slice(1, -1), 60_000])).toBeCloseTo(100, 6);
  });

  it('of too few events is zero', () => {
    expect(rateOf([])).toBe(0);
    expect(rateOf([5])).toBe(0);
  });
});

describe('the picture', () => {
  it('leaves a gap where nothing was done, and contains no invalid number', () => {
    const sample = (second: number, p50Ms?: number): ScaleSample => ({
      second,
      asked: 3,
      backlog: 0,
      wanted: 2,
      ready: 2,
      done: 1,
      p50Ms,
      p99Ms: p50Ms,
    });
    const text = scalePlot([sample(1, 10), sample(2), sample(3, 20), sample(4, 10)], 'a run');
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    const latency = text.split('\n').filter((line) => line.startsWith('<path'))[4] ?? '';
    expect(latency.match(/M/g)).toHaveLength(2);
  });
});
