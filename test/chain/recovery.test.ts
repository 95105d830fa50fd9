/** An aggregator that was away for many batches (RECOVERY_BATCHES=1000 for the whole figure), or is a new machine: it has the streams and the chain, and nothing else. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { memoryCache } from '@assay/adapters/memory/memory-cache';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { connectNats } from '@assay/adapters/nats/bus';
import { ensureNatsStreams } from '@assay/adapters/nats/streams';
import { type ServerProcess, startAnvil, startNats } from '@assay/adapters/process/server-programs';
import { systemClock } from '@assay/adapters/process/system-clock';
import { noOpLogger } from '@assay/adapters/telemetry/no-op-logger';
import type { Setting } from '@assay/aggregation/books';
import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import { assembleCertificate } from '@assay/protocol/batch/certificate';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  type Example,
  exampleCosignature,
  exampleNetwork,
  exampleObservation,
  exampleProposal,
  exampleTask,
  policyRequiring,
} from '@assay/protocol/network/example-network';
import type { Bus, Cache, Chain } from '@assay/protocol/ports';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { addressOf } from '@assay/protocol/signature/signature';
import { encodeFunctionData } from 'viem';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { lastEpoch, newAggregator } from '../../services/consensus-aggregator/src/aggregator.ts';
import type { EventRecorder } from '../../services/consensus-aggregator/src/event-recorder.ts';
import { intentJournal } from '../../services/consensus-aggregator/src/intent-journal.ts';
import { runAggregator } from '../../services/consensus-aggregator/src/run-aggregator.ts';
import { SnapshotStore } from '../../services/consensus-aggregator/src/snapshot-store.ts';
import { decodedMessagesOf } from '../e2e/stream-messages.ts';
import { eventually } from '../integration/eventually.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { rpc } from './faulty-rpc.ts';

const batches = Number(process.env.RECOVERY_BATCHES ?? 200);
/** The last ones are certified, and nobody has posted them. */
const unposted = 20;
const atOnce = 100;
const slowMs = 240_000;
const policy = { ...policyRequiring('checksum'), deadlineMs: 60_000 };
const transmitterKey = anvilAccountKey(2);
const transmitter = addressOf(fromHex(transmitterKey));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let nats: ServerProcess;
let anvil: ServerProcess;
let bus: Bus;
let deployed: Awaited<ReturnType<typeof deployContracts>>;
let example: Example;

beforeAll(async () => {
  folder = await temporaryFolder();
  [nats, anvil] = await Promise.all([
    startNats({ dir: join(folder.path, 'nats') }),
    startAnvil({ blockTimeSeconds: 0.1 }),
  ]);
  await ensureNatsStreams({ servers: nats.url, log: noOpLogger });
  bus = (await connectNats({ servers: nats.url, name: 'recovery', log: noOpLogger })).bus;
  const made = exampleNetwork([1n], policy);
  deployed = await deployContracts({
    rpcUrl: anvil.url,
    deployerKey: anvilAccountKey(0),
    operators: made.operators.map(({ privateKey, weight }) => ({ privateKey: toHex(privateKey), stake: weight })),
    policiesDigest: made.network.policiesDigest,
  });
  example = { ...made, network: await connectEvmChain({ rpcUrl: anvil.url, ...deployed }).network() };
}, slowMs);

afterAll(async () => {
  await bus.close();
  await Promise.all([nats.stop(), anvil.stop()]);
  await folder.remove();
});

it(`catches up on ${batches} batches from streams and chain alone, and posts none twice`, {
  timeout: slowMs,
}, async () => {
  await passed();
  await eventually('the batches on chain', onChain(batches - unposted), slowMs);

  const stop = new AbortController();
  const startedMs = performance.now();
  const running = runAggregator(freshAggregator(), stop.signal);
  await eventually('every report', async () => (await bus.lastSequence('REPORTS')) >= batches, slowMs);
  process.stdout.write(
    `every report of ${batches} batches is out after ms: ${Math.round(performance.now() - startedMs)}\n`,
  );
  stop.abort();
  await running;

  expect(await onChain(batches)()).toBe(true);
  const reports = await decodedMessagesOf(bus, 'REPORTS', certifiedReportSchema);
  expect(new Set(reports.map(({ task }) => task.taskId)).size).toBe(batches);
  expect(reports).toHaveLength(batches);
  expect(new Set(reports.map(({ sequence }) => sequence)).size).toBe(batches);
  const mined = Number(await rpc<string>(anvil.url, 'eth_getTransactionCount', [transmitter, 'latest']));
  expect(mined).toBe(unposted);
});

/** What an aggregator with 1,000 batches behind it may take until it is ready; in `npm test` it shares the cores. */
const readyMs = process.env.TEST_SCOPE === 'whole' ? 3_000 : 10_000;

it('is ready soon when it starts again: from a snapshot, from the streams, from one that somebody changed', {
  timeout: slowMs,
}, async () => {
  const cache = rememberingCache();
  const empty = await readyAfterMs(cache);
  const restored = await readyAfterMs(cache);
  expect([empty.isFromSnapshot, restored.isFromSnapshot]).toEqual([false, true]);
  expect([...restored.done].sort()).toEqual([...empty.done].sort());
  const [key, bytes] = cache.written();
  await cache.set(key, bytes.with(-2, 0x20), 60);
  const rebuilt = await readyAfterMs(cache);
  expect(rebuilt.isFromSnapshot).toBe(false);
  expect(rebuilt.done.size).toBe(batches);
  const tooks = [empty, restored, rebuilt].map(({ tookMs }) => Math.round(tookMs));
  process.stdout.write(
    `ready with ${batches} batches behind it, after ms: ${tooks.join(', ')} (streams, snapshot, streams)\n`,
  );
  for (const tookMs of tooks) expect(tookMs).toBeLessThan(readyMs);
  expect(await bus.lastSequence('REPORTS')).toBe(batches);
});

