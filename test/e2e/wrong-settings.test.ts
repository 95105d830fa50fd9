/** A service with a wrong setting does not start: it names the setting in one line and exits with code 2. */
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { createSqliteJournal } from '@assay/adapters/journal/sqlite-journal';
import { nodeFlagsOf } from '@assay/adapters/process/entry-file';
import { type ServerProcess, startAnvil, startNats } from '@assay/adapters/process/server-programs';
import { readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { serviceFile } from '@assay/cli/network/service-process';
import { toHex } from '@assay/protocol/encoding/bytes';
import { exampleKey } from '@assay/protocol/network/example-network';
import { roles, serviceOf } from '@assay/protocol/observation/role';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { addressOf } from '@assay/protocol/signature/signature';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from '../integration/temporary-folder.ts';

const models = fileURLToPath(new URL('../../models/', import.meta.url));
const all = [...roles.map(serviceOf), 'consensus-aggregator', 'gateway', 'oracle-key-participant'];
const member = exampleKey(1);
const stranger = exampleKey(2);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let servers: ServerProcess[] = [];
let right: Record<string, string>;

beforeAll(async () => {
  folder = await temporaryFolder();
  const [nats, anvil] = await Promise.all([
    startNats({ dir: join(folder.path, 'nats') }),
    startAnvil({ blockTimeSeconds: 0.25 }),
  ]);
  servers = [nats, anvil];
  const contracts = await deployContracts({
    rpcUrl: anvil.url,
    deployerKey: anvilAccountKey(0),
    operators: [{ privateKey: toHex(member), stake: 1n }],
    policiesDigest: policiesDigest(await readPolicies(shippedPoliciesFile)),
  });
  const journal = join(folder.path, 'journal');
  await (await createSqliteJournal({ folder: journal }, 0)).close();
  right = {
    NATS_URL: nats.url,
    CHAIN_RPC_URL: anvil.url,
    HUB_ADDRESS: contracts.hub,
    REGISTRY_ADDRESS: contracts.registry,
    KEYSTORE_ADDRESS: contracts.keystore,
    POLICIES_FILE: shippedPoliciesFile,
    OPERATOR_KEY_FILE: await keyFile('operator', member),
    SIGNING_JOURNAL: pathToFileURL(journal).href,
    TRANSMITTER_KEY_FILE: await keyFile('transmitter', member),
    ORACLE_KEY_FILE: await keyFile('oracle', member),
    AGREEMENT_KEY_FILE: await keyFile('agreement', member),
    KEY_ENCRYPTION_KEY_FILE: await keyFile('key-encryption', member),
    LOG_LEVEL: 'error',
  };
});

afterAll(async () => {
  await Promise.all(servers.map((one) => one.stop()));
  await folder.remove();
});

it.concurrent.each(all)('%s without settings names each missing one', async (service) => {
  const line = await refusalOf(service, {});
  for (const name of ['NATS_URL', 'CHAIN_RPC_URL', 'HUB_ADDRESS', 'POLICIES_FILE']) expect(line).toContain(name);
});

it('the router without settings names each missing one', async () => {
  const line = await refusalOf('router', {});
  for (const name of ['GATEWAY_URL', 'CHAIN_RPC_URL', 'HUB_ADDRESS', 'MINERS_FILE']) expect(line).toContain(name);
});

it.concurrent.each([
  ['gateway', 'LOG_LEVEL', 'loud'],
  ['router', 'MINERS_ASKED', '0'],
  ['gateway', 'HTTP_PORT', '70000'],
  ['gateway', 'CHAIN_RPC_URL', 'nowhere'],
  ['consensus-aggregator', 'HUB_ADDRESS', '0x12'],
  ['consensus-aggregator', 'BATCH_REPORTS_MAX', 'many'],
  ['checksum-verifier', 'CONCURRENCY', '0'],
])('%s refuses %s=%s by name', async (service, name, value) => {
  expect(await refusalOf(service, { ...right, [name]: value })).toContain(name);
});

it.each(['gateway', 'checksum-verifier'])('%s refuses a policy file that is not the chain’s', async (service) => {
  const policies = await readPolicies(shippedPoliciesFile);
  const other = join(folder.path, 'other-policies.json');
  await writeFile(other, JSON.stringify(policies.map((one) => ({ ...one, deadlineMs: one.deadlineMs + 1 }))));
  const line = await refusalOf(service, { ...right, POLICIES_FILE: other });
  expect(line).toContain(`POLICIES_FILE ${other} has digest`);
  expect(line).toContain(policiesDigest(policies));
});

it('the embedding comparer refuses policies that are made for another model', async () => {
  const otherModel = `0x${'5e'.repeat(32)}` as const;
  const policies = (await readPolicies(shippedPoliciesFile)).map((one) => ({ ...one, modelDigest: otherModel }));
  const contracts = await deployContracts({
    rpcUrl: right.CHAIN_RPC_URL ?? '',
    deployerKey: anvilAccountKey(0),
    operators: [{ privateKey: toHex(member), stake: 1n }],
    policiesDigest: policiesDigest(policies),
  });
  const file = join(folder.path, 'policies-of-another-model.json');
  await writeFile(file, JSON.stringify(policies));
  const line = await refusalOf('embedding-comparer', {
    ...right,
    HUB_ADDRESS: contracts.hub,
    REGISTRY_ADDRESS: contracts.registry,
    KEYSTORE_ADDRESS: contracts.keystore,
    POLICIES_FILE: file,
    MODEL_DIR: models,
  });
  expect(line).toContain('EMBEDDING_MODEL');
  expect(line).toContain(`"standard" is made for ${otherModel}`);
});

it('a validator refuses a signing journal that nobody created', async () => {
  const journal = join(folder.path, 'no-journal');
  const line = await refusalOf('checksum-verifier', { ...right, SIGNING_JOURNAL: pathToFileURL(journal).href });
  expect(line).toContain(`SIGNING_JOURNAL: There is no signing journal in ${journal}.`);
});

it('a policy file that is missing, not JSON, or misspelt is refused by name', async () => {
  const shipped = await readFile(shippedPoliciesFile, 'utf8');
  const noJson = join(folder.path, 'no-json.json');
  const misspelt = join(folder.path, 'misspelt.json');
  await Promise.all([writeFile(noJson, '['), writeFile(misspelt, shipped.replace('"deadlineMs"', '"deadline"'))]);
  const files = [join(folder.path, 'missing.json'), noJson, misspelt];
  const lines = await Promise.all(files.map((file) => refusalOf('gateway', { ...right, POLICIES_FILE: file })));
  for (const [index, line] of lines.entries()) {
    expect(line).toContain('POLICIES_FILE');
    expect(line).toContain(files[index]);
  }
  expect(lines[2]).toContain('deadline');
});

it('a validator refuses the key of an operator that is not in the set', async () => {
  const file = await keyFile('stranger', stranger);
  const line = await refusalOf('checksum-verifier', { ...right, OPERATOR_KEY_FILE: file });
  expect(line).toContain('OPERATOR_KEY_FILE');
  expect(line).toContain(addressOf(stranger));
  expect(line).not.toContain(toHex(stranger).slice(2));
});

it.each([
  ['checksum-verifier', 'OPERATOR_KEY_FILE'],
  ['consensus-aggregator', 'TRANSMITTER_KEY_FILE'],
  ['oracle-key-participant', 'AGREEMENT_KEY_FILE'],
])('%s refuses a file as %s that is missing, or that others can read', async (service, name) => {
  const files = [join(folder.path, 'missing.key'), await keyFile(`open-${name}`, member, 0o644)];
  const lines = await Promise.all(files.map((file) => refusalOf(service, { ...right, [name]: file })));
  for (const line of lines) expect(line).toContain(name);
  expect(lines[1]).toContain('chmod 600');
});

async function keyFile(name: string, key: Uint8Array, mode = 0o600): Promise<string> {
  const file = join(folder.path, `${name}.key`);
  await writeFile(file, `${toHex(key)}\n`, { mode });
  return file;
}

/** Starts a service that must not start; resolves with the one line that it prints. */
async function refusalOf(service: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const entry = serviceFile(service, 'main');
  const child = spawn(process.execPath, [...nodeFlagsOf(entry), entry], {
    env: { PATH: process.env.PATH ?? '', NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, said }).toEqual({ code: 2, said: expect.stringMatching(/^[^\n]+\n$/) });
  return said;
}
