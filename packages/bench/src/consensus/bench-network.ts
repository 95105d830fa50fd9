/** The network of the consensus bench: real NATS under its permissions, a real chain, operators and aggregators as processes. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { connectNats } from '@assay/adapters/nats/bus';
import { entryBeside } from '@assay/adapters/process/entry-file';
import { type LocalServers, startLocalServers } from '@assay/cli/network/local-servers';
import { accounts, makeBusPassword, makeOperators, makeTransmitters } from '@assay/cli/network/network-keys';
import { readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { type ServiceProcess, startService } from '@assay/cli/network/service-process';
import type { Network } from '@assay/protocol/network/validator-set';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Bus, ContentStore } from '@assay/protocol/ports';
import { benchRoles } from './bench-roles.ts';

/** What differs between the modes of the bench. */
export interface Mode {
  readonly name: string;
  /** Operators, by index, that do not run. */
  readonly silent: readonly number[];
  /** Delay of each message of an operator in milliseconds, by its index. */
  readonly slowMs: Readonly<Record<number, number>>;
}

/** Options that are the same in all modes. */
export interface BenchPace {
  readonly operators: number;
  readonly aggregators: number;
  readonly batchWaitMs: number;
  /** Tasks that each validator handles at once. */
  readonly concurrency: number;
  /** Folder for a CPU profile of each process; undefined: none. */
  readonly profileDir: string | undefined;
}

/** A running network. */
export interface BenchNetwork {
  readonly network: Network;
  readonly bus: Bus;
  readonly contentStore: ContentStore;
  /** Process ids by kind. */
  readonly processes: Readonly<Record<string, readonly number[]>>;
  stop(): Promise<void>;
}

/** The policy of the bench: three roles that must agree, with a deadline that no run reaches. */
export const benchPolicy = 'bench';

const entry = fileURLToPath(entryBeside(import.meta.url, 'operator-process'));
const deadlineMs = 600_000;

function deploy(rpcUrl: string, operators: Awaited<ReturnType<typeof makeOperators>>, policies: readonly Policy[]) {
  return deployContracts({
    rpcUrl,
    deployerKey: anvilAccountKey(accounts.deployer),
    operators: operators.map(({ privateKey }) => ({ privateKey, stake: 1n })),
    policiesDigest: policiesDigest(policies),
  });
}

/** Starts a network; if a part fails, the started parts are stopped. */
export async function startBenchNetwork(mode: Mode, pace: BenchPace): Promise<BenchNetwork> {
  const dir = await mkdtemp(join(tmpdir(), 'assay-bench-'));
  const services: ServiceProcess[] = [];
  const servers: { stop(): Promise<unknown> }[] = [];
  const links: Bus[] = [];
  const stop = async () => {
    await Promise.allSettled(links.map((bus) => bus.close()));
    await Promise.allSettled(services.map((one) => one.stop()));
    await Promise.allSettled(servers.map((one) => one.stop()));
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const operators = await makeOperators(dir, pace.operators);
    const password = await makeBusPassword(dir);
    const local = await startLocalServers({
      dir,
      blockTimeSeconds: 1,
      accounts: accounts.firstAggregator + pace.aggregators,
      operators: operators.map(({ address }) => address),
      roles: benchRoles,
      aggregators: pace.aggregators,
      busPassword: password.password,
      running: {},
      onStarted: (server) => servers.push(server),
    });
    const { policies, file } = await writePolicies(dir);
    const contracts = await deploy(local.anvil.url, operators, policies);
    const environment = environmentOf(local, { ...contracts, file, passwordFile: password.passwordFile }, pace);
    const transmitters = await makeTransmitters(dir, pace.aggregators);
    const specs = [
      ...operators
        .map(({ keyFile, journal }, index) => ({
          name: `operator-${index}`,
          service: 'operator',
          entry,
          environment: {
            OPERATOR_KEY_FILE: keyFile,
            SIGNING_JOURNAL: journal,
            SLOW_MS: String(mode.slowMs[index] ?? 0),
          },
        }))
        .filter((_, index) => !mode.silent.includes(index)),
      ...transmitters.map((keyFile, index) => ({
        name: `aggregator-${index}`,
        service: 'consensus-aggregator',
        environment: {
          TRANSMITTER_KEY_FILE: keyFile,
          AGGREGATOR_INDEX: String(index),
          AGGREGATOR_COUNT: String(pace.aggregators),
        },
      })),
    ];
    const logs = join(dir, 'logs');
    await mkdir(logs);
    const started = specs.map(async (spec) => {
      const own = { INSTANCE: spec.name, ...environment, ...spec.environment };
      const service = await startService({ ...spec, environment: own }, logs);
      services.push(service);
      return service;
    });
    await Promise.all(started);
    const chain = connectEvmChain({ rpcUrl: local.anvil.url, hub: contracts.hub, registry: contracts.registry });
    const { bus, contentStore } = await connectNats({ servers: local.nats.url, name: 'bench' });
    links.push(bus);
    return { network: await chain.network(), bus, contentStore, processes: processesOf(services, local), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function writePolicies(dir: string): Promise<{ policies: Policy[]; file: string }> {
  const [shipped] = await readPolicies(shippedPoliciesFile);
  if (shipped === undefined) throw new Error('The shipped policy file is empty.');
  const file = join(dir, 'policies.json');
  await writeFile(file, JSON.stringify([{ ...shipped, name: benchPolicy, deadlineMs }]));
  return { policies: JSON.parse(await readFile(file, 'utf8')), file };
}

function environmentOf(
  servers: LocalServers,
  network: { hub: string; registry: string; keystore: string; file: string; passwordFile: string },
  pace: BenchPace,
): Record<string, string> {
  return {
    NATS_URL: servers.nats.url,
    NATS_PASSWORD_FILE: network.passwordFile,
    NATS_PROVISION: 'false',
    CHAIN_RPC_URL: servers.anvil.url,
    HUB_ADDRESS: network.hub,
    REGISTRY_ADDRESS: network.registry,
    KEYSTORE_ADDRESS: network.keystore,
    POLICIES_FILE: network.file,
    LOG_LEVEL: 'warn',
    BATCH_WAIT_MS: String(pace.batchWaitMs),
    // The chain's pace is not measured: no report waits for it.
    BATCHES_AHEAD_MAX: '100000',
    CONCURRENCY: String(pace.concurrency),
    ...(pace.profileDir === undefined
      ? {}
      : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${JSON.stringify(pace.profileDir)}` }),
  };
}

function processesOf(services: readonly ServiceProcess[], servers: LocalServers): Record<string, number[]> {
  const of = (service: string) => services.filter((one) => one.service === service).map(({ pid }) => pid);
  return {
    operators: of('operator'),
    aggregators: of('consensus-aggregator'),
    nats: [servers.nats.pid],
    chain: [servers.anvil.pid],
    bench: [process.pid],
  };
}
