/**
 * The local network: real servers, a real chain, and every service as its own process, on free ports of the loopback
 * interface.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import type { Deployed } from '@assay/adapters/evm/contract-creations';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { useFastPrimitives } from '@assay/adapters/keys/fast-primitives';
import { isPortFree } from '@assay/adapters/process/free-port';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { CertificateScheme } from '@assay/protocol/network/validator-set';
import type { Role } from '@assay/protocol/observation/role';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { type Policy, rolesUsedBy } from '@assay/protocol/policy/policy';
import { ChainReader } from '@assay/sdk/chain-reader';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { UsageError } from '../commands/usage-error.ts';
import { compileCacheFolder } from './installation.ts';
import { type LocalServers, startLocalServers } from './local-servers.ts';
import { modelPlace } from './model-location.ts';
import {
  accounts,
  makeApiKeySecrets,
  makeBusPassword,
  makeOperators,
  makeOracle,
  makeSealer,
  makeTransmitters,
  type OracleKeys,
  withBlsKeys,
} from './network-keys.ts';
import { readPolicies, requirePoliciesForModel, shippedPoliciesFile } from './policy-file.ts';
import { type ServiceProcess, type ServiceSpec, startService } from './service-process.ts';
import { type NetworkPlan, type OperatorKey, serviceSpecs } from './service-specs.ts';

/** A network that is on its chain already, and the keys of its services. */
export interface InstalledParts {
  readonly rpcUrl: string;
  readonly contracts: Deployed;
  readonly operators: readonly OperatorKey[];
  readonly transmitterKeyFiles: readonly string[];
  readonly oracle: OracleKeys;
  readonly sealerKeyFile?: string | undefined;
}

export interface LocalNetworkOptions {
  /** Start the services of this network instead of making a new one on a chain of its own. */
  readonly installed?: InstalledParts;
  readonly operators: number;
  /** Processes of each operator and role. */
  readonly replicas: number;
  /** The same for one operator and role, if they differ; undefined: `replicas`. */
  readonly replicasOf?: (operatorIndex: number, role: Role) => number | undefined;
  readonly aggregators: number;
  /** Processes of the key participant; one if absent. */
  readonly participants?: number;
  /** Minimum number of funded accounts of the chain. */
  readonly accounts?: number;
  /** If aborted, the start is cancelled, and everything that was started is stopped. */
  readonly signal?: AbortSignal;
  /** Use the running servers named by NATS_URL, REDIS_URL and CHAIN_RPC_URL instead of starting new ones. */
  readonly useRunning?: boolean;
  readonly policiesFile?: string;
  /** What certificates are made of; `ecdsa` if absent. */
  readonly certificates?: CertificateScheme;
  readonly blockTimeSeconds?: number;
  /** Port of the gateway; any free one if absent or 0. */
  readonly gatewayPort?: number;
  /** How long an epoch lasts at least, and how long its certificates are accepted afterwards; as in production if absent. */
  readonly epochSeconds?: number;
  /** OTLP/HTTP receiver of traces. */
  readonly otlpEndpoint?: string;
  readonly logLevel?: string;
  /** Whether the gateway serves the explorer, whose page must be built. */
  readonly explorer?: boolean;
  /** Whether the gateway asks for API keys. */
  readonly apiKeys?: boolean;
  /** Another entry file for a service; for tests with a liar among the operators. */
  readonly entryOf?: (service: string, operatorIndex: number | undefined) => string | undefined;
  /** Additional environment for all services. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Called at the start of each step. */
  readonly onProgress?: (step: string) => void;
}

