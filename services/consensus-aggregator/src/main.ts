/** The consensus aggregator: tallies observations, proposes batches, assembles certificates, posts them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { transmitterKeyring } from '@assay/adapters/keys/keyring-settings';
import { connectServicePorts } from '@assay/composition/service-ports';
import { errorText } from '@assay/protocol/error-text';
import type { Network } from '@assay/protocol/network/validator-set';
import type { Keyring, Log } from '@assay/protocol/ports';
import { networkIfReachable, networkWhenReachable } from '@assay/runtime/service/network-at-start';
import { viewOf } from '@assay/runtime/service/network-view';
import { runService } from '@assay/runtime/service/service';
import { fromSetting, fromSettingLater, readSettings } from '@assay/runtime/service/settings';
import { type Aggregator, newAggregator } from './aggregator.ts';
import { settings as shape } from './config.ts';
import { type EventRecorder, fileRecorder } from './event-recorder.ts';
import { intentJournal } from './intent-journal.ts';
import { runAggregator } from './run-aggregator.ts';
import { SnapshotStore, snapshotKey } from './snapshot-store.ts';
import { countTransaction } from './transaction-metrics.ts';

const service = 'consensus-aggregator';
const weiPerGwei = 1_000_000_000n;

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const transmitterKey = await fromSettingLater('TRANSMITTER_KEY_FILE', () => transmitterKeyring(settings));
  const ports = await connectServicePorts({
    service,
    settings,
    identity: { kind: 'aggregator' },
    cachePrefix: service,
  });
  const { clock, telemetry } = ports;
  const chain = connectEvmChain({
    rpcUrl: settings.CHAIN_RPC_URL,
    hub: settings.HUB_ADDRESS,
    registry: settings.REGISTRY_ADDRESS,
    transmitterKey,
    log: telemetry.log,
    transmitter: {
      journal: intentJournal(ports.bus, transmitterKey.address, telemetry.log),
      rules: { feePerGasMax: BigInt(settings.FEE_CAP_GWEI) * weiPerGwei },
      onEvent: (event) => countTransaction(telemetry, event),
    },
  });
  const policiesText = fromSetting('POLICIES_FILE', () => readFileSync(settings.POLICIES_FILE, 'utf8'));
  const pace = {
    index: settings.AGGREGATOR_INDEX,
    count: settings.AGGREGATOR_COUNT,
    batchReportsMax: settings.BATCH_REPORTS_MAX,
    batchWaitMs: settings.BATCH_WAIT_MS,
    batchesAheadMax: settings.BATCHES_AHEAD_MAX,
    turnDeltaMs: settings.TURN_DELTA_MS,
    confirmations: settings.CONFIRMATIONS,
    finality: settings.FINALITY,
  };
  const recorder = recorderBy(settings, telemetry.log);
  const ownKey = await snapshotKeyIfSigned(transmitterKey, telemetry.log);
  const known = (network: Network) => {
    const view = viewOf(network, policiesText, settings.POLICIES_FILE);
    const setting = { ...view, pace };
    const cached = { cache: ports.cache, clock, log: telemetry.log };
    const snapshots = ownKey === undefined ? {} : { snapshots: new SnapshotStore(cached, ownKey, setting) };
    return newAggregator({ ...ports, ...recorder, ...snapshots, chain, pace, view });
  };
  const atStart = await networkIfReachable(chain);
  let aggregator = atStart === undefined ? undefined : known(atStart);
  return {
    telemetry,
    health: {
      ...ports.health,
      notReady: () => [...ports.health.notReady(), ...waitsFor(aggregator)],
    },
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    run: async (signal) => {
      if (aggregator === undefined) {
        const network = await networkWhenReachable({ chain, clock, log: telemetry.log }, signal);
        if (network === undefined) return;
        aggregator = known(network);
      }
      await runAggregator(aggregator, signal);
    },
    close: () => ports.close(),
  };
});

/** What an aggregator waits for until it is ready: an RPC, then the end of the streams. */
function waitsFor(aggregator: Aggregator | undefined): readonly string[] {
  if (aggregator === undefined) return ['chain'];
  return aggregator.books.told.isCaughtUp ? [] : ['streams'];
}

/** The recorder that the settings ask for, if they do. */
function recorderBy(
  settings: Readonly<{ RECORD_EVENTS_DIR?: string | undefined; RECORD_EVENTS_BYTES_MAX: number; INSTANCE: string }>,
  log: Log,
): { readonly recorder?: EventRecorder } {
  const { RECORD_EVENTS_DIR: folder, RECORD_EVENTS_BYTES_MAX: bytesMax, INSTANCE: instance } = settings;
  if (folder === undefined) return {};
  const file = join(folder, `${service}-${instance}.jsonl`);
  return fromSetting('RECORD_EVENTS_DIR', () => ({ recorder: fileRecorder(file, bytesMax, log) }));
}

/** The key of snapshots; undefined when the signer does not sign for it. */
async function snapshotKeyIfSigned(keyring: Keyring, log: Log): Promise<Uint8Array | undefined> {
  try {
    return await snapshotKey(keyring);
  } catch (error) {
    log.warn('no key for snapshots: a restart reads the streams from their beginning', { error: errorText(error) });
    return undefined;
  }
}
