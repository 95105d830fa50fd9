import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { MemoryLedger } from '@assay/adapters/memory/memory-chain';
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  type Example,
  exampleNetwork,
  exampleObservation,
  examplePolicy,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { equivocationEvidence } from '@assay/protocol/observation/equivocation';
import type { Observation } from '@assay/protocol/observation/observation';
import { type Role, roles } from '@assay/protocol/observation/role';
import type { Bus } from '@assay/protocol/ports';
import { encodeTaskMessage } from '@assay/protocol/task/task-message';
import { beforeEach, describe, expect, it } from 'vitest';
import { accountOfFinding, summaryOf } from './equivocation-summary.ts';
import { findEquivocations } from './find-equivocation.ts';

const example = exampleNetwork();
const { task } = exampleTask();
const operator = example.network.members[0]?.operator ?? '0x';
const suspect = { taskId: task.taskId, operator, roles };

/** An observation of the first operator; its second submission has this score and these flags. */
const observed = (score: number, flags = 0, { of = example, role = 'embedding' as Role, by = 0 } = {}): Observation =>
  exampleObservation(of, task, role, by, [
    { score: 9_000, flags: 0 },
    { score, flags },
  ]);

let bus: Bus;
let ledger: MemoryLedger;

beforeEach(async () => {
  bus = new MemoryBroker().connect();
  ledger = new MemoryLedger(example.network);
  await bus.publish(subjects.task(task.taskId), encodeTaskMessage(task));
});

/** Publishes observations on the operator's subject, whatever their content. */
async function publish(role: Role, ...messages: readonly (Observation | string)[]): Promise<void> {
  for (const message of messages)
    await bus.publish(subjects.observation(task.taskId, role, operator), encodeMessage(message));
}

const find = (policies = [examplePolicy], messagesMax = 100) =>
  findEquivocations({ bus, chain: ledger.chain(), policies }, suspect, messagesMax);
const roleOf = async (role: Role) => {
  const finding = (await find()).roles.find((one) => one.role === role);
  if (finding === undefined) throw new Error('There are three roles.');
  return finding;
};

describe('the observations of an operator', () => {
  it('that differ are evidence, with their sequences and differences', async () => {
    const [first, repeat, second] = [observed(9_000), observed(8_980), observed(1_000, 8)];
    await publish('embedding', first, repeat, second);
    const { equivocation, signed } = await roleOf('embedding');
    const evidence = equivocationEvidence([examplePolicy], first, second);
    expect(signed).toBe(3);
    expect(equivocation).toEqual({
      role: 'embedding',
      epoch: example.network.epoch,
      tolerance: 50,
      sequences: [1, 3],
      differences: [{ submission: 1, first: { score: 9_000, flags: 0 }, second: { score: 1_000, flags: 8 } }],
      evidence: evidence.ok ? evidence.value : undefined,
    });
    const lines = accountOfFinding(await find()).join('\n');
    expect(lines).toContain('EQUIVOCATION in epoch 7: OBSERVATIONS 1 and 3');
    expect(lines).toMatch(/1 .*0\.9000 and 0\.1000 +none and outlier/);
    expect(lines).toContain(equivocation?.evidence);
  });

  it('that drift apart in small steps are evidence for the two that are too far apart', async () => {
    await publish('embedding', observed(6_030), observed(5_990), observed(5_960));
    expect((await roleOf('embedding')).equivocation?.sequences).toEqual([1, 3]);
  });

  it('that repeat each other within the tolerance are no evidence', async () => {
    await publish('embedding', observed(9_000), observed(8_950), observed(9_000));
    const finding = await roleOf('embedding');
    expect(finding).toMatchObject({ signed: 3, equivocation: undefined });
    expect(summaryOf(finding)).toMatch(/honest repeat: 3 observations/);
  });

  it('are nothing, or one, or one of each role', async () => {
    expect(summaryOf(await roleOf('checksum'))).toMatch(/there is no observation/);
    await publish('checksum', observed(9_000, 0, { role: 'checksum' }));
    await publish('semantic', observed(1_000, 0, { role: 'semantic' }));
    expect(summaryOf(await roleOf('checksum'))).toMatch(/one observation/);
    expect((await find()).roles.every(({ equivocation }) => equivocation === undefined)).toBe(true);
  });
});

describe('what does not count', () => {
  it('is reported, and is no evidence', async () => {
    const { signature } = observed(1_000, 0, { by: 1 });
    const nextEpoch: Example = { ...example, network: { ...example.network, epoch: 8 } };
    await publish('embedding', observed(9_000), { ...observed(1_000), signature }, observed(1_000, 0, { by: 1 }));
    await publish('embedding', observed(1_000, 0, { role: 'semantic' }), 'no observation');
    await publish('embedding', observed(1_000, 0, { of: nextEpoch }));
    const finding = await roleOf('embedding');
    expect(finding).toMatchObject({ messages: 6, signed: 1, equivocation: undefined });
    expect(finding.refused).toEqual({ forged: 1, 'wrong-subject': 2, malformed: 1, 'unknown-epoch': 1 });
    expect(accountOfFinding(await find()).join('\n')).toContain('does not count: 1 forged, 2 wrong-subject');
  });

  it('are observations of two epochs, though each counts in its own', async () => {
    const next: Example = { ...example, network: { ...example.network, epoch: 8 } };
    ledger.startEpoch(next.network);
    await publish('embedding', observed(9_000), observed(1_000, 0, { of: next }));
    expect(await roleOf('embedding')).toMatchObject({ signed: 2, equivocation: undefined });
    await publish('embedding', observed(1_000));
    expect((await roleOf('embedding')).equivocation).toMatchObject({ epoch: 7, sequences: [1, 3] });
  });

  it('is of an epoch with other policies; without another epoch, the file is wrong', async () => {
    await publish('embedding', observed(9_000), observed(1_000));
    const other = { ...examplePolicy, version: 2 };
    await expect(find([other])).rejects.toThrow(/that of no epoch in question \(7\)/);
    const network = { ...example.network, epoch: 8, policiesDigest: `0x${'11'.repeat(32)}` } as const;
    ledger.startEpoch(network);
    await publish('embedding', observed(1, 0, { of: { ...example, network } }));
    const finding = await roleOf('embedding');
    expect(finding.refused).toEqual({ 'other-policies': 1 });
    expect(finding.equivocation?.epoch).toBe(7);
  });
});

it('reads no more messages than its limit, and says so', async () => {
  await publish('embedding', observed(9_000), observed(8_990), observed(1_000));
  const finding = await find([examplePolicy], 2);
  expect([finding.complete, finding.roles.flatMap(({ equivocation }) => equivocation ?? [])]).toEqual([false, []]);
  expect(accountOfFinding(finding).at(-1)).toContain('more messages');
});

it('refuses a task that is not on the stream', async () => {
  const other = { ...suspect, taskId: `0x${'12'.repeat(32)}` } as const;
  const ports = { bus, chain: ledger.chain(), policies: [examplePolicy] };
  await expect(findEquivocations(ports, other, 100)).rejects.toThrow(/is not on TASKS/);
});