/** A cache that tells what was written to it last. */
function rememberingCache(): Cache & { written(): readonly [key: string, value: Uint8Array] } {
  const cache = memoryCache(systemClock);
  let last: readonly [string, Uint8Array] = ['', new Uint8Array()];
  const set: Cache['set'] = async (key, value, ttlSeconds) => {
    last = [key, value];
    await cache.set(key, value, ttlSeconds);
  };
  return { ...cache, set, written: () => last };
}

/** Starts an aggregator with a cache, and stops it when it is ready. */
async function readyAfterMs(cache: Cache) {
  const recorded = { isFromSnapshot: false };
  const aggregator = freshAggregator({
    snapshots: (setting) =>
      new SnapshotStore({ cache, clock: systemClock, log: noOpLogger }, new Uint8Array(32), setting),
    recorder: {
      start: (_, snapshot) => {
        recorded.isFromSnapshot = snapshot !== undefined;
      },
      write: () => undefined,
    },
  });
  const stop = new AbortController();
  const startedMs = performance.now();
  const running = runAggregator(aggregator, stop.signal);
  while (!aggregator.books.told.isCaughtUp) await pause(5);
  const tookMs = performance.now() - startedMs;
  stop.abort();
  await running;
  return { ...recorded, tookMs, done: new Set(aggregator.books.tasks.done.keys()) };
}

/** An aggregator of a machine that was never there. */
function freshAggregator(
  more: { readonly snapshots?: (setting: Setting) => SnapshotStore; readonly recorder?: EventRecorder } = {},
) {
  const pace = {
    index: 0,
    count: 1,
    batchReportsMax: 1,
    batchWaitMs: 50,
    batchesAheadMax: 1_000,
    turnDeltaMs: 1_000,
    confirmations: 1,
    finality: 'finalized',
  } as const;
  const view = { network: example.network, policies: new Map([[policy.name, policy]]), takesFromMs: 0 };
  const snapshots = more.snapshots?.({ ...view, pace });
  const chain: Chain = connectEvmChain({
    rpcUrl: anvil.url,
    ...deployed,
    transmitterKey,
    transmitter: { journal: intentJournal(bus, transmitter, noOpLogger) },
  });
  return newAggregator({
    service: 'consensus-aggregator',
    bus,
    chain,
    clock: systemClock,
    telemetry: memoryTelemetry(),
    view,
    epochs: lastEpoch,
    pace,
    ...(snapshots && { snapshots }),
    ...(more.recorder && { recorder: more.recorder }),
  });
}

/** Everything that was on the bus and on the chain of one batch of one task, its report excepted. */
function historyOf(sequence: number) {
  const { task } = exampleTask({ reference: `task ${sequence}` });
  const observation = exampleObservation(example, task, 'checksum', 0);
  const proposal = exampleProposal(example, [{ task, observations: [observation] }], sequence);
  const cosignature = exampleCosignature(example, proposal, 0);
  const certificate = assembleCertificate(example.network, [cosignature]);
  if (certificate === undefined) throw new Error('One operator of one is a quorum.');
  const batchId = batchIdOf(proposal.epoch, sequence);
  const { operator } = cosignature;
  const messages: readonly (readonly [string, unknown])[] = [
    [subjects.task(task.taskId), task],
    [subjects.observation(task.taskId, 'checksum', operator), observation],
    [subjects.proposal(batchId), proposal],
    [subjects.cosignature(batchId, operator), cosignature],
  ];
  return { sequence, root: proposal.root, certificate: certificate.bytes, messages };
}

/** Puts it all on bus and chain: on each stream in order, without waiting for one before the next. */
async function passed(): Promise<void> {
  for (let first = 1; first <= batches; first += atOnce) {
    const some = Array.from({ length: atOnce }, (_, index) => historyOf(first + index));
    await Promise.all(
      some.flatMap(({ messages }) =>
        messages.map(([subject, message]) => bus.publish(subject, encodeMessage(message))),
      ),
    );
    const posted = some.filter(({ sequence }) => sequence <= batches - unposted);
    for (const { sequence, root, certificate } of posted) await postAsAnother(sequence, root, certificate);
  }
}

/** Another aggregator's transaction; sent without waiting for it. */
async function postAsAnother(sequence: number, root: Hex, certificate: Hex): Promise<void> {
  const args = [BigInt(example.network.epoch), BigInt(sequence), root, 1, certificate] as const;
  const data = encodeFunctionData({ abi: assayHubAbi, functionName: 'post', args });
  const from = addressOf(fromHex(anvilAccountKey(3)));
  await rpc(anvil.url, 'eth_sendTransaction', [{ from, to: deployed.hub, data, gas: '0x493e0' }]);
}

function onChain(upTo: number): () => Promise<boolean> {
  const chain = connectEvmChain({ rpcUrl: anvil.url, ...deployed });
  return async () => (await chain.highestSequence(example.network.epoch)) >= upTo;
}
