/** An aggregator that finds no RPC at its start runs, reports what it waits for, and begins when one responds. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { type ServerProcess, startAnvil, startNats } from '@assay/adapters/process/server-programs';
import { readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { type ServiceProcess, startService } from '@assay/cli/network/service-process';
import { toHex } from '@assay/protocol/encoding/bytes';
import { exampleKey } from '@assay/protocol/network/example-network';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { away, type FaultyRpc, fair, startFaultyRpc } from './faulty-rpc.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let nats: ServerProcess;
let anvil: ServerProcess;
let faulty: FaultyRpc;
let service: ServiceProcess | undefined;

beforeAll(async () => {
  folder = await temporaryFolder();
  [nats, anvil] = await Promise.all([
    startNats({ dir: join(folder.path, 'nats') }),
    startAnvil({ blockTimeSeconds: 0.25 }),
  ]);
  faulty = await startFaultyRpc(anvil.url);
});

afterAll(async () => {
  await service?.stop();
  await faulty.close();
  await Promise.all([nats.stop(), anvil.stop()]);
  await folder.remove();
});

it('starts, is not ready without a chain, and is ready when an RPC responds', { timeout: 120_000 }, async () => {
  const contracts = await deployContracts({
    rpcUrl: anvil.url,
    deployerKey: anvilAccountKey(0),
    operators: [{ privateKey: toHex(exampleKey(1)), stake: 1n }],
    policiesDigest: policiesDigest(await readPolicies(shippedPoliciesFile)),
  });
  const keyFile = join(folder.path, 'transmitter.key');
  await writeFile(keyFile, anvilAccountKey(2), { mode: 0o600 });
  faulty.weather = away;
  const environment = {
    NATS_URL: nats.url,
    CHAIN_RPC_URL: `${faulty.url},http://127.0.0.1:1`,
    HUB_ADDRESS: contracts.hub,
    REGISTRY_ADDRESS: contracts.registry,
    KEYSTORE_ADDRESS: contracts.keystore,
    POLICIES_FILE: shippedPoliciesFile,
    TRANSMITTER_KEY_FILE: keyFile,
  };
  service = await startService({ service: 'consensus-aggregator', name: 'aggregator', environment }, folder.path);
  const readyz = `http://127.0.0.1:${service.facts.healthPort}/readyz`;
  const waiting = await fetch(readyz);
  expect(waiting.status).toBe(503);
  expect(await waiting.text()).toContain('chain');
  faulty.weather = fair;
  await eventually('the service to be ready', async () => (await fetch(readyz)).ok, 60_000);
});
