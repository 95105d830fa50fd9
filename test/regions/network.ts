/** A network of operators in three regions: its chain, its keys, and a process for each region. */
import { mkdirSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { startAnvil } from '@assay/adapters/process/server-programs';
import {
  accounts,
  makeBusPassword,
  makeOperators,
  makeOracle,
  makeTransmitters,
} from '@assay/cli/network/network-keys';
import { readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { ChainReader } from '@assay/sdk/chain-reader';
import { root, step } from '../containers/run.ts';
import { aggregatorCount, operatorCount, outside, ports, regions } from './layout.ts';
import type { NetworkParts, Records } from './region-plan.ts';
import { type RegionProcess, startRegion } from './region-process.ts';
import { programPath } from './requirements.ts';

/** The folder of a run, with all logs. */
export const dir = `${root}.assay/regions`;

/** A running network. */
export interface RegionNetwork {
  readonly chain: ChainReader;
  /** The gateway of each region. */
  readonly gatewayUrls: readonly string[];
  /** What the bus holds, read in a region. */
  records(index: number): Promise<Records>;
  stop(): Promise<void>;
}

/** Starts it on the wide area network, which is there. */
export async function startRegionNetwork(): Promise<RegionNetwork> {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async () => {
    for (let last = stops.pop(); last !== undefined; last = stops.pop()) await last();
  };
  try {
    const anvil = await startAnvil({ blockTimeSeconds: 1 });
    stops.push(() => anvil.stop());
    const door = await openDoor(anvil.port);
    stops.push(() => door.close());
    const parts = await makeNetwork(anvil.url, `http://${outside.address}:${door.port}`);
    const started = regions.map((region) => startRegion(region, dir, programPath));
    stops.push(() => Promise.all(started.map((one) => one.stop())));
    await bringUp(started, parts);
    return {
      chain: new ChainReader({ rpcUrl: anvil.url, ...parts.contracts }),
      gatewayUrls: regions.map(({ address }) => `http://${address}:${ports.gateway}`),
      async records(index) {
        const records = await started[index]?.order({ do: 'records' });
        if (records === undefined) throw new Error(`Region ${index} has no records.`);
        return records;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function bringUp(started: readonly RegionProcess[], parts: NetworkParts): Promise<void> {
  const all = (order: (region: RegionProcess) => Promise<unknown>) => Promise.all(started.map(order));
  await step(
    'three servers of NATS in a cluster, a leaf node for each operator',
    async () => void (await all((one) => one.order({ do: 'servers', index: one.region.index, parts }))),
  );
  await step('streams with a replica in each region', async () => void (await started[0]?.order({ do: 'provision' })));
  await step('services', async () => void (await all((one) => one.order({ do: 'services' }))));
}

async function makeNetwork(rpcUrl: string, rpcUrlInRegions: string): Promise<NetworkParts> {
  const operators = await makeOperators(dir, operatorCount);
  const contracts = await deployContracts({
    rpcUrl,
    deployerKey: anvilAccountKey(accounts.deployer),
    operators: operators.map(({ privateKey }) => ({ privateKey, stake: 1n })),
    policiesDigest: policiesDigest(await readPolicies(shippedPoliciesFile)),
  });
  return {
    dir,
    rpcUrl: rpcUrlInRegions,
    contracts,
    operators: operators.map(({ address, keyFile, journal }) => ({ address, keyFile, journal })),
    transmitterKeyFiles: await makeTransmitters(dir, aggregatorCount),
    oracle: await makeOracle(dir),
    bus: await makeBusPassword(dir),
  };
}

/** A way from the wide area network to a server that listens on the loopback interface. */
async function openDoor(port: number): Promise<{ readonly port: number; close(): Promise<void> }> {
  const open = new Set<Socket>();
  const server = createServer((outer) => {
    const inner = connect(port, '127.0.0.1');
    open.add(outer);
    outer.pipe(inner).pipe(outer);
    outer.on('error', () => inner.destroy());
    outer.on('close', () => open.delete(outer));
    inner.on('error', () => outer.destroy());
  });
  await new Promise<void>((done) => server.listen(0, outside.address, done));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        // The other end of some was cut off, and nobody says that it is gone.
        for (const one of open) one.destroy();
      }),
  };
}
