import { describe, expect, it } from 'vitest';
import { memoryTelemetry } from './memory-telemetry.ts';

describe('telemetry in memory', () => {
  it('keeps spans with their traces, also over a carrier, and marks those that failed', async () => {
    const telemetry = memoryTelemetry();
    let carrier = {};
    await telemetry.span('outer', { attributes: { task: 'a' } }, async () => {
      carrier = telemetry.carrier();
      await expect(telemetry.span('inner', {}, () => Promise.reject(new TypeError('x')))).rejects.toThrow('x');
    });
    await telemetry.span('elsewhere', { parent: carrier, links: [carrier] }, async (span) => span.setAttribute('k', 1));
    expect(new Set(telemetry.spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(telemetry.spans.map(({ name, failed }) => [name, failed])).toEqual([
      ['outer', undefined],
      ['inner', 'TypeError'],
      ['elsewhere', undefined],
    ]);
    expect(telemetry.spans[2]).toMatchObject({ parentSpanId: telemetry.spans[0]?.spanId, attributes: { k: 1 } });
  });

  it('sums counters over all labels or exactly those asked for', () => {
    const telemetry = memoryTelemetry();
    telemetry.count('tasks', { outcome: 'accept' });
    telemetry.count('tasks', { outcome: 'reject' }, 2);
    telemetry.count('tasks_other');
    expect([telemetry.counted('tasks'), telemetry.counted('tasks', { outcome: 'reject' })]).toEqual([3, 2]);
  });
});
