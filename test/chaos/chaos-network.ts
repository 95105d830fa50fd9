/**
 * A network of processes on real servers, each with its own user of NATS and Redis, whose aggregators reach the chain
 * through two RPC endpoints that inject faults.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { connectNats } from '@assay/adapters/nats/bus';
import { noOpLogger } from '@assay/adapters/telemetry/no-op-logger';
import { type LocalServers, startLocalServers } from '@assay/cli/network/local-servers';
import {
  accounts,
  makeBusPassword,
  makeOperators,
  makeOracle,
  makeTransmitters,
  type OracleKeys,
} from '@assay/cli/network/network-keys';
import { readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { type ServiceProcess, type ServiceSpec, startService } from '@assay/cli/network/service-process';
import { serviceSpecs } from '@assay/cli/network/service-specs';
import { type BusIdentity, busIdentities } from '@assay/protocol/bus/permissions';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import type { Role } from '@assay/protocol/observation/role';
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
const usedRoles: readonly Role[] = ['checksum'];

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
  readonly servers: LocalServers;
  readonly contracts: Contracts;
  readonly operators: readonly Hex[];
  /** Everybody who may log in at the bus, and the password of all of them. */
  readonly identities: readonly [BusIdentity, ...BusIdentity[]];
  readonly busPassword: string;
  /** Processes that ended although nobody stopped them. */
  readonly ended: readonly string[];
  readonly endpoints: readonly FaultyRpc[];
  readonly aggregators: readonly Restartable[];
  readonly bus: Bus;
  readonly chain: ChainReader;
  readonly gateway: GatewayClient;
  stop(): Promise<void>;
}

type Contracts = Awaited<ReturnType<typeof deployContracts>>;

/** What a network is started with. */
export interface ChaosNetworkOptions {
  /** How long an epoch lasts at least. Its grace period is half of that. */
  readonly epochSeconds: number;
  /** Folder in which the services' logs are kept; without it they are deleted with the rest. */
  readonly logDir?: string | undefined;
  /** Folder for recordings of what the aggregators decide, for "assay replay": some gigabytes for 1,000 faults. */
  readonly recordDir?: string | undefined;
}

