import type { BusMessage } from '@assay/protocol/ports';
import { describe, expect, it } from 'vitest';
import { isRepeatedTask } from './task-source.ts';

const message = (sequence: number): BusMessage => ({
  subject: 'tasks.ab',
  data: new Uint8Array(),
  headers: {},
  timestampMs: 0,
  sequence,
});
/** A bus that has the first message of its subject at sequence 2. */
const bus = { next: async (_: string, subject: string) => (subject === 'tasks.ab' ? message(2) : undefined) };

describe('isRepeatedTask', () => {
  it('takes the first message of a subject, and no later one, whatever its publisher says', async () => {
    expect(await isRepeatedTask(bus, message(2))).toBe(false);
    expect(await isRepeatedTask(bus, message(3))).toBe(true);
    expect(await isRepeatedTask(bus, { ...message(3), isFirst: true })).toBe(true);
  });

  it('takes a message whose first one the bus does not show', async () => {
    expect(await isRepeatedTask(bus, { ...message(3), subject: 'tasks.cd' })).toBe(false);
  });
});
