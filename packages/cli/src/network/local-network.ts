/** The local network: real servers, real chain, every service a process of its own, on free ports of the loopback. */
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anvilAccountKey } from '@assay/adapters/anvil-accounts';
import { type Deployed, deployContracts } from '@assay/adapters/deploy-contracts';
import { ensureNatsStreams } from '@assay/adapters/nats-streams';
import { type ServerProcess, startAnvil, startNats, startRedis } from '@assay/adapters/server-process';
import { fromHex, type Hex, toHex } from '@assay/protocol/bytes';
import { checkShape } from '@assay/protocol/decode';
import { type Policy, policiesDigest, policiesSchema } from '@assay/protocol/policy';
import { addressOf } from '@assay/protocol/signature';
import { ChainReader } from '@assay/sdk/chain-reader';
import { GatewayClient } from '@assay/sdk/gateway-client';
import { agreementKeyOf } from '@assay/session-keys/agreement-key';
import { type ServiceProcess, startService } from './service-process.ts';
import { type NetworkPlan, type OperatorKey, serviceSpecs } from './service-specs.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The policy file that ships with Assay. */
export const shippedPoliciesFile = join(root, 'deploy', 'policies.json');

/** Accounts of the local chain: the deployer, the key participant, then one for each aggregator. */
const accounts = { deployer: 0, oracle: 1, firstAggregator: 2 } as const;

export interface LocalNetworkOptions {
  readonly operators: number;
  /** Processes of each operator and role. */
  readonly replicas: number;
  readonly aggregators: number;
  /** Accounts of the chain that have funds, at least. */
  readonly accounts?: number;
  /** Aborted: what is under way is given up, and what was started is stopped. */
  readonly signal?: AbortSignal;
  readonly policiesFile?: string;
  readonly blockTimeSeconds?: number;
  /** OTLP/HTTP receiver of traces. */
  readonly otlpEndpoint?: string;
  readonly logLevel?: string;
  /** Entry file of a service instead of its own; for tests that put a liar among the operators. */
  readonly entryOf?: (service: string, operatorIndex: number | undefined) => string | undefined;
  /** More environment for all services. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Told each step as it begins. */
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
  readonly servers: { readonly nats: ServerProcess; readonly redis: ServerProcess; readonly anvil: ServerProcess };
  readonly services: readonly ServiceProcess[];
  readonly gateway: GatewayClient;
  readonly chain: ChainReader;
  /** Stops services, then servers, and removes the network's folder. Safe to call twice. */
  stop(): Promise<void>;
}

/** Starts a network; what was started is stopped again when a part of it fails. */
export async function startLocalNetwork(options: LocalNetworkOptions): Promise<LocalNetwork> {
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
  const keep = <T extends { stop(): Promise<unknown> }>(one: T): T => {
    started.push(one);
    return one;
  };
  progress('starting NATS, Redis and the chain');
  const accountsWanted = accounts.firstAggregator + options.aggregators;
  const anvil = startAnvil({
    blockTimeSeconds: options.blockTimeSeconds ?? 1,
    accounts: Math.max(accountsWanted, options.accounts ?? 0, 10),
  });
  const settled = await Promise.allSettled([
    startNats({ dir: join(dir, 'nats') }),
    startRedis({ dir: join(dir, 'redis') }),
    anvil,
  ]);
  for (const one of settled) if (one.status === 'fulfilled') keep(one.value);
  const [nats, redis, chainServer] = settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  }) as [ServerProcess, ServerProcess, ServerProcess];
  await ensureNatsStreams({ servers: nats.url });

  progress('deploying the contracts');
  const policiesFile = options.policiesFile ?? shippedPoliciesFile;
  const policies = await readPolicies(policiesFile);
  const operators = await makeOperators(dir, options.operators);
  const members = operators
    .map(({ address }) => ({ operator: address, weight: 1n }))
    .sort((a, b) => (a.operator < b.operator ? -1 : 1));
  const contracts = await deployContracts({
    rpcUrl: chainServer.url,
    deployerKey: anvilAccountKey(accounts.deployer),
    members,
    policiesDigest: policiesDigest(policies),
  });
  const chain = new ChainReader({
    rpcUrl: chainServer.url,
    hub: contracts.hub,
    registry: contracts.registry,
    keystore: contracts.keystore,
  });
  const oracle = await makeOracle(dir);
  await chain.registerAgreementKey(anvilAccountKey(accounts.oracle), oracle.agreementKey);

  const plan: NetworkPlan = {
    natsUrl: nats.url,
    redisUrl: redis.url,
    rpcUrl: chainServer.url,
    contracts,
    policiesFile,
    operators,
    replicas: options.replicas,
    transmitterKeyFiles: await makeTransmitters(dir, options.aggregators),
    oracle,
    otlpEndpoint: options.otlpEndpoint,
    logLevel: options.logLevel ?? 'info',
    modelDir: process.env.MODEL_DIR ?? join(root, 'models'),
    compileCacheDir: join(root, '.assay', 'compile-cache'),
    environment: { ...modelEnvironment(), ...options.environment },
    entryOf: options.entryOf ?? (() => undefined),
  };
  const services = await startServices(plan, dir, keep, progress);
  const gatewayPort = services.find((one) => one.service === 'gateway')?.facts.httpPort;
  const gatewayUrl = `http://127.0.0.1:${gatewayPort}`;
  return {
    gatewayUrl,
    rpcUrl: chainServer.url,
    contracts,
    operators,
    policies,
    servers: { nats, redis, anvil: chainServer },
    services,
    gateway: new GatewayClient(gatewayUrl),
    chain,
  };
}