/** Starts everything; if a part fails, the started parts are stopped. */
export async function startChaosNetwork(options: ChaosNetworkOptions): Promise<ChaosNetwork> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-chaos-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (let last = stops.pop(); last !== undefined; last = stops.pop()) await last();
  };
  try {
    return { ...(await bringUp(dir, options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  dir: string,
  { epochSeconds, logDir = join(dir, 'logs'), recordDir }: ChaosNetworkOptions,
  stops: (() => Promise<unknown>)[],
): Promise<Omit<ChaosNetwork, 'stop'>> {
  const plan = await planned(dir);
  const { busPassword } = plan;
  const operators = plan.operators.map(({ address }) => address);
  const servers = await startLocalServers({
    dir,
    blockTimeSeconds,
    accounts: accounts.firstAggregator + aggregatorCount,
    busPassword,
    operators,
    roles: usedRoles,
    aggregators: aggregatorCount,
    running: {},
    onStarted: (server) => stops.push(() => server.stop()),
  });
  const endpoints: FaultyRpc[] = [];
  for (let count = 0; count < endpointCount; count++) {
    const endpoint = await startFaultyRpc(servers.anvil.url);
    stops.push(() => endpoint.close());
    endpoints.push(endpoint);
  }
  const { contracts, chain } = await onChain(servers.anvil.url, plan, epochSeconds);
  await mkdir(logDir, { recursive: true });
  if (recordDir !== undefined) await mkdir(recordDir, { recursive: true });
  const specs = specsOf(dir, servers, contracts, endpoints, plan).map((spec) =>
    recordDir === undefined ? spec : { ...spec, environment: { ...spec.environment, RECORD_EVENTS_DIR: recordDir } },
  );
  const services = await startServices(specs, logDir, stops);
  const { bus } = await connectNats({ servers: servers.nats.url, name: 'chaos', log: noOpLogger });
  stops.push(() => bus.close());
  const identities = busIdentities(operators, { roles: usedRoles, aggregators: aggregatorCount });
  return {
    servers,
    contracts,
    operators,
    identities: identities as [BusIdentity, ...BusIdentity[]],
    busPassword,
    endpoints,
    ...services,
    bus,
    chain,
  };
}

interface Keys {
  readonly operators: Awaited<ReturnType<typeof makeOperators>>;
  readonly oracle: OracleKeys;
  readonly transmitterKeyFiles: readonly string[];
  readonly busPassword: string;
  readonly busPasswordFile: string;
}

async function planned(dir: string): Promise<Keys> {
  const { password: busPassword, passwordFile: busPasswordFile } = await makeBusPassword(dir);
  return {
    operators: await makeOperators(dir, operatorCount),
    oracle: await makeOracle(dir),
    transmitterKeyFiles: await makeTransmitters(dir, aggregatorCount),
    busPassword,
    busPasswordFile,
  };
}

async function onChain(
  rpcUrl: string,
  { operators, oracle }: Keys,
  epochSeconds: number,
): Promise<{ contracts: Contracts; chain: ChainReader }> {
  const contracts = await deployContracts({
    rpcUrl,
    deployerKey: anvilAccountKey(accounts.deployer),
    operators: operators.map(({ privateKey }) => ({ privateKey, stake: 1n })),
    policiesDigest: policiesDigest(await readPolicies(shippedPoliciesFile)),
    epochSeconds,
    // A task that an epoch leaves over has the next one, less half of a grace period: so that is no shorter.
    graceSeconds: Math.ceil(epochSeconds / 2),
  });
  const chain = new ChainReader({ rpcUrl, ...contracts });
  await chain.registerAgreementKey(anvilAccountKey(accounts.oracle), oracle.agreementKey);
  return { contracts, chain };
}

/** Starts every service. The gateway, validators and the key participant run to the end; aggregators may be killed. */
async function startServices(
  specs: readonly ServiceSpec[],
  logDir: string,
  stops: (() => Promise<unknown>)[],
): Promise<Pick<ChaosNetwork, 'aggregators' | 'gateway' | 'ended'>> {
  const isAggregator = ({ service }: ServiceSpec) => service === 'consensus-aggregator';
  const ended: string[] = [];
  const watch = (one: ServiceProcess) => void one.failed.then((why) => ended.push(why));
  const aggregators = specs
    .filter(isAggregator)
    .map((spec, index) =>
      restartable(spec, logDir, watch, addressOf(fromHex(anvilAccountKey(accounts.firstAggregator + index)))),
    );
  stops.push(() => Promise.all(aggregators.map(async (one) => one.process?.stop())));
  const others = await Promise.all(
    specs
      .filter((spec) => !isAggregator(spec))
      .map(async (spec) => {
        const one = await startService(spec, logDir);
        stops.push(() => one.stop());
        watch(one);
        return one;
      }),
  );
  for (const aggregator of aggregators) await aggregator.start();
  const httpPort = others.find(({ service }) => service === 'gateway')?.facts.httpPort;
  return { aggregators, ended, gateway: new GatewayClient(`http://127.0.0.1:${httpPort}`) };
}

function specsOf(
  dir: string,
  { nats, redis, anvil }: LocalServers,
  contracts: Contracts,
  endpoints: readonly FaultyRpc[],
  keys: Keys,
): ServiceSpec[] {
  const all = serviceSpecs({
    natsUrl: nats.url,
    natsPasswordFile: keys.busPasswordFile,
    redisUrl: redis.url,
    redisPasswordFile: keys.busPasswordFile,
    rpcUrl: anvil.url,
    contracts,
    policiesFile: shippedPoliciesFile,
    operators: keys.operators,
    replicasOf: (_, role) => (usedRoles.includes(role) ? 1 : 0),
    participants: 1,
    transmitterKeyFiles: keys.transmitterKeyFiles,
    oracle: keys.oracle,
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
  return all.map((spec) =>
    spec.service === 'consensus-aggregator'
      ? { ...spec, environment: { ...spec.environment, CHAIN_RPC_URL: rpcUrl } }
      : spec,
  );
}

function restartable(
  spec: ServiceSpec,
  logDir: string,
  watch: (one: ServiceProcess) => void,
  transmitter: Hex,
): Restartable {
  let lives = 0;
  const one: Restartable = {
    name: spec.name,
    transmitter,
    funds: {},
    process: undefined,
    start: async () => {
      if (one.process !== undefined) return;
      one.process = await startService({ ...spec, name: `${spec.name}-life-${++lives}` }, logDir);
      watch(one.process);
    },
  };
  return one;
}