/** A running local network. */
export interface LocalNetwork {
  readonly dir: string;
  readonly gatewayUrl: string;
  readonly rpcUrl: string;
  readonly contracts: Deployed;
  readonly operators: readonly OperatorKey[];
  readonly policies: readonly Policy[];
  /** File with a key of every scope, where the gateway asks for API keys. */
  readonly adminKeyFile: string | undefined;
  readonly servers: LocalServers;
  readonly services: readonly ServiceProcess[];
  /** How each service was started. */
  readonly specs: readonly ServiceSpec[];
  readonly gateway: GatewayClient;
  readonly chain: ChainReader;
  /** Starts another process, or restarts one that ended; it is stopped with the network. */
  start(spec: ServiceSpec): Promise<ServiceProcess>;
  /** Stops services, then servers, and removes the network's folder. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts a network; if a part fails, the started parts are stopped. Throws `UsageError` where the gateway's port is taken. */
export async function startLocalNetwork(options: LocalNetworkOptions): Promise<LocalNetwork> {
  const { gatewayPort = 0 } = options;
  if (gatewayPort !== 0 && !(await isPortFree(gatewayPort)))
    throw new UsageError(`Port ${gatewayPort} of 127.0.0.1 is in use; choose another --port, or stop what holds it.`);
  const dir = await mkdtemp(join(tmpdir(), 'assay-'));
  const started: { stop(): Promise<unknown> }[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopInReverse(started).then(() => rm(dir, { recursive: true, force: true }));
    return stopping;
  };
  try {
    return { ...(await bringUp(options, dir, started)), dir, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(
  options: LocalNetworkOptions,
  dir: string,
  started: { stop(): Promise<unknown> }[],
): Promise<Omit<LocalNetwork, 'dir' | 'stop'>> {
  const progress = (step: string) => {
    options.signal?.throwIfAborted();
    options.onProgress?.(step);
  };
  await useFastPrimitives();
  const policiesFile = options.policiesFile ?? shippedPoliciesFile;
  const policies = await readPolicies(policiesFile);
  await requirePoliciesForModel(policies);
  const used = rolesUsedBy(policies);
  progress('starting NATS, Redis and the chain');
  const { installed } = options;
  const made = installed === undefined ? await makeOperators(dir, options.operators) : [];
  const operators = installed?.operators ?? made;
  const bus = await makeBusPassword(dir);
  const given = options.useRunning === true ? process.env : {};
  const running = installed === undefined ? given : { ...given, CHAIN_RPC_URL: installed.rpcUrl };
  const servers = await startLocalServers({
    dir,
    blockTimeSeconds: options.blockTimeSeconds ?? 1,
    accounts: Math.max(accounts.firstAggregator + options.aggregators, options.accounts ?? 0, 10),
    operators: operators.map(({ address }) => address),
    roles: used,
    aggregators: options.aggregators,
    busPassword: bus.password,
    running,
    onStarted: (server) => started.push(server),
  });
  if (installed === undefined) progress('deploying the contracts');
  const rpcUrl = servers.anvil.url;
  const { contracts, oracle, transmitterKeyFiles } = installed ?? (await install(dir, rpcUrl, made, policies, options));
  const chain = new ChainReader({ rpcUrl, ...contracts });
  const apiKeys = options.apiKeys === true ? await makeApiKeySecrets(dir) : undefined;
  const plan: NetworkPlan = {
    natsUrl: servers.nats.url,
    // An external server has its own users, or none.
    natsPasswordFile: running.NATS_URL === undefined ? bus.passwordFile : undefined,
    redisUrl: servers.redis.url,
    redisPasswordFile: running.REDIS_URL === undefined ? bus.passwordFile : undefined,
    rpcUrl,
    contracts,
    policiesFile,
    operators,
    replicasOf: (operatorIndex, role) =>
      used.includes(role) ? (options.replicasOf?.(operatorIndex, role) ?? options.replicas) : 0,
    transmitterKeyFiles,
    participants: options.participants ?? 1,
    gatewayPort: options.gatewayPort,
    oracle,
    sealerKeyFile: installed === undefined ? await makeSealer(dir) : installed.sealerKeyFile,
    otlpEndpoint: options.otlpEndpoint,
    logLevel: options.logLevel ?? 'info',
    explorer: options.explorer ?? false,
    apiKeys,
    modelDir: modelPlace().modelDir,
    compileCacheDir: compileCacheFolder(),
    environment: { ...modelEnvironment(), ...options.environment },
    entryOf: options.entryOf ?? (() => undefined),
  };
  const found = { rpcUrl, contracts, operators, policies, adminKeyFile: apiKeys?.adminKeyFile, servers, chain };
  return { ...found, ...(await startAll(plan, dir, started, progress)) };
}

/** Starts every service of a plan; gives the gateway, and the way to start more. */
async function startAll(
  plan: NetworkPlan,
  dir: string,
  started: { stop(): Promise<unknown> }[],
  progress: (step: string) => void,
): Promise<Pick<LocalNetwork, 'gatewayUrl' | 'gateway' | 'services' | 'specs' | 'start'>> {
  const specs = serviceSpecs(plan);
  const logDir = join(dir, 'logs');
  await mkdir(logDir, { recursive: true });
  const start = async (spec: ServiceSpec) => {
    const service = await startService(spec, logDir);
    started.push(service);
    return service;
  };
  const services = await startServices(specs, start, progress);
  const gatewayUrl = `http://127.0.0.1:${services.find((one) => one.service === 'gateway')?.facts.httpPort}`;
  return { gatewayUrl, gateway: new GatewayClient(gatewayUrl), services, specs, start };
}

/** Deploys a network of its own to a chain whose accounts have funds, and makes the keys of its services. */
async function install(
  dir: string,
  rpcUrl: string,
  operators: readonly { readonly privateKey: Hex }[],
  policies: readonly Policy[],
  options: LocalNetworkOptions,
): Promise<Pick<InstalledParts, 'contracts' | 'oracle' | 'transmitterKeyFiles'>> {
  const contracts = await deploy(rpcUrl, operators, policies, options);
  const oracle = await makeOracle(dir);
  const chain = new ChainReader({ rpcUrl, ...contracts });
  await chain.registerAgreementKey(anvilAccountKey(accounts.oracle), oracle.agreementKey);
  return { contracts, oracle, transmitterKeyFiles: await makeTransmitters(dir, options.aggregators) };
}

async function deploy(
  rpcUrl: string,
  operators: readonly { readonly privateKey: Hex }[],
  policies: readonly Policy[],
  { certificates = 'ecdsa', epochSeconds }: LocalNetworkOptions,
): Promise<Deployed> {
  const staked = operators.map(({ privateKey }) => ({ privateKey, stake: 1n }));
  return deployContracts({
    rpcUrl,
    deployerKey: anvilAccountKey(accounts.deployer),
    operators: await withBlsKeys(staked, certificates),
    certificates,
    policiesDigest: policiesDigest(policies),
    ...(epochSeconds !== undefined && { epochSeconds, graceSeconds: epochSeconds }),
  });
}

async function startServices(
  specs: readonly ServiceSpec[],
  start: (spec: ServiceSpec) => Promise<ServiceProcess>,
  progress: (step: string) => void,
): Promise<ServiceProcess[]> {
  let ready = 0;
  progress(`starting ${specs.length} services`);
  const settled = await Promise.allSettled(
    specs.map(async (spec) => {
      const service = await start(spec);
      ready += 1;
      progress(`${ready} of ${specs.length} services ready`);
      return service;
    }),
  );
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

/** A non-default embedding model from the user's environment. */
function modelEnvironment(): Record<string, string> {
  const names = ['EMBEDDING_MODEL', 'ALLOW_REMOTE_MODEL', 'EMBEDDING_ENDPOINT_FILE', 'LANGUAGE_MODELS_FILE'] as const;
  return Object.fromEntries(
    names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
  );
}

/** Stops everything that was started: first all services, then their servers. */
async function stopInReverse(started: readonly { stop(): Promise<unknown> }[]): Promise<void> {
  const isService = (one: { stop(): Promise<unknown> }) => 'service' in one;
  await Promise.allSettled(started.filter(isService).map((one) => one.stop()));
  await Promise.allSettled(started.filter((one) => !isService(one)).map((one) => one.stop()));
}