async function startServices(
  plan: NetworkPlan,
  dir: string,
  keep: <T extends ServiceProcess>(one: T) => T,
  progress: (step: string) => void,
): Promise<ServiceProcess[]> {
  const specs = serviceSpecs(plan);
  const logDir = join(dir, 'logs');
  await mkdir(logDir, { recursive: true });
  let ready = 0;
  progress(`starting ${specs.length} services`);
  const settled = await Promise.allSettled(
    specs.map(async (spec) => {
      const service = keep(await startService(spec, logDir));
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

/** Reads a policy file, or says which field is wrong. */
export async function readPolicies(file: string): Promise<Policy[]> {
  const checked = checkShape(policiesSchema, JSON.parse(await readFile(file, 'utf8')));
  if (!checked.ok) throw new Error(`The policy file ${file} is wrong: ${checked.refusal.detail}`);
  return checked.value;
}

async function makeOperators(dir: string, count: number): Promise<OperatorKey[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const key = toHex(randomBytes(32));
      return { address: addressOf(fromHex(key)), keyFile: await writeKey(dir, `operator-${index}`, key) };
    }),
  );
}

async function makeOracle(dir: string) {
  const key = anvilAccountKey(accounts.oracle);
  const agreementSecret = toHex(randomBytes(32));
  return {
    address: addressOf(fromHex(key)),
    agreementKey: agreementKeyOf(fromHex(agreementSecret)),
    keyFile: await writeKey(dir, 'oracle', key),
    agreementKeyFile: await writeKey(dir, 'oracle-agreement', agreementSecret),
    keyEncryptionKeyFile: await writeKey(dir, 'oracle-key-encryption', toHex(randomBytes(32))),
  };
}

function makeTransmitters(dir: string, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      writeKey(dir, `transmitter-${index}`, anvilAccountKey(accounts.firstAggregator + index)),
    ),
  );
}

async function writeKey(dir: string, name: string, key: Hex): Promise<string> {
  const file = join(dir, `${name}.key`);
  await writeFile(file, `${key}\n`, { mode: 0o600 });
  return file;
}

/** Another embedding model than the default, as the person's own environment names it. */
function modelEnvironment(): Record<string, string> {
  const names = ['EMBEDDING_MODEL', 'ALLOW_REMOTE_MODEL'] as const;
  return Object.fromEntries(names.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
}

/** Stops what was started: services together, then the servers that they use. */
async function stopInReverse(started: readonly { stop(): Promise<unknown> }[]): Promise<void> {
  const servers = started.slice(0, 3);
  await Promise.allSettled(started.slice(3).map((one) => one.stop()));
  await Promise.allSettled(servers.map((one) => one.stop()));
}
