/**
 * A network of processes on real servers, whose aggregators reach the chain through two RPC endpoints that inject
 * faults.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { connectNats } from '@assay/adapters/nats/bus';
import { type ServerProcess, startAnvil, startNats, startRedis } from '@assay/adapters/process/server-programs';
import { noOpLogger } from '@assay/adapters/telemetry/no-op-logger';
import { accounts, makeOperators, makeOracle, makeTransmitters } from '@assay/cli/network/network-keys';
import { readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { type ServiceProcess, type ServiceSpec, startService } from '@assay/cli/network/service-process';
import { serviceSpecs } from '@assay/cli/network/service-specs';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import type { Bus } from '@assay/protocol/ports';
import { addressOf } from '@assay/protocol/signature/signature';
import { ChainReader } from '@assay/sdk/chain-reader';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { type FaultyRpc, startFaultyRpc } from '../chain/faulty-rpc.ts';

const aggregatorCount = 3;
const operatorCount = 4;
const endpointCount = 2;
const blockTimeSeconds = 0.25;
/** Deeper than any drawn reorganisation. */
const finalityBlocks = 24;

/** An aggregator that can die and be started again. */
export interface Restartable {
  readonly name: string;
  readonly transmitter: Hex;
  /** Represents the account's balance, so that conflicting faults are not combined. */
  readonly funds: object;
  process: ServiceProcess | undefined;
  start(): Promise<void>;
}

export interface ChaosNetwork {
  readonly servers: { readonly nats: ServerProcess; readonly redis: ServerProcess; readonly anvil: ServerProcess };
  readonly endpoints: readonly FaultyRpc[];
  readonly aggregators: readonly Restartable[];
  readonly bus: Bus;
  readonly chain: ChainReader;
  readonly gateway: GatewayClient;
  stop(): Promise<void>;
}

/**
 * Starts everything; if a part fails, the started parts are stopped. The services' logs go to `keptLogDir` if given,
 * and are otherwise deleted with the rest.
 */
export async function startChaosNetwork(keptLogDir?: string): Promise<ChaosNetwork> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-chaos-'));
  const logDir = keptLogDir ?? join(dir, 'logs');
  const stops: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (let last = stops.pop(); last !== undefined; last = stops.pop()) await last();
  };
  try {
    return { ...(await bringUp(dir, logDir, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  dir: string,
  logDir: string,
  stops: (() => Promise<unknown>)[],
): Promise<Omit<ChaosNetwork, 'stop'>> {
  const started = async <S extends { stop(): Promise<unknown> }>(starting: Promise<S>): Promise<S> => {
    const one = await starting;
    stops.push(() => one.stop());
    return one;
  };
  const nats = await started(startNats({ dir: join(dir, 'nats') }));
  const redis = await started(startRedis({ dir: join(dir, 'redis') }));
  const anvil = await started(startAnvil({ blockTimeSeconds }));
  const endpoints: FaultyRpc[] = [];
  for (let count = 0; count < endpointCount; count++) {
    const endpoint = await startFaultyRpc(anvil.url);
    stops.push(() => endpoint.close());
    endpoints.push(endpoint);
  }
  const { specs, contracts, transmitters } = await planned(dir, { nats, redis, anvil }, endpoints);
  await mkdir(logDir, { recursive: true });
  const aggregators = specs
    .filter(({ service }) => service === 'consensus-aggregator')
    .map((spec, index) => restartable(spec, logDir, transmitters[index] ?? '0x'));
  stops.push(() => Promise.all(aggregators.map(async (one) => one.process?.stop())));
  const others = await Promise.all(
    specs
      .filter(({ service }) => service === 'checksum-verifier' || service === 'gateway')
      .map((spec) => started(startService(spec, logDir))),
  );
  for (const aggregator of aggregators) await aggregator.start();
  const { bus } = await connectNats({ servers: nats.url, name: 'chaos', log: noOpLogger });
  stops.push(() => bus.close());
  const httpPort = others.find(({ service }) => service === 'gateway')?.facts.httpPort;
  return {
    servers: { nats, redis, anvil },
    endpoints,
    aggregators,
    bus,
    chain: new ChainReader({ rpcUrl: anvil.url, ...contracts }),
    gateway: new GatewayClient(`http://127.0.0.1:${httpPort}`),
  };
}

async function planned(
  dir: string,
  { nats, redis, anvil }: ChaosNetwork['servers'],
  endpoints: readonly FaultyRpc[],
): Promise<{ specs: ServiceSpec[]; contracts: Awaited<ReturnType<typeof deployContracts>>; transmitters: Hex[] }> {
  const operators = await makeOperators(dir, operatorCount);
  const contracts = await deployContracts({
    rpcUrl: anvil.url,
    deployerKey: anvilAccountKey(accounts.deployer),
    operators: operators.map(({ privateKey }) => ({ privateKey, stake: 1n })),
    policiesDigest: policiesDigest(await readPolicies(shippedPoliciesFile)),
  });
  const all = serviceSpecs({
    natsUrl: nats.url,
    natsPasswordFile: undefined,
    redisUrl: redis.url,
    redisPasswordFile: undefined,
    rpcUrl: anvil.url,
    contracts,
    policiesFile: shippedPoliciesFile,
    operators,
    replicasOf: (_, role) => (role === 'checksum' ? 1 : 0),
    participants: 1,
    transmitterKeyFiles: await makeTransmitters(dir, aggregatorCount),
    oracle: await makeOracle(dir),
    otlpEndpoint: undefined,
    explorer: false,
    logLevel: process.env.CHAOS_LOG_LEVEL ?? 'warn',
    modelDir: dir,
    compileCacheDir: fileURLToPath(new URL('../../.assay/compile-cache', import.meta.url)),
    environment: {
      TURN_DELTA_MS: '1500',
      BATCH_WAIT_MS: '100',
      BATCH_REPORTS_MAX: '8',
      CONFIRMATIONS: '2',
      FINALITY: String(finalityBlocks),
    },
    entryOf: () => undefined,
  });
  const rpcUrl = endpoints.map(({ url }) => url).join(',');
  const specs = all.map((spec) =>
    spec.service === 'consensus-aggregator'
      ? { ...spec, environment: { ...spec.environment, CHAIN_RPC_URL: rpcUrl } }
      : spec,
  );
  const transmitters = Array.from({ length: aggregatorCount }, (_, index) =>
    addressOf(fromHex(anvilAccountKey(accounts.firstAggregator + index))),
  );
  return { specs, contracts, transmitters };
}

function restartable(spec: ServiceSpec, logDir: string, transmitter: Hex): Restartable {
  let lives = 0;
  const one: Restartable = {
    name: spec.name,
    transmitter,
    funds: {},
    process: undefined,
    start: async () => {
      if (one.process !== undefined) return;
      one.process = await startService({ ...spec, name: `${spec.name}-life-${++lives}` }, logDir);
    },
  };
  return one;
}
