/** From two messages on the stream to the slashed stake: the command, a real NATS and a real chain. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { anvilAccountKey } from '@assay/adapters/evm/anvil-accounts';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import type { Deployed } from '@assay/adapters/evm/contract-creations';
import { deployContracts } from '@assay/adapters/evm/deploy-contracts';
import { natsAccountsOf } from '@assay/adapters/nats/accounts';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { provisionNats } from '@assay/adapters/nats/streams';
import { type ServerProcess, startAnvil, startNats } from '@assay/adapters/process/server-programs';
import type { FoundEquivocation } from '@assay/cli/equivocation/equivocation-watch';
import { stakeTokenAbi } from '@assay/contracts/generated/stake-token';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import { type BusIdentity, busIdentities, busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import { subjects } from '@assay/protocol/bus/subjects';
import { fromHex, type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { type Example, exampleNetwork, exampleObservation, exampleTask } from '@assay/protocol/network/example-network';
import type { Observation } from '@assay/protocol/observation/observation';
import { type Role, roles } from '@assay/protocol/observation/role';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import type { Bus } from '@assay/protocol/ports';
import { addressOf } from '@assay/protocol/signature/signature';
import { encodeTaskMessage } from '@assay/protocol/task/task-message';
import { createPublicClient, encodeFunctionData, http } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assayProgram } from './assay-program.ts';
import { within } from './eventually.ts';
import { temporaryFolder } from './temporary-folder.ts';

const slow = 90_000;
const stake = 1_000n;
/** A little more than a day, which `deployContracts` sets. */
const disputeSeconds = 24 * 3_600 + 60;
const passwordOf = (user: string) => `password-of-${user}`;
const reporterKey = anvilAccountKey(5);
const reporter = addressOf(fromHex(reporterKey));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let nats: ServerProcess;
let anvil: ServerProcess;
let deployed: Deployed;
let example: Example;
let operator: Hex;
const buses: Bus[] = [];
/** A new task for each test. */
const taskOf = (reference: string) => exampleTask({ reference }).task;

beforeAll(async () => {
  folder = await temporaryFolder();
  const made = exampleNetwork();
  const operators = made.network.members.map((member) => member.operator);
  const accounts = natsAccountsOf(busIdentities(operators), passwordOf);
  [nats, anvil] = await Promise.all([
    startNats({ dir: join(folder.path, 'nats'), config: { accounts } }),
    startAnvil({ blockTimeSeconds: 0.2 }),
  ]);
  await provisionNats({ servers: nats.url, ...loginOf({ kind: 'provisioner' }), operators });
  deployed = await deployContracts({
    rpcUrl: anvil.url,
    deployerKey: anvilAccountKey(0),
    operators: made.operators.map(({ privateKey }) => ({ privateKey: toHex(privateKey), stake })),
    policiesDigest: policiesDigest([made.policy]),
  });
  example = { ...made, network: await connectEvmChain({ rpcUrl: anvil.url, ...deployed }).network() };
  operator = example.operators[0]?.address ?? '0x';
  await writeFile(file('policies.json'), JSON.stringify([example.policy]));
  await writeFile(file('auditor.password'), passwordOf('auditor'), { mode: 0o600 });
  await writeFile(file('reporter.key'), reporterKey, { mode: 0o600 });
  await writeFile(file('shown.key'), reporterKey, { mode: 0o644 });
}, slow);

afterAll(async () => {
  await Promise.all(buses.map((bus) => bus.close()));
  await Promise.all([nats.stop(), anvil.stop()]);
  await folder.remove();
});

const file = (name: string) => join(folder.path, name);

function loginOf(identity: BusIdentity) {
  const user = busUserOf(identity);
  return { user, pass: passwordOf(user), inboxPrefix: inboxPrefixOf(identity) };
}

/** Publishes a task, and observations of it on the operator's subject as the operator's own user. */
async function publish(task: ReturnType<typeof taskOf>, observations: readonly Observation[]): Promise<void> {
  const busOf = async (identity: BusIdentity) => {
    const bus = await connectNatsBus({ servers: nats.url, name: 'test', ...loginOf(identity) });
    buses.push(bus);
    return bus;
  };
  const gateway = await busOf({ kind: 'gateway' });
  await gateway.publish(subjects.task(task.taskId), encodeTaskMessage(task));
  const validator = await busOf({ kind: 'validator', operator, role: 'embedding' });
  const subject = subjects.observation(task.taskId, 'embedding', operator);
  for (const one of observations) expect((await validator.publish(subject, encodeMessage(one))).status).toBe('stored');
}

