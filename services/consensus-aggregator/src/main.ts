/** The consensus aggregator: tallies observations, proposes batches, assembles certificates, posts them. */
import { join } from 'node:path';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { transmitterKeyring } from '@assay/adapters/keys/keyring-settings';
import type { Pace } from '@assay/aggregation/books';
import { policyViews } from '@assay/composition/policy-files';
import { connectServicePorts } from '@assay/composition/service-ports';
import { errorText } from '@assay/protocol/error-text';
import type { Keyring, Log } from '@assay/protocol/ports';
import { Epochs, type EpochView } from '@assay/runtime/service/epochs';
import { ifReachable, whenReachable } from '@assay/runtime/service/network-at-start';
import { runService } from '@assay/runtime/service/service';
import { fromSetting, fromSettingLater, readSettings, type SettingsOf } from '@assay/runtime/service/settings';
import { newAggregator, settingOf } from './aggregator.ts';
import { AuditWitness } from './audit-witness.ts';
import { settings as shape } from './config.ts';
import { type EventRecorder, fileRecorder } from './event-recorder.ts';
import { intentJournal } from './intent-journal.ts';
import { startCounters } from './report-metrics.ts';
import { AggregatorsByEpoch } from './run-epochs.ts';
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
    identity: { kind: 'aggregator', index: settings.AGGREGATOR_INDEX },
    cachePrefix: service,
  });
  const { clock, telemetry } = ports;
  startCounters(telemetry);
  const witness = new AuditWitness(ports);
  const chain = connectEvmChain({
    rpcUrl: settings.CHAIN_RPC_URL,
    hub: settings.HUB_ADDRESS,
    registry: settings.REGISTRY_ADDRESS,
    transmitterKey,
    log: telemetry.log,
    behindPost: witness.bytes,
    transmitter: {
      journal: intentJournal(ports.bus, transmitterKey.address, telemetry.log),
      rules: { feePerGasMax: BigInt(settings.FEE_CAP_GWEI) * weiPerGwei },
      onEvent: (event) => countTransaction(telemetry, event),
    },
  });
  const viewOf = policyViews(settings.POLICIES_FILE);
  const { log } = telemetry;
  const pace = paceOf(settings);
  const recorderOf = recordersBy(settings, log);
  const ownKey = await snapshotKeyIfSigned(transmitterKey, telemetry.log);
  const cached = { cache: ports.cache, clock, log };
  const read = () => Epochs.read({ chain, clock, telemetry, viewOf });
  const aggregatorsOf = (epochs: Epochs) => {
    const aggregatorOf = (view: EpochView, startsFrom: string | undefined) =>
      newAggregator({
        ...ports,
        ...recorderOf(view),
        ...(ownKey && { snapshots: new SnapshotStore(cached, ownKey, settingOf(view, pace)) }),
        ...(startsFrom !== undefined && { startsFrom }),
        chain,
        pace,
        epochs,
        view,
      });
    return new AggregatorsByEpoch({ epochs, clock, log, aggregatorOf });
  };
  const atStart = await ifReachable(read);
  let aggregators = atStart && aggregatorsOf(atStart);
  return {
    telemetry,
    health: {
      ...ports.health,
      notReady: () => [...ports.health.notReady(), ...waitsFor(aggregators)],
    },
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    run: async (signal) => {
      const witnessing = witness.run(signal);
      if (aggregators === undefined) {
        const epochs = await whenReachable(read, { clock, log }, signal);
        if (epochs === undefined) return;
        aggregators = aggregatorsOf(epochs);
      }
      await Promise.all([aggregators.run(signal), witnessing]);
    },
    close: () => ports.close(),
  };
});

/** Place and pace of this aggregator, as the settings say. */
function paceOf(settings: SettingsOf<typeof shape>): Pace {
  return {
    index: settings.AGGREGATOR_INDEX,
    count: settings.AGGREGATOR_COUNT,
    batchReportsMax: settings.BATCH_REPORTS_MAX,
    batchWaitMs: settings.BATCH_WAIT_MS,
    batchesAheadMax: settings.BATCHES_AHEAD_MAX,
    turnDeltaMs: settings.TURN_DELTA_MS,
    confirmations: settings.CONFIRMATIONS,
    finality: settings.FINALITY,
  };
}

/** What an aggregator waits for until it is ready: an RPC, then the end of the streams. */
function waitsFor(aggregators: AggregatorsByEpoch | undefined): readonly string[] {
  if (aggregators === undefined) return ['chain'];
  return aggregators.isCaughtUp() ? [] : ['streams'];
}

/** The recorder of each epoch's aggregator, if the settings ask for one. */
function recordersBy(
  settings: Readonly<{ RECORD_EVENTS_DIR?: string | undefined; RECORD_EVENTS_BYTES_MAX: number; INSTANCE: string }>,
  log: Log,
): (view: EpochView) => { readonly recorder?: EventRecorder } {
  const { RECORD_EVENTS_DIR: folder, RECORD_EVENTS_BYTES_MAX: bytesMax, INSTANCE: instance } = settings;
  if (folder === undefined) return () => ({});
  return ({ network }) => {
    const file = join(folder, `${service}-${instance}-epoch-${network.epoch}.jsonl`);
    return fromSetting('RECORD_EVENTS_DIR', () => ({ recorder: fileRecorder(file, bytesMax, log) }));
  };
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
