/** The consensus aggregator: tallies observations, proposes batches, assembles certificates, posts them. */
import { readFileSync } from 'node:fs';
import { connectEvmChain } from '@assay/adapters/evm-chain';
import { keyringFromFile, readSecretFile } from '@assay/adapters/key-file';
import { connectServicePorts } from '@assay/adapters/service-ports';
import { viewOf } from '@assay/runtime/network-view';
import { runService } from '@assay/runtime/service';
import { fromSetting, readSettings } from '@assay/runtime/settings';
import { newAggregator } from './aggregator.ts';
import { settings as shape } from './config.ts';
import { runAggregator } from './run-aggregator.ts';

const service = 'consensus-aggregator';

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const transmitterKey = fromSetting('TRANSMITTER_KEY_FILE', () => {
    keyringFromFile(settings.TRANSMITTER_KEY_FILE);
    return readSecretFile(settings.TRANSMITTER_KEY_FILE) as `0x${string}`;
  });
  const ports = await connectServicePorts({
    service,
    settings,
    identity: { kind: 'aggregator' },
    cachePrefix: service,
  });
  const chain = connectEvmChain({
    rpcUrl: settings.CHAIN_RPC_URL,
    hub: settings.HUB_ADDRESS,
    registry: settings.REGISTRY_ADDRESS,
    transmitterKey,
    log: ports.telemetry.log,
  });
  const policiesText = fromSetting('POLICIES_FILE', () => readFileSync(settings.POLICIES_FILE, 'utf8'));
  const view = viewOf(await chain.network(), policiesText, settings.POLICIES_FILE);
  const aggregator = newAggregator({
    ...ports,
    view,
    chain,
    pace: {
      index: settings.AGGREGATOR_INDEX,
      count: settings.AGGREGATOR_COUNT,
      batchReportsMax: settings.BATCH_REPORTS_MAX,
      batchWaitMs: settings.BATCH_WAIT_MS,
      turnDeltaMs: settings.TURN_DELTA_MS,
      confirmations: settings.CONFIRMATIONS,
    },
  });
  return {
    telemetry: ports.telemetry,
    health: ports.health,
    healthHost: settings.HEALTH_HOST,
    healthPort: settings.HEALTH_PORT,
    run: (signal) => runAggregator(aggregator, signal),
    close: () => ports.close(),
  };
});
