/** A network whose operators pledge what they observed before they show it: real services, real NATS users, real chain. */
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { pledgeSchema } from '@assay/protocol/observation/commit-reveal';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changedPolicies, type PoliciesFile } from './changed-policies.ts';
import { fixtureTasks, judgeOn } from './fixture-tasks.ts';
import { standardRoles } from './standard-roles.ts';
import { startWatchedNetwork, validatorOf, type WatchedNetwork } from './watched-network.ts';

/** Policies by the length of their phase. Every operator keeps the first, however busy the machine; a test waits for the second. */
const commitMs = { standard: 20_000, 'checksum-only': 4_000 };
type PolicyName = keyof typeof commitMs;
/** So long that no operator answers by an absence, which needs no pledge. */
const deadlineMs = 80_000;

describe('a network that pledges before it shows', () => {
  let policies: PoliciesFile;
  let network: WatchedNetwork;

  beforeAll(async () => {
    policies = await changedPolicies(({ name }) => ({
      deadlineMs,
      commitReveal: { commitMs: commitMs[name as PolicyName] ?? commitMs.standard },
    }));
    network = await startWatchedNetwork({ policiesFile: policies.policiesFile });
  });

  afterAll(async () => {
    await network?.stop();
    await policies?.remove();
  });

  /** The last moment at which a pledge of an observation of a task is in time. */
  async function phaseEnd(policy: PolicyName, taskId: Hex): Promise<number> {
    const task = await network.bus.last('TASKS', subjects.task(taskId));
    return (task?.timestampMs ?? Number.NaN) + commitMs[policy];
  }

  /** Judges the first tasks; every observation in their reports opens a pledge that was on the stream before it. */
  async function judgePledged(policy: PolicyName, name: string, count: number) {
    const tasks = (await fixtureTasks()).slice(0, count).map((one) => ({ ...one, task: `${name} ${one.task}` }));
    const judged = await judgeOn(network, tasks, policy);
    expect(judged.map((one) => one.unproven)).toEqual(tasks.map(() => undefined));
    const reports = judged.flatMap(({ report }) => (report === undefined ? [] : [report]));
    for (const { observations } of reports) {
      for (const { taskId, role, operator, salt } of observations) {
        const pledged = await network.bus.last('PLEDGES', subjects.pledge(taskId, role, operator));
        const shown = await network.bus.last('OBSERVATIONS', subjects.observation(taskId, role, operator));
        const decoded = decodeMessage(pledgeSchema, pledged?.data ?? new Uint8Array());
        expect([decoded.ok, salt === undefined]).toEqual([true, false]);
        expect(pledged?.timestampMs).toBeLessThanOrEqual(shown?.timestampMs ?? 0);
      }
    }
    return reports;
  }

  it('certifies every task, and shows nothing before all have pledged or the phase is over', async () => {
    const reports = await judgePledged('standard', 'all', 4);
    for (const { task } of reports) {
      for (const role of standardRoles) {
        const places = await Promise.all(
          network.operators.map(async ({ address }) => ({
            pledged: await network.bus.last('PLEDGES', subjects.pledge(task.taskId, role, address)),
            shown: await network.bus.last('OBSERVATIONS', subjects.observation(task.taskId, role, address)),
          })),
        );
        const overMs = await phaseEnd('standard', task.taskId);
        const lastPledged = Math.max(...places.map(({ pledged }) => pledged?.timestampMs ?? overMs));
        const firstShown = Math.min(...places.flatMap(({ shown }) => (shown === undefined ? [] : [shown.timestampMs])));
        expect(firstShown).toBeGreaterThanOrEqual(Math.min(lastPledged, overMs));
      }
    }
  });

  it('waits for the end of the phase, and not for an offline operator', async () => {
    await Promise.all(standardRoles.map((role) => validatorOf(network, 3, role).stop()));
    const [report] = await judgePledged('checksum-only', 'one away', 1);
    const away = network.operators[3]?.address;
    expect(report?.observations.some(({ operator }) => operator === away)).toBe(false);
    const overMs = await phaseEnd('checksum-only', report?.task.taskId ?? '0x');
    for (const { taskId, role, operator } of report?.observations ?? []) {
      const shown = await network.bus.last('OBSERVATIONS', subjects.observation(taskId, role, operator));
      expect(shown?.timestampMs).toBeGreaterThan(overMs);
    }
  });
});
