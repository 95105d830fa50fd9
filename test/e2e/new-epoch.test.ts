/** A new epoch with other weights starts under load: no process restarts, nothing is lost, doubled or left undecided. */
import { publicRequestOf } from '@assay/cli/tasks/public-request';
import { stakeTokenAbi } from '@assay/contracts/generated/stake-token';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { BusMessage } from '@assay/protocol/ports';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { proveReport } from '@assay/sdk/prove-report';
import { encodeFunctionData } from 'viem';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { fixtureTasks } from './fixture-tasks.ts';
import { RegistryOwner } from './registry-owner.ts';
import { expectReportedOnce } from './reported-once.ts';
import { messagesOf } from './stream-messages.ts';
import { startWatchedNetwork, validatorOf, type WatchedNetwork } from './watched-network.ts';

/** The grace period, too: the new epoch takes tasks half of it after its start. */
const epochSeconds = 16;
const policy = 'checksum-only';
const clients = 3;
const patienceMs = 60_000;
/** Tasks of the new epoch until the load ends. */
const enough = 6;

let network: WatchedNetwork;
const gone: string[] = [];

/** The nightly run has four operators, `npm test` two, of which one gets more weight. */
const isWhole = process.env.TEST_SCOPE === 'whole';
const operators = isWhole ? 4 : 2;

beforeAll(async () => {
  network = await startWatchedNetwork({
    operators,
    aggregators: 1,
    epochSeconds,
    environment: { FINALITY: '1' },
    replicasOf: (_, role) => (role === 'checksum' ? 1 : 0),
  });
  for (const { failed } of network.services) void failed.then((why) => gone.push(why));
});

afterAll(() => network?.stop());

it('every task is certified once, in one of the epochs, as in an unchanged epoch', { timeout: 120_000 }, async () => {
  const some = (await fixtureTasks()).slice(0, 10);
  const reports: CertifiedReport[] = [];
  const of = (epoch: number) => reports.filter((one) => one.epoch === epoch);
  let handedIn = 0;
  const client = async () => {
    while (of(2).length < enough) {
      const number = handedIn++;
      const task = some[number % some.length];
      if (task === undefined) throw new Error('There are no tasks.');
      const taskId = await network.gateway.submitTask(publicRequestOf(task, policy, `task ${number}`));
      const report = await network.gateway.readReport(taskId, patienceMs / 2);
      if (report !== undefined) reports.push(report);
    }
  };
  const load = Promise.all(Array.from({ length: clients }, client));
  await expect.poll(() => of(1).length, { timeout: patienceMs }).toBeGreaterThan(0);
  await startEpoch(network.operators[0]?.address);
  await load;
  await repeatTaskOf(of(1)[0]);

  expect(reports).toHaveLength(handedIn);
  expect((await expectReportedOnce(network)).length).toBe(handedIn + 1);
  expect(reports.flatMap(({ results }) => results.filter(({ verdict }) => verdict === 'abstain'))).toEqual([]);
  for (const report of reports) expect((await proveReport(network.chain, network.policies, report)).ok).toBe(true);
  expect(await network.bus.lastSequence('DEAD')).toBe(0);
  expect(gone).toEqual([]);
  process.stdout.write(`new epoch: ${of(1).length} tasks certified in the old one, ${of(2).length} in the new one\n`);
});

it.runIf(isWhole)('the next epoch takes over what one has left', { timeout: 240_000 }, async () => {
  // Without two of four operators, the second epoch certifies nothing.
  const paused = [1, 2].map((operator) => validatorOf(network, operator, 'checksum'));
  const owner = new RegistryOwner(network);
  for (const { pid } of paused) process.kill(pid, 'SIGSTOP');
  let taskId: Hex;
  try {
    const [task] = await fixtureTasks();
    if (task === undefined) throw new Error('There are no tasks.');
    taskId = await network.gateway.submitTask(publicRequestOf(task, policy, 'left over'));
    await owner.startEpoch();
    await expect.poll(() => owner.isCheckable(2), { timeout: patienceMs }).toBe(false);
  } finally {
    for (const { pid } of paused) process.kill(pid, 'SIGCONT');
  }
  const left = taskId;
  await expect.poll(() => network.gateway.readReport(left), { timeout: 2 * patienceMs }).toBeDefined();
  const report = await network.gateway.readReport(left);
  expect(report?.epoch).toBe(3);
  expect(report?.results.filter(({ verdict }) => verdict === 'abstain')).toEqual([]);
  if (report === undefined) throw new Error('The task has a report.');
  expect((await proveReport(network.chain, network.policies, report)).ok).toBe(true);
  await expectReportedOnce(network);
  expect(gone).toEqual([]);
});

/** Whoever has the gateway's credential writes a task of the first epoch again, which comes in the time of the second. */
async function repeatTaskOf(report: CertifiedReport | undefined): Promise<void> {
  const subject = subjects.task(report?.task.taskId ?? '0x');
  const written = await network.bus.last('TASKS', subject);
  await network.bus.publish(subject, written?.data ?? new Uint8Array());
  const later = await network.gateway.submitTask({
    reference: 'behind the repeated one',
    policy,
    prompt: 'question',
    submissions: [{ miner: 'one', output: 'an answer' }],
  });
  const behind = await network.gateway.readReport(later, patienceMs / 2);
  expect(behind?.epoch).toBe(2);
  expect(await messagesOf(network.bus, 'OBSERVATIONS')).toSatisfy(
    (all: readonly BusMessage[]) => new Set(all.map((one) => one.subject)).size === all.length,
  );
}

/** Raises the stake of one operator, and starts the epoch as soon as the registry lets anyone. */
async function startEpoch(operator: Hex | undefined): Promise<void> {
  const { stakeToken, registry } = network.contracts;
  const owner = new RegistryOwner(network);
  await owner.call(
    stakeToken,
    encodeFunctionData({ abi: stakeTokenAbi, functionName: 'approve', args: [registry, 1n] }),
  );
  const raised = { abi: validatorRegistryAbi, functionName: 'addStake', args: [operator ?? '0x', 1n] } as const;
  await owner.call(registry, encodeFunctionData(raised));
  await owner.startEpoch();
}
