/**
 * Four operators, the smallest network that one faulty operator cannot stop: some lie, one is offline. They pledge what
 * they observed before they show it, and certify with BLS.
 */
import { join } from 'node:path';
import { connectEvmChain } from '@assay/adapters/evm/chain';
import type { JudgedTask } from '@assay/cli/tasks/judge-tasks';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import { checkAnyCertificate } from '@assay/protocol/batch/certify';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { configDigest } from '@assay/protocol/network/validator-set';
import { pledgeSchema } from '@assay/protocol/observation/commit-reveal';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { evidenceOn } from '@assay/protocol/report/explanation';
import type { Verdict } from '@assay/protocol/report/report';
import { readEvidence } from '@assay/runtime/validator/read-evidence';
import { createPublicClient, decodeFunctionData, http } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { changedPolicies, type PoliciesFile } from './changed-policies.ts';
import { fixtureTasks, judgeOn } from './fixture-tasks.ts';
import { standardRoles } from './standard-roles.ts';
import { startWatchedNetwork, validatorOf, type WatchedNetwork } from './watched-network.ts';

const bundles = process.env.ASSAY_BUNDLES ?? '';
const liar = join(bundles, 'lying-validator/main.js');
const manners = ['noise', 'praise'] as const;
/** One with a tampered commitment, one with a wrong fact, one in another language. */
const chosen = ['fact-capital-australia', 'code-regex-iso-date', 'de-bundeslaender'];

/** Policies by the length of their phase. Every operator keeps the first, however busy the machine; a test waits for the second. */
const commitMs = { standard: 20_000, 'checksum-only': 4_000 };
type PolicyName = keyof typeof commitMs;
/** So long that no operator answers by an absence, which needs no pledge. */
const deadlineMs = 80_000;

let policies: PoliciesFile;
let network: WatchedNetwork;
let tasks: LabelledTask[];

beforeAll(async () => {
  policies = await changedPolicies(({ name }) => ({
    deadlineMs,
    commitReveal: { commitMs: commitMs[name as PolicyName] ?? commitMs.standard },
  }));
  network = await startWatchedNetwork({
    certificates: 'bls',
    aggregators: 1,
    policiesFile: policies.policiesFile,
    entryOf: (_, operator) => (operator === 0 || operator === 1 ? liar : undefined),
    environment: { ASSAY_BUNDLES: bundles },
  });
  tasks = (await fixtureTasks()).filter((one) => chosen.includes(one.task));
});

afterAll(async () => {
  await network?.stop();
  await policies?.remove();
});