/** An observation of a task by the operator, which gives its second submission this score. */
const observed = (task: ReturnType<typeof taskOf>, score: number, by = 0): Observation =>
  exampleObservation(example, task, 'embedding', by, [
    { score: 9_000, flags: 0 },
    { score, flags: 0 },
  ]);

/** Runs the command for a task; the last options win. */
async function assay(task: { readonly taskId: Hex }, ...more: readonly string[]) {
  const where = ['--nats', nats.url, '--password-file', file('auditor.password'), '--policies', file('policies.json')];
  const chain = ['--rpc', anvil.url, '--hub', deployed.hub, '--registry', deployed.registry];
  const what = ['--task', task.taskId, '--operator', operator, '--json'];
  const args = [...assayProgram(), 'equivocation', ...what, ...where, ...chain, ...more];
  return new Promise<{ code: number | string; stderr: string; stdout: string }>((resolve) => {
    execFile(process.execPath, args, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : (error.code ?? 'signal'), stdout, stderr }),
    );
  });
}

const sending = () => ['--slashing', deployed.slashing, '--key-file', file('reporter.key')];
const said = ({ stdout, stderr }: { stdout: string; stderr: string }) => {
  expect(stderr).toBe('');
  return JSON.parse(stdout);
};

/** What the command says of every role: what is expected of some, anything of the others. */
const eachRole = (expected: Partial<Record<Role, object>>) => roles.map((role) => ({ role, ...expected[role] }));

async function stakeAndReward(): Promise<readonly [bigint, bigint]> {
  const client = createPublicClient({ transport: http(anvil.url) });
  const registry = { address: deployed.registry, abi: validatorRegistryAbi } as const;
  const token = { address: deployed.stakeToken, abi: stakeTokenAbi } as const;
  const standing = await client.readContract({ ...registry, functionName: 'operatorOf', args: [operator] });
  return [standing.stake, await client.readContract({ ...token, functionName: 'balanceOf', args: [reporter] })];
}

async function rpc(method: string, params: readonly unknown[]): Promise<void> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params });
  const answer = await fetch(anvil.url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { error } = (await answer.json()) as { error?: { message: string } };
  if (error !== undefined) throw new Error(`${method}: ${error.message}`);
}

describe('an operator that signed two observations of one task that differ', () => {
  it('is found, reported, and loses stake when the dispute window is over', { timeout: slow }, async () => {
    const task = taskOf('two-versions');
    await publish(task, [observed(task, 9_000), observed(task, 8_960), observed(task, 1_000)]);

    const dry = await assay(task);
    expect(dry.code).toBe(0);
    const embedding = { role: 'embedding', messages: 3, signed: 3, equivocation: { epoch: 1, tolerance: 50 } };
    expect(said(dry)).toMatchObject({ equivocation: true, reports: [], roles: eachRole({ embedding }) });
    const untouched = await assay(task, ...sending(), '--execute');
    expect([untouched.code, said(untouched).cases]).toEqual([1, []]);

    const reported = await assay(task, ...sending());
    expect(reported.code).toBe(0);
    const [{ caseId, executableFrom }] = said(reported).reports;
    expect(executableFrom).toBeGreaterThan(Date.now() / 1_000 + disputeSeconds - 3_600);

    const again = await assay(task, ...sending());
    expect([again.code, said(again).reports[0]]).toMatchObject([1, { code: 'CaseKnown', caseId, executableFrom }]);
    const early = await assay(task, ...sending(), '--execute');
    expect([early.code, said(early).cases[0]]).toMatchObject([1, { code: 'CaseTooYoung', caseId, executableFrom }]);
    expect(await stakeAndReward()).toEqual([stake, 0n]);

    await rpc('evm_increaseTime', [disputeSeconds]);
    await rpc('evm_mine', []);
    const executed = await assay(task, ...sending(), '--execute');
    expect(executed.code).toBe(0);
    expect(said(executed).cases).toMatchObject([
      { status: 'executed', caseId, reporter, taken: '100', reward: '30', role: 'embedding', epoch: 1 },
    ]);
    expect(await stakeAndReward()).toEqual([900n, 30n]);
    const twice = await assay(task, ...sending(), '--execute');
    const refusal = { code: 'CaseNotOpen', advice: expect.stringContaining('already executed') };
    expect([twice.code, said(twice).cases[0]]).toMatchObject([1, refusal]);
  });

  it('is reported after its epoch as well', { timeout: slow }, async () => {
    const task = taskOf('an-epoch-later');
    await publish(task, [observed(task, 9_000), observed(task, 1_000)]);
    await rpc('evm_increaseTime', [disputeSeconds]);
    await rpc('evm_mine', []);
    const data = encodeFunctionData({ abi: validatorRegistryAbi, functionName: 'startEpoch' });
    await rpc('eth_sendTransaction', [{ from: reporter, to: deployed.registry, data }]);
    const chain = connectEvmChain({ rpcUrl: anvil.url, ...deployed });
    await expect.poll(async () => (await chain.network()).epoch, { timeout: 60_000 }).toBe(2);
    const reported = await assay(task, ...sending());
    expect([reported.code, said(reported).reports[0]]).toMatchObject([0, { status: 'reported', epoch: 1 }]);
  });
});

