/** A reorganisation after the reports went out: the batch is in again, whether or not an aggregator was there to see it. */
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { memoryBus } from '@assay/adapters/memory/memory-bus';
import { systemClock } from '@assay/adapters/process/system-clock';
import { noOpLogger } from '@assay/adapters/telemetry/no-op-logger';
import { watch } from '@assay/aggregation/finality-watch';
import { fromHex } from '@assay/protocol/encoding/bytes';
import type { Bus } from '@assay/protocol/ports';
import { addressOf } from '@assay/protocol/signature/signature';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { intentJournal } from '../../services/consensus-aggregator/src/intent-journal.ts';
import { eventually } from '../integration/eventually.ts';
import { startTestChain, type TestChain } from './certified-batches.ts';
import { rpc } from './faulty-rpc.ts';
import { watchingAggregator } from './watching-aggregator.ts';

const finality = 12;
const depth = 5;
const slowMs = 60_000;
const transmitterKey = anvilAccountKey(1);
const journalOn = (bus: Bus) => intentJournal(bus, addressOf(fromHex(transmitterKey)), noOpLogger);
const watching = (bus: Bus) =>
  watchingAggregator(on, bus, on.connect(on.server.url, transmitterKey, { journal: journalOn(bus) }), finality);

let on: TestChain;

beforeAll(async () => {
  on = await startTestChain(0.2);
  // No reorganisation reaches down to the contracts, however few blocks a slow machine has made since.
  await rpc(on.server.url, 'anvil_mine', [`0x${(2 * depth).toString(16)}`]);
});
afterAll(() => on.server.stop());

it('with the aggregator there, it is posted again and then final', { timeout: slowMs }, async () => {
  const one = watching(memoryBus({ clock: systemClock }));
  const { fields, certificate } = on.certified();
  await rpc(on.server.url, 'anvil_mine', [`0x${depth.toString(16)}`]);
  await one.chain.post(fields, certificate);
  const posted = await one.chain.postedBatch(fields.epoch, fields.sequence, 1);
  watch(one.finality, { ...fields, certificate }, posted?.blockNumber ?? 0);
  await eventually('the watch to have seen its block', () => one.finality.watched.size === 1);
  await rpc(on.server.url, 'anvil_reorg', [depth, []]);
  await rpc(on.server.url, 'anvil_dropAllTransactions');
  await eventually('the batch to be in, and final', async () => {
    const again = await one.chain.postedBatch(fields.epoch, fields.sequence, finality);
    return again?.root === fields.root && one.finality.watched.size === 0;
  });
  await one.stop();
});

it('while no aggregator was there, the next one finds it on the stream and posts it again', {
  timeout: slowMs,
}, async () => {
  const bus = memoryBus({ clock: systemClock });
  const before = on.connect(on.server.url, transmitterKey, { journal: journalOn(bus) });
  const { fields, certificate } = on.certified();
  await rpc(on.server.url, 'anvil_mine', [`0x${depth.toString(16)}`]);
  expect((await before.post(fields, certificate)).status).toBe('posted');
  await rpc(on.server.url, 'anvil_reorg', [depth, []]);
  await rpc(on.server.url, 'anvil_dropAllTransactions');
  const next = watching(bus);
  await eventually('the batch to be in, and final', async () => {
    const again = await next.chain.postedBatch(fields.epoch, fields.sequence, finality);
    return again?.root === fields.root && next.finality.watched.size === 0;
  });
  await next.stop();
});