describe('while all operators are online and honest', () => {
  let judged: JudgedTask[];

  beforeAll(async () => {
    judged = await judge('standard', tasks);
  });

  it('some verdicts accept and some reject', () => {
    expect(tasks).toHaveLength(chosen.length);
    const verdicts = judged.flatMap(resultsOf);
    expect(verdicts).toContain('accept');
    expect(verdicts).toContain('reject');
  });

  it('a certificate is one aggregate signature of the operators, with their keys from the registry', async () => {
    const { stated, signers, bytes, checked } = await certificateOf(reportOf(judged[0]));
    expect(stated.certificates).toBe('bls');
    expect(stated.members.every(({ blsKey }) => blsKey?.length === 2 + 2 * 192)).toBe(true);
    expect(bytes).toBe(96 + stated.members.length - signers.length);
    expect(checked).toEqual({ ok: true, value: BigInt(signers.length) });
  });

  it('an observation is shown after all have pledged or the phase is over, and opens its own pledge', async () => {
    for (const { task, observations } of judged.map(reportOf)) {
      await expectPledged(observations);
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

  describe('and then sign nonsense', () => {
    it.each(manners)('the verdicts are the same when one of four signs only %s', async (manner) => {
      const lied = await judge('standard', lieAbout(tasks, 1, manner));
      expect(liesOf(network.operators[0]?.address, lied)).toBeGreaterThan(0);
      expect(lied.flatMap(resultsOf)).toEqual(judged.flatMap(resultsOf));
      await expectEvidence(lied, manner === 'noise');
    });

    it('abstain is certified, and nothing false, when two sign noise about what the others accept', async () => {
      const { falseVerdicts, where } = await verdictsUnderLies('noise');
      expect(where('accept')).toEqual(where('accept').map(() => 'abstain'));
      expect(falseVerdicts).toEqual([]);
    });

    it('abstain is certified, and nothing false, when two praise what the others reject', async () => {
      const { falseVerdicts, where } = await verdictsUnderLies('praise');
      expect(where('reject')).toEqual(where('reject').map(() => 'abstain'));
      expect(falseVerdicts).toEqual([]);
    });
  });

  /** Verdicts while two of four lie: the false ones, and those where the honest verdict was another. */
  async function verdictsUnderLies(manner: (typeof manners)[number]) {
    const honest = judged.flatMap(resultsOf);
    const all = (await judge('standard', lieAbout(tasks, 2, manner))).flatMap(resultsOf);
    expect(all).toHaveLength(honest.length);
    return {
      falseVerdicts: all.filter((verdict, index) => verdict !== 'abstain' && verdict !== honest[index]),
      where: (was: Verdict) => all.filter((_, index) => honest[index] === was),
    };
  }
});

describe('while one operator is offline', () => {
  let report: CertifiedReport;

  beforeAll(async () => {
    await Promise.all(standardRoles.map((role) => validatorOf(network, 3, role).stop()));
    const [task] = tasks;
    if (task === undefined) throw new Error('There are fixtures.');
    const [judged] = await judge('checksum-only', [{ ...task, task: `one away ${task.task}` }]);
    report = reportOf(judged);
  });

  it('the certificate names it, and does without it', async () => {
    const { stated, signers, bytes, checked } = await certificateOf(report);
    expect(bytes).toBe(96 + 1);
    expect(signers).toEqual(
      stated.members.map(({ operator }) => operator).filter((one) => one !== network.operators[3]?.address),
    );
    expect(checked).toEqual({ ok: true, value: 3n });
  });

  it('the others wait for the end of the phase, and not for it', async () => {
    const away = network.operators[3]?.address;
    expect(report.observations.some(({ operator }) => operator === away)).toBe(false);
    await expectPledged(report.observations);
    const overMs = await phaseEnd('checksum-only', report.task.taskId);
    for (const { taskId, role, operator } of report.observations) {
      const shown = await network.bus.last('OBSERVATIONS', subjects.observation(taskId, role, operator));
      expect(shown?.timestampMs).toBeGreaterThan(overMs);
    }
  });
});

/** Every task certified and proven on chain, or the test fails here. */
async function judge(policy: PolicyName, some: readonly LabelledTask[]): Promise<JudgedTask[]> {
  const judged = await judgeOn(network, some, policy);
  expect(judged.map((one) => one.unproven)).toEqual(some.map(() => undefined));
  return judged;
}

/** What decided is stated by honest operators as they found it, and by the liar as it likes, each under its own name. */
async function expectEvidence(judged: readonly JudgedTask[], isLiarHeard: boolean): Promise<void> {
  const stated = async () => {
    const read = judged.map(async (one) => {
      const { policy } = one;
      if (policy === undefined) throw new Error('There is no policy.');
      return evidenceOn(reportOf(one), await readEvidence(network.bus, policy, reportOf(one))).flat();
    });
    return (await Promise.all(read)).flat();
  };
  const liar = network.operators[0]?.address;
  const kinds = (all: Awaited<ReturnType<typeof stated>>, isLiar: boolean) =>
    all.filter(({ operator }) => (operator === liar) === isLiar).flatMap(({ items }) => items.map(({ kind }) => kind));
  await eventually('the evidence of all', async () => {
    const all = await stated();
    return new Set(all.map(({ operator }) => operator)).size >= (isLiarHeard ? 4 : 3);
  });
  const all = await stated();
  expect(new Set(kinds(all, true))).toEqual(new Set(isLiarHeard ? ['noise'] : []));
  expect(kinds(all, false)).toContain('commitment-mismatch');
  expect(kinds(all, false)).not.toContain('noise');
}

function reportOf(judged: JudgedTask | undefined): CertifiedReport {
  if (judged?.report === undefined) throw new Error('There is no report.');
  return judged.report;
}

function resultsOf({ report }: JudgedTask): Verdict[] {
  return (report?.results ?? []).map((one) => one.verdict);
}

/** The same tasks under references that state which operators lie about them, and how. */
function lieAbout(some: readonly LabelledTask[], liars: number, manner: (typeof manners)[number]): LabelledTask[] {
  return some.map((one) => ({ ...one, task: `lie:${liars}:${manner}:${one.task}` }));
}

/**
 * The number of an operator's observations in the reports that differ from those of every other operator of the same
 * role.
 */
function liesOf(operator: string | undefined, judged: readonly JudgedTask[]): number {
  const observations = judged.flatMap(({ report }) => report?.observations ?? []);
  return observations.filter(
    (one) =>
      one.operator === operator &&
      observations.every(
        (other) =>
          other.operator === operator ||
          other.taskId !== one.taskId ||
          other.role !== one.role ||
          other.measurements !== one.measurements,
      ),
  ).length;
}

/** The certificate of a report's batch as it was posted, with the weight behind it. */
async function certificateOf(report: CertifiedReport) {
  const client = createPublicClient({ transport: http(network.rpcUrl) });
  const { input } = await client.getTransaction({ hash: report.transaction.hash as Hex });
  const { args } = decodeFunctionData({ abi: assayHubAbi, data: input });
  const certificate = (args as readonly unknown[])[4] as Hex;
  const chain = connectEvmChain({ rpcUrl: network.rpcUrl, ...network.contracts });
  const stated = await chain.network(report.epoch);
  const { epoch, sequence, root, count } = report;
  const fields = { configDigest: configDigest(stated), epoch, sequence, root, count };
  const checked = checkAnyCertificate(stated, fields, certificate);
  return { stated, signers: report.signers, bytes: (certificate.length - 2) / 2, checked };
}

/** The last moment at which a pledge of an observation of a task is in time. */
async function phaseEnd(policy: PolicyName, taskId: Hex): Promise<number> {
  const task = await network.bus.last('TASKS', subjects.task(taskId));
  return (task?.timestampMs ?? Number.NaN) + commitMs[policy];
}

/** Every observation opens a pledge that was on the stream before it. */
async function expectPledged(observations: CertifiedReport['observations']): Promise<void> {
  expect(observations.length).toBeGreaterThan(0);
  for (const { taskId, role, operator, salt } of observations) {
    const pledged = await network.bus.last('PLEDGES', subjects.pledge(taskId, role, operator));
    const shown = await network.bus.last('OBSERVATIONS', subjects.observation(taskId, role, operator));
    const decoded = decodeMessage(pledgeSchema, pledged?.data ?? new Uint8Array());
    expect([decoded.ok, salt === undefined]).toEqual([true, false]);
    expect(pledged?.timestampMs).toBeLessThanOrEqual(shown?.timestampMs ?? 0);
  }
}