/** Starts a watchtower, which prints its events as JSON; `until` gives the first one that fits. */
function watchtower(...more: readonly string[]) {
  const where = ['--nats', nats.url, '--password-file', file('auditor.password'), '--policies', file('policies.json')];
  const chain = ['--rpc', anvil.url, '--hub', deployed.hub, '--registry', deployed.registry];
  const child = spawn(process.execPath, [...assayProgram(), 'watchtower', '--json', ...where, ...chain, ...more]);
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const until = async (fits: (event: { readonly kind: string; readonly found?: FoundEquivocation }) => boolean) => {
    for (;;) {
      const { value, done } = await within('an event of the watchtower', lines.next(), slow);
      if (done === true) throw new Error('The watchtower has ended.');
      const event = JSON.parse(value);
      if (fits(event)) return event;
    }
  };
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { until, stop };
}

describe('a watchtower', () => {
  it('reports an equivocation without a person, and sends nothing beyond its bound', {
    timeout: 3 * slow,
  }, async () => {
    const [task, other] = [taskOf('watched'), taskOf('beyond-the-bound')];
    const rich = watchtower(...sending(), '--spend-max', '1', '--fee-cap', '10');
    try {
      await publish(task, [observed(task, 9_000), observed(task, 1_000)]);
      const reported = await rich.until(
        ({ kind, found }) => kind === 'report' && found?.suspect.taskId === task.taskId,
      );
      expect(reported.report).toMatchObject({ status: 'reported', role: 'embedding' });
      expect(BigInt(reported.report.paid)).toBeGreaterThan(0n);
    } finally {
      await rich.stop();
    }
    const poor = watchtower(...sending(), '--spend-max', '0.000001', '--fee-cap', '10');
    try {
      await publish(other, [observed(other, 9_000), observed(other, 1_000)]);
      const event = await poor.until(({ found }) => found?.suspect.taskId === other.taskId);
      expect(event.kind).toBe('found');
      expect((await poor.until(() => true)).kind).toBe('over-bound');
    } finally {
      await poor.stop();
    }
    const unreported = await assay(other, ...sending());
    expect([unreported.code, said(unreported).reports[0]]).toMatchObject([0, { status: 'reported' }]);
  });
});

describe('no evidence', () => {
  it('is an honest repeat within the tolerance', async () => {
    const task = taskOf('honest-repeat');
    await publish(task, [observed(task, 9_000), observed(task, 8_950)]);
    const { code, ...rest } = await assay(task, ...sending());
    expect(code).toBe(1);
    expect(said(rest)).toMatchObject({
      equivocation: false,
      reports: [],
      roles: eachRole({ embedding: { signed: 2 } }),
    });
  });

  it('is a second message that somebody else signed', async () => {
    const task = taskOf('forged');
    const forged = { ...observed(task, 1_000), signature: observed(task, 1_000, 1).signature };
    await publish(task, [observed(task, 9_000), forged]);
    const { code, ...rest } = await assay(task, ...sending());
    expect(code).toBe(1);
    expect(said(rest).roles[1]).toMatchObject({ messages: 2, signed: 1, refused: { forged: 1 } });
  });

  it('is a task without observations', async () => {
    const task = taskOf('silent');
    await publish(task, []);
    const { code, ...rest } = await assay(task, '--role', 'checksum');
    expect([code, said(rest).roles]).toMatchObject([1, [{ role: 'checksum', messages: 0 }]]);
  });
});

describe('wrong use', () => {
  it.each<[string, () => readonly string[], RegExp]>([
    ['a task id that is none', () => ['--task', '0x12'], /--task must be 0x and 64/],
    ['a contract without an account', () => ['--slashing', deployed.slashing], /--slashing and --key-file/],
    ['a key that others can read', () => [...sending(), '--key-file', file('shown.key')], /mode 0644/],
    ['the slashing contract of others', () => [...sending(), '--hub', reporter], /not for these/],
    ['an unknown user', () => ['--user', 'root'], /is not a user of the bus/],
    ['a task that is not there', () => ['--task', `0x${'12'.repeat(32)}`], /is not on TASKS/],
  ])('is %s', async (_, more, reason) => {
    const { code, stderr, stdout } = await assay(taskOf('wrong-use'), ...more());
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^assay: [^\n]+\n$/);
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain(reporterKey.slice(2));
  });
});
