/**
 * The commands of docs/install.md and docs/payments.md, as they stand there, put a network on a fresh chain on which nobody's key is known and
 * only an account of the test's own has funds. Then a task is certified.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { evmTransport } from '@assay/adapters/evm/endpoints';
import { decryptKey, encryptKey } from '@assay/adapters/keys/keystore-file';
import { type ServerProcess, startAnvil } from '@assay/adapters/process/server-programs';
import { networkFileOf } from '@assay/cli/network/network-file';
import { trialDollarAbi, trialDollarBytecode } from '@assay/contracts/generated/trial-dollar';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import { verdictPaymentsAbi } from '@assay/contracts/generated/verdict-payments';
import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { addressOf } from '@assay/protocol/signature/signature';
import { createPublicClient, createWalletClient, parseEther } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assayProgram } from '../integration/assay-program.ts';
import { eventually } from '../integration/eventually.ts';
import { startHttpSigner } from '../integration/http-signer.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';

const page = new URL('../../docs/install.md', import.meta.url);
const payments = new URL('../../docs/payments.md', import.meta.url);
const isWhole = process.env.TEST_SCOPE === 'whole';
const key = toHex(randomBytes(32));
const funder = privateKeyToAccount(key);

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let chain: ServerProcess;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  folder = await temporaryFolder();
  const genesisFile = join(folder.path, 'genesis.json');
  const alloc = { [funder.address]: { balance: `0x${parseEther('1000').toString(16)}` } };
  const timestamp = `0x${Math.floor(Date.now() / 1_000).toString(16)}`;
  const block = { timestamp, difficulty: '0x0', gasLimit: '0x1c9c380', nonce: '0x0', extraData: '0x' };
  await writeFile(genesisFile, JSON.stringify({ config: { chainId: 31_337 }, alloc, ...block }));
  chain = await startAnvil({ genesisFile, blockTimeSeconds: 0.25 });
  await mkdir(join(folder.path, 'bin'));
  const command = [process.execPath, ...assayProgram()].map((word) => `'${word}'`).join(' ');
  await writeFile(join(folder.path, 'bin/assay'), `#!/bin/sh\nexec ${command} "$@"\n`);
  await chmod(join(folder.path, 'bin/assay'), 0o755);
});

afterAll(async () => {
  for (const one of running) {
    one.kill('SIGINT');
    await once(one, 'close');
  }
  await chain?.stop();
  await folder?.remove();
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Started {
  readonly said: { stdout: string; stderr: string };
  readonly child: ChildProcess;
  readonly finished: Promise<Ran>;
}

/** Starts lines of the page in a shell; only the addresses of servers are those of this run. */
function start(lines: string): Started {
  const { PATH = '' } = process.env;
  const child = spawn('/bin/sh', ['-ec', lines], {
    cwd: folder.path,
    env: { ...process.env, PATH: `${join(folder.path, 'bin')}${delimiter}${PATH}`, RPC: chain.url, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => {
      said[name] += chunk.toString();
    });
  const finished = once(child, 'close').then(([code]) => {
    running.delete(child);
    return { code, ...said };
  });
  return { said, child, finished };
}

const run = (lines: string): Promise<Ran> => start(lines).finished;

async function succeeds(lines: string): Promise<string> {
  const { code, stdout, stderr } = await run(lines);
  expect(code, `${lines}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

/** The blocks of commands under a heading. */
async function blocksUnder(heading: string, file = page): Promise<string[]> {
  const [, section = ''] = (await readFile(file, 'utf8')).split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block = '']) => block.trim());
}

interface Installed {
  readonly payers: Hex[];
  readonly operator: Hex;
  readonly isComplete: boolean;
  readonly contracts: Readonly<Record<'hub' | 'registry' | 'stakeToken', Hex>>;
}

async function installed(name = 'my-network'): Promise<Installed> {
  const network = JSON.parse(await readFile(join(folder.path, name, 'network.json'), 'utf8'));
  const payers = [network.admin, network.oracle, ...network.transmitters].map(({ address }) => address);
  const { isComplete, contracts } = network.deployment ?? { isComplete: false, contracts: {} };
  return { payers, operator: network.operators[0].address, isComplete, contracts };
}

/** Locks the keys of the network again, so that it takes no second of a core to open one: the test does so thirty times. */
async function cheapenKeys(name = 'my-network'): Promise<void> {
  const keys = join(folder.path, name, 'keys');
  const password = (await readFile(join(keys, 'password'), 'utf8')).trim();
  for (const name of (await readdir(keys)).filter((one) => one.endsWith('.json'))) {
    const key = await decryptKey(await readFile(join(keys, name), 'utf8'), password);
    await writeFile(join(keys, name), await encryptKey(key, password, 1_024));
  }
}

/** Sends funds as a person would: by transactions of an account that has some. */
async function fund(addresses: readonly Hex[]): Promise<void> {
  const transport = evmTransport(chain.url);
  const wallet = createWalletClient({ transport, account: funder });
  const client = createPublicClient({ transport });
  for (const to of addresses) {
    const hash = await wallet.sendTransaction({ to, value: parseEther('10'), chain: null });
    await client.waitForTransactionReceipt({ hash, pollingInterval: 100 });
  }
}

it('the commands of the page install a network, go on where they stopped, and a task is certified', async () => {
  const [init = '', deploy = '', join1 = '', up = '', use = '', ...more] = await blocksUnder('The commands');
  expect(more).toEqual([]);
  await succeeds(init.replace(/^export RPC=.*\n/, ''));
  await cheapenKeys();
  const { payers, operator } = await installed();
  const [plan = '', confirmed = ''] = deploy.split('\n');

  const poor = await run(confirmed);
  expect(poor).toMatchObject({ code: 2, stderr: expect.stringContaining('Send it funds') });
  await fund(payers);
  expect(await succeeds(plan)).toMatch(/open {2}Deploying ValidatorRegistry: (?:about )?\d+ gas/);
  expect(await run(confirmed.replace(' --confirm', ''))).toMatchObject({ code: 2 });

  const first = start(`exec ${confirmed}`);
  await eventually('the third contract', async () => first.said.stderr.includes('Deploying ValidatorRegistry'));
  first.child.kill('SIGKILL');
  await first.finished;
  expect((await installed()).isComplete).toBe(false);
  expect((await run('assay epoch start my-network --rpc $RPC --confirm')).stderr).toContain('assay contracts deploy');
  await succeeds(confirmed);
  expect((await installed()).isComplete).toBe(true);
  expect(await succeeds(confirmed)).toContain('Everything is already done');

  await succeeds(join1);
  expect(await succeeds(join1)).toContain('Everything is already done');

  const network = start(`exec ${up.replace('--port 8080', '--port 0')}`);
  const ended = network.finished.then(({ stderr }) => Promise.reject(new Error(`The network ended: ${stderr}`)));
  await Promise.race([
    ended,
    eventually('the network', async () => network.said.stdout.includes('Assay is up'), 120_000),
  ]);
  const { gatewayUrl } = JSON.parse(await readFile(networkFileOf(folder.path), 'utf8'));
  const [post = '', report = ''] = use.replace('http://127.0.0.1:8080', gatewayUrl).split(/\n(?=assay report)/);
  const { taskId } = JSON.parse(await succeeds(post));
  await succeeds(report.replace('<taskId>', taskId));

  const [stake = '', remove = '', pin = '', propose = '', activate = ''] = (await blocksUnder('Later'))
    .join('\n')
    .replaceAll('<address>', operator)
    .replace('my-policies.json', 'my-network/policies/1.json')
    .split('\n');
  await succeeds(stake);
  expect(await succeeds(`${remove} --dry-run`)).toContain(`open  Giving up the seat of ${operator}`);
  await succeeds(pin);
  expect(await succeeds(propose)).toContain('Everything is already done');
  expect(await succeeds(activate)).toContain('Everything is already done');
});

it.runIf(isWhole)('operators get their BLS keys where the hub takes them', async () => {
  const init = 'assay network init bls-network --chain anvil --certificates bls --operators';
  await succeeds(`${init} 1`);
  await cheapenKeys('bls-network');
  expect(await run('assay network init bls-network --chain sepolia')).toMatchObject({ code: 2 });
  expect(await succeeds(`${init} 2`)).toContain('has a network already, with 1 operator. Nothing was changed.');
  const { payers } = await installed('bls-network');
  await fund(payers);
  await succeeds('assay contracts deploy bls-network --rpc $RPC --confirm');
  const add = 'assay operator add bls-network --rpc $RPC --confirm';
  expect(await succeeds(add)).toContain('Registering the BLS key of');
  expect(await succeeds(add)).toContain('Everything is already done');
  await succeeds('assay epoch start bls-network --rpc $RPC --number 1 --confirm');
  const { registry } = (await installed('bls-network')).contracts;
  const client = createPublicClient({ transport: evmTransport(chain.url) });
  const call = { abi: validatorRegistryAbi, address: registry, functionName: 'blsKeysOf', args: [1n] } as const;
  const keys = fromHex(await client.readContract(call));
  expect(keys).toHaveLength(192);
  expect(keys.some((byte) => byte > 0)).toBe(true);
});

it('the commands of docs/payments.md deploy its contract, for a token that somebody else has deployed', async () => {
  const transport = evmTransport(chain.url);
  const client = createPublicClient({ transport });
  const hash = await createWalletClient({ transport, account: funder }).deployContract({
    abi: trialDollarAbi,
    bytecode: trialDollarBytecode,
    args: [funder.address, 1n],
    chain: null,
  });
  const { contractAddress: token } = await client.waitForTransactionReceipt({ hash, pollingInterval: 100 });
  if (!token) expect.fail('no token');
  const [commands = ''] = await blocksUnder('Turn it on', payments);
  const [plan = '', confirmed = ''] = commands.replaceAll('$TOKEN', token).split('\n');
  expect(await succeeds(plan)).toMatch(/open {2}Deploying VerdictPayments for the token 0x[0-9a-f]{40}: \d+ gas/);
  const done = await succeeds(confirmed);
  const [, address = ''] = /^For the Router: PAYMENTS_ADDRESS=(0x[0-9a-f]{40})$/m.exec(done) ?? [];
  const at = { address: address as Hex, abi: verdictPaymentsAbi } as const;
  const { hub, stakeToken } = (await installed()).contracts;
  expect((await client.readContract({ ...at, functionName: 'hub' })).toLowerCase()).toBe(hub);
  expect((await client.readContract({ ...at, functionName: 'token' })).toLowerCase()).toBe(token.toLowerCase());
  const again = await succeeds(`${confirmed} --json`);
  expect(JSON.parse(again)).toMatchObject({ status: 'done', transactions: [], payments: address });
  const wrong = await run(confirmed.replace(token, stakeToken));
  expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('EIP-3009') });
});

it.runIf(isWhole)('an admin and an operator at a remote signer install a network', async () => {
  const [admin, member] = [randomBytes(32), randomBytes(32)].map((secret) => new Uint8Array(secret));
  if (admin === undefined || member === undefined) throw new RangeError('There are two keys.');
  const signers = [await startHttpSigner(admin), await startHttpSigner(member)] as const;
  try {
    const operator = addressOf(member);
    await succeeds(`assay network init signed-network --chain anvil --operators 0 --operator-address ${operator}`);
    await cheapenKeys('signed-network');
    await fund([addressOf(admin), (await installed('signed-network')).payers[1] ?? operator]);
    const paid = `--rpc $RPC --confirm --signer-url ${signers[0].url} --signer-address ${addressOf(admin)}`;
    await succeeds(`assay contracts deploy signed-network ${paid}`);
    const add = `assay operator add signed-network ${operator} ${paid}`;
    const { stderr } = await run(add);
    const [, bytes = ''] = /Let it sign (0x[0-9a-f]+) /.exec(stderr) ?? [];
    const [block = ''] = await blocksUnder('The folder');
    const [consentCommand = ''] = block.split('\n');
    const keys = await (await fetch(`${signers[1].url}/api/v1/eth1/publicKeys`)).json();
    const curl = consentCommand.replace('<publicKey>', String(keys)).replace('<bytes>', bytes);
    const consent = await succeeds(`SIGNER=${signers[1].url}\n${curl}`);
    expect(await succeeds(`${add} --consent ${consent}`)).toContain(`Listing ${operator}`);
    expect(await succeeds(`assay epoch start signed-network --number 1 ${paid}`)).toContain('Starting epoch 1');
    expect(signers.map((signer) => signer.signed() > 0)).toEqual([true, true]);
  } finally {
    await Promise.all(signers.map((signer) => signer.stop()));
  }
});
