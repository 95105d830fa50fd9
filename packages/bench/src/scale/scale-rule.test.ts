/** The autoscaler's arithmetic, by the rule that is deployed. */
import { readFileSync } from 'node:fs';
import { isInEveryPolicy, roles, serviceOf } from '@assay/protocol/observation/role';
import { describe, expect, it } from 'vitest';
import { Autoscaler, hastened, readScaleRule } from './scale-rule.ts';

const manifest = (name: string) =>
  readFileSync(new URL(`../../../../deploy/kubernetes/components/keda/${name}.yaml`, import.meta.url), 'utf8');
const rule = readScaleRule(manifest('checksum-verifier'));
const seconds = (count: number) => count * 1000;

describe('the rule', () => {
  it.each(roles.filter(isInEveryPolicy).map(serviceOf))('of %s can be read', (name) => {
    const read = readScaleRule(manifest(name));
    expect(read.stream).toBe('TASKS');
    expect(read.min).toBeGreaterThanOrEqual(2);
    expect(read.max).toBeGreaterThan(read.min);
  });

  it('runs faster with the same thresholds and steps', () => {
    const fast = hastened(rule, 10);
    expect([fast.lagThreshold, fast.min, fast.max, fast.up.policy.value]).toEqual([
      rule.lagThreshold,
      rule.min,
      rule.max,
      rule.up.policy.value,
    ]);
    expect(fast.down.stabilizationSeconds).toBe(rule.down.stabilizationSeconds / 10);
    expect(fast.syncSeconds).toBe(1.5);
  });

  it('is refused for another object', () => {
    expect(() => readScaleRule('kind: Deployment')).toThrow();
  });
});

describe('the autoscaler', () => {
  it('at most doubles in each period, up to the maximum', () => {
    const scaler = new Autoscaler(rule, 2);
    const steps = [0, 15, 30, 45].map((at) => scaler.next(seconds(at), 100 * rule.lagThreshold));
    expect(steps).toEqual([4, 8, rule.max, rule.max]);
  });

  it('does not change within a tenth of the threshold', () => {
    const scaler = new Autoscaler(rule, 4);
    expect(scaler.next(0, 4 * rule.lagThreshold * 1.09)).toBe(4);
    expect(scaler.next(seconds(15), 4 * rule.lagThreshold * 1.2)).toBe(5);
  });

  it('waits for the cool-down, then removes two a minute, down to the minimum', () => {
    const scaler = new Autoscaler(rule, 8);
    scaler.next(0, 8 * rule.lagThreshold);
    const at = (second: number) => scaler.next(seconds(second), 0);
    const taken = Array.from({ length: 22 }, (_, index) => [15 * (index + 1), at(15 * (index + 1))] as const);
    const first = taken.find(([, replicas]) => replicas < 8);
    expect(first).toEqual([135, 6]);
    expect(taken.find(([, replicas]) => replicas === 4)?.[0]).toBe(195);
    expect(taken.find(([, replicas]) => replicas === rule.min)?.[0]).toBe(255);
    expect(taken.at(-1)?.[1]).toBe(rule.min);
  });

  it('does not scale down for a dip that is shorter than the cool-down', () => {
    const scaler = new Autoscaler(rule, 4);
    const lag = 4 * rule.lagThreshold;
    expect([lag, 0, 0, lag, 0, lag].map((one, index) => scaler.next(seconds(15 * index), one))).toEqual([
      4, 4, 4, 4, 4, 4,
    ]);
  });
});
