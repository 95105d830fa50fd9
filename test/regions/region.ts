/**
 * One region, in its own network namespace: a server of NATS that is a third of the network's cluster, a leaf node for
 * each operator, a cache, and the services. It is told what to do by the process that started it.
 */
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { leafUserOf, natsAccount, natsHubAccountsOf, natsLeafAccountsOf } from '@assay/adapters/nats/accounts';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { provisionNats } from '@assay/adapters/nats/streams';
import { type ServerProcess, startNats, startRedis } from '@assay/adapters/process/server-programs';
import { compileCacheFolder } from '@assay/cli/network/installation';
import { shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { type ServiceProcess, type ServiceSpec, startService } from '@assay/cli/network/service-process';
import { serviceSpecs } from '@assay/cli/network/service-specs';
import { proposalSchema } from '@assay/protocol/batch/proposal';
import { type BusIdentity, busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { decodedMessagesOf } from '../e2e/stream-messages.ts';
import { ports, type Region, regions } from './layout.ts';
import type { Answer, NetworkParts, Order, Records } from './region-plan.ts';

/** One role is enough to see what the network between regions does. */
const role = 'checksum';
const replicas = regions.length;

class RunningRegion {
  readonly #region: Region;
  readonly #parts: NetworkParts;
  readonly #dir: string;
  readonly #servers: ServerProcess[] = [];
  readonly #services: ServiceProcess[] = [];
  /** Where the services of the network log in, and those of each operator. */
  #hub = '';
  #redis = '';
  readonly #leaves = new Map<number, string>();

  constructor(index: number, parts: NetworkParts) {
    const region = regions[index];
    if (region === undefined) throw new Error(`There is no region ${index}.`);
    this.#region = region;
    this.#parts = parts;
    this.#dir = join(parts.dir, region.namespace);
  }

  readonly #passwordOf = () => this.#parts.bus.password;
  readonly #addressOf = (operator: number): Hex => this.#parts.operators[operator]?.address ?? '0x';

  async startServers(): Promise<void> {
    const { address, namespace } = this.#region;
    const started = async (starting: Promise<ServerProcess>) => {
      const server = await starting;
      this.#servers.push(server);
      return server.url;
    };
    const addresses = this.#parts.operators.map((one) => one.address);
    this.#redis = await started(startRedis({ dir: join(this.#dir, 'redis') }));
    this.#hub = await started(
      startNats({
        dir: join(this.#dir, 'nats'),
        config: {
          server_name: namespace,
          accounts: natsHubAccountsOf(addresses, this.#passwordOf, [role]),
          // Clients are in the region, so no server tells them of others.
          cluster: { name: 'assay', listen: `${address}:${ports.cluster}`, no_advertise: true, routes: routes() },
          leafnodes: { listen: `${address}:${ports.leaves}` },
        },
      }),
    );
    for (const operator of this.#region.operators) this.#leaves.set(operator, await started(this.#startLeaf(operator)));
  }

  /** An operator's server. It joins at its own region's, and at another's when that is away. */
  #startLeaf(operator: number): Promise<ServerProcess> {
    const address = this.#addressOf(operator);
    const { users, mappings } = natsLeafAccountsOf(address, this.#passwordOf, [role])[natsAccount];
    const own = this.#region.address;
    const nearest = regions.map((one) => one.address).toSorted((a, b) => Number(b === own) - Number(a === own));
    const login = `${leafUserOf(address)}:${this.#parts.bus.password}`;
    const urls = nearest.map((one) => `nats-leaf://${login}@${one}:${ports.leaves}`);
    return startNats({
      dir: join(this.#dir, `operator-${operator}`),
      jetStream: false,
      config: {
        server_name: `operator-${operator}`,
        accounts: { [natsAccount]: { users, mappings } },
        leafnodes: { remotes: [{ urls, account: natsAccount, no_randomize: true }] },
      },
    });
  }

  async provision(): Promise<void> {
    const operators = this.#parts.operators.map(({ address }) => address);
    await provisionNats({
      servers: this.#hub,
      ...this.#loginOf({ kind: 'provisioner' }),
      replicas,
      operators,
      roles: [role],
    });
  }

  async startServices(): Promise<void> {
    const logs = join(this.#dir, 'logs');
    await mkdir(logs, { recursive: true });
    const starting = this.#specs().map(async (spec) => {
      this.#services.push(await startService(spec, logs));
    });
    const failed = (await Promise.allSettled(starting)).find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  #specs(): ServiceSpec[] {
    const { index, operators: own } = this.#region;
    const { bus, contracts, operators, oracle, rpcUrl, transmitterKeyFiles, dir } = this.#parts;
    const all = serviceSpecs({
      natsUrl: this.#hub,
      natsPasswordFile: bus.passwordFile,
      redisUrl: this.#redis,
      redisPasswordFile: undefined,
      rpcUrl,
      contracts,
      policiesFile: shippedPoliciesFile,
      operators,
      replicasOf: (operator, one) => (one === role && own.includes(operator) ? 1 : 0),
      transmitterKeyFiles,
      participants: 0,
      oracle,
      otlpEndpoint: undefined,
      logLevel: 'info',
      explorer: false,
      modelDir: dir,
      compileCacheDir: compileCacheFolder(),
      environment: { HTTP_HOST: this.#region.address, HTTP_PORT: String(ports.gateway), TURN_DELTA_MS: '4000' },
      entryOf: () => undefined,
    });
    return all
      .filter(({ service, name }) => service !== 'consensus-aggregator' || name === `aggregator-${index}`)
      .map((spec) => ({ ...spec, environment: { ...spec.environment, ...this.#placeOf(spec.name) } }));
  }

  /** An operator's validators log in at its leaf node. */
  #placeOf(name: string): Record<string, string> {
    const operator = Number(/^operator-(\d+)-/.exec(name)?.[1] ?? Number.NaN);
    const leaf = this.#leaves.get(operator);
    return leaf === undefined ? {} : { NATS_URL: leaf };
  }

  /** As the second aggregator, whose user may read what it asks for. */
  async records(): Promise<Records> {
    const login = this.#loginOf({ kind: 'aggregator', index: 1 });
    const bus = await connectNatsBus({ servers: this.#hub, name: 'a test', ...login });
    try {
      const reports = await decodedMessagesOf(bus, 'REPORTS', certifiedReportSchema);
      const proposals = await decodedMessagesOf(bus, 'PROPOSALS', proposalSchema);
      return {
        reported: reports.map(({ task }) => task.taskId),
        proposed: proposals.map(({ epoch, sequence, root, entries }) => ({
          epoch,
          sequence,
          root,
          taskIds: entries.map(({ taskId }) => taskId),
        })),
      };
    } finally {
      await bus.close();
    }
  }

  #loginOf(identity: BusIdentity) {
    const user = busUserOf(identity);
    return { user, pass: this.#parts.bus.password, inboxPrefix: inboxPrefixOf(identity) };
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#services.map((one) => one.stop()));
    await Promise.allSettled(this.#servers.map((one) => one.stop()));
  }
}

const routes = () => regions.map(({ address }) => `nats-route://${address}:${ports.cluster}`);

let region: RunningRegion | undefined;

async function carryOut(order: Order): Promise<Answer> {
  if (order.do === 'servers') region = new RunningRegion(order.index, order.parts);
  if (region === undefined) throw new Error('The region has no servers yet.');
  switch (order.do) {
    case 'servers':
      await region.startServers();
      break;
    case 'provision':
      await region.provision();
      break;
    case 'services':
      await region.startServices();
      break;
    case 'records':
      return { done: order.do, records: await region.records() };
    case 'stop':
      await region.stop();
      break;
  }
  return { done: order.do };
}

process.on('message', (order: Order) => {
  void carryOut(order)
    .catch((error: unknown): Answer => ({ failed: errorText(error) }))
    .then((answer) => process.send?.(answer));
});
// Whoever started it is gone: nothing may run on.
await once(process, 'disconnect');
await region?.stop();
process.exit(0);
