import { runNatsBaseline } from '@assay/adapters/nats/jetstream-baseline';
import { type ServerProcess, startNats } from '@assay/adapters/process/server-programs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

let nats: ServerProcess;
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  nats = await startNats({ dir: folder.path });
});
afterAll(async () => {
  await nats.stop();
  await folder.remove();
});

it('bare JetStream delivers every message to every reader, and reports its rate', async () => {
  const units = 50;
  const loads = [
    { stream: 'MANY', perUnit: 3, bytes: 100, workers: 2, followers: 1 },
    { stream: 'FEW', perUnit: 0.1, bytes: 1_000, workers: 1, followers: 0 },
    { stream: 'UNREAD', perUnit: 1, bytes: 10, workers: 0, followers: 0 },
  ];
  const run = await runNatsBaseline(nats.url, loads, units);
  expect(run.publishedPerSecond / run.unitsPerSecond).toBeCloseTo(3 + 0.1 + 1);
  expect(run.deliveredPerSecond / run.unitsPerSecond).toBeCloseTo(3 * 3 + 0.1);
  expect(run.chainP50Ms).toBeGreaterThan(0);
  expect(run.chainP99Ms).toBeGreaterThanOrEqual(run.chainP50Ms);
});
