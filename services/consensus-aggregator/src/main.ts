/** The consensus aggregator: tallies observations, proposes batches, assembles certificates, posts them. */
import { readFile } from 'node:fs/promises';
import { connectEvmChain } from '@assay/adapters/evm-chain';
import { readSecretFile } from '@assay/adapters/key-file';
import { connectServicePorts } from '@assay/adapters/service-ports';
import { viewOf } from '@assay/runtime/network-view';
import { runService } from '@assay/runtime/service';
import { readSettings } from '@assay/runtime/settings';
import { newAggregator } from './aggregator.ts';
import { settings as shape } from './config.ts';
import { runAggregator } from './run-aggregator.ts';

const service = 'consensus-aggregator';

await runService(service, async () => {
  const settings = readSettings(shape, process.env);
  const transmitterKey = readSecretFile(settings.TRANSMITTER_KEY_FILE) as `0x${string}`;
  const ports = await connectServicePorts({ service, settings, cachePrefix: service });
  const chain = connectEvmChain({
    rpcUrl: settings.CHAIN_RPC_URL,
    hub: settings.HUB_ADDRESS,
    registry: settings.REGISTRY_ADDRESS,
    transmitterKey,
    log: ports.telemetry.log,
  });
  const view = viewOf(await chain.network(), await readFile(settings.POLICIES_FILE, 'utf8'), settings.POLICIES_FILE);
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
