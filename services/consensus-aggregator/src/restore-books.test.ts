import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { newBooks } from '@assay/aggregation/books';
import { subjects } from '@assay/protocol/bus/subjects';
import { exampleNetwork } from '@assay/protocol/network/example-network';
import { tuning } from '@assay/protocol/tuning';
import { expect, it } from 'vitest';
import { extentsOfEpoch } from './restore-books.ts';

const takesFromMs = 10 * tuning.serverClocksMs;
const { network, policy } = exampleNetwork();
const pace = {
  index: 0,
  count: 1,
  batchReportsMax: 1,
  batchWaitMs: 1,
  batchesAheadMax: 1,
  turnDeltaMs: 1,
  confirmations: 1,
  finality: 1,
};

it('a stream whose last message is older than the epoch has nothing to be read', async () => {
  let nowMs = 1;
  const clock = { nowMs: () => nowMs, sleep: async () => undefined };
  const broker = new MemoryBroker({ clock });
  const bus = broker.connect();
  const publish = (subject: string) => bus.publish(subject, new Uint8Array());
  for (const subject of [subjects.task('0x01'), subjects.task('0x02'), subjects.report('0x01')]) await publish(subject);
  nowMs = takesFromMs;
  await publish(subjects.task('0x03'));
  const setting = { network, policies: new Map([[policy.name, policy]]), takesFromMs, pace };
  const aggregator = { bus, clock, telemetry: memoryTelemetry(), setting, books: newBooks(setting) };
  const extents = await extentsOfEpoch(aggregator, new AbortController().signal);
  expect(extents).toMatchObject({
    TASKS: { first: 1, last: 3 },
    REPORTS: { first: 2, last: 1 },
    PROPOSALS: { first: 1, last: 0 },
  });
  Object.assign(aggregator.books.lanes.REPORTS, { position: 1, mark: { subject: 'any', timestampMs: 1 } });
  const after = await extentsOfEpoch(aggregator, new AbortController().signal);
  expect(after?.REPORTS).toEqual({ first: 1, last: 1 });
});
