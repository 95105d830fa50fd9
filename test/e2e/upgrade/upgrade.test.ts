/**
 * A release with another check replaces the running one as docs/operate.md says, operator after operator, while tasks are
 * submitted: processes of both releases on one bus and one chain.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import type { ServiceProcess, ServiceSpec } from '@assay/cli/network/service-process';
import { publicRequestOf } from '@assay/cli/tasks/public-request';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import { type Observation, observationSchema } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import { policiesDigest } from '@assay/protocol/policy/policies-digest';
import { methodDigest, type Policy } from '@assay/protocol/policy/policy';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { evidenceOn } from '@assay/protocol/report/explanation';
import { readEvidence } from '@assay/runtime/validator/read-evidence';
import { proveReport } from '@assay/sdk/prove-report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assayProgram } from '../../integration/assay-program.ts';
import { temporaryFolder } from '../../integration/temporary-folder.ts';
import { RegistryOwner } from '../registry-owner.ts';
import { expectReportedOnce } from '../reported-once.ts';
import { type Handled, type Load, startLoad } from '../steady-load.ts';
import { decodedMessagesOf } from '../stream-messages.ts';
import { markedTask } from '../trace/trace-tasks.ts';
import { startWatchedNetwork, type WatchedNetwork } from '../watched-network.ts';
import { type OtherRelease, releaseWith } from './other-release.ts';

/** The grace period, too. The new validators of all operators start in the first half of it. */
const epochSeconds = 90;
const policyName = 'checksum-only';
const patienceMs = 240_000;
const used = ['checksum', 'semantic'] as const;
const operators = 4;
/** Tasks that are certified before the first step, and after the last one. */
const enough = 6;
/** By how much the scores of the new release are lower. The tolerance of the role is 0. */
const lower = 300;
const changedFile = 'packages/checks/src/semantic/semantic-check.ts';
const change = `-  return Math.round(Math.max(0, Math.min(...scores, relevanceScore)));
+  return Math.round(Math.max(0, Math.min(...scores, relevanceScore) - ${lower}));
`;

const command = promisify(execFile);
const parts: { stop(): Promise<void> | void }[] = [];

let release: OtherRelease;
let network: WatchedNetwork;
let gatewayUrl: string;
const gone: string[] = [];
/** The policies of each epoch, by its number. */
let policiesOf: Readonly<Record<number, readonly Policy[]>>;

/** Pins the policies of both releases, and starts a network of the old one that reads the folder with both. */
async function start(): Promise<void> {
  const folder = await temporaryFolder();
  parts.push({ stop: () => folder.remove() });
  release = await releaseWith(changedFile, change);
  parts.push({ stop: () => release.remove() });
  const open = join(folder.path, 'open.json');
  await writeFile(open, await openPolicies());
  const policies = join(folder.path, 'policies');
  await mkdir(policies);
  const [old, next] = [join(policies, '7.json'), join(policies, '8.json')];
  await command(process.execPath, [...assayProgram(), 'policy', 'pin', open, '--out', old]);
  await release.assay('policy', 'pin', open, '--out', next);
  policiesOf = { 1: await readPolicies(old), 2: await readPolicies(next) };
  network = await startWatchedNetwork({
    operators,
    epochSeconds,
    logLevel: 'warn',
    policiesFile: old,
    replicasOf: (_, role) => (used.some((one) => one === role) ? 1 : 0),
    environment: { POLICIES_FILE: policies },
  });
  parts.push(network);
  ({ gatewayUrl } = network);
  for (const { failed } of network.services) void failed.then((why) => gone.push(why));
}

/** The shipped policies, of which one also asks the role whose check changes. They name no checks, as they are shipped. */
async function openPolicies(): Promise<string> {
  const shipped = JSON.parse(await readFile(shippedPoliciesFile, 'utf8')) as Policy[];
  const policies = shipped.map((one) =>
    one.name === policyName
      ? { ...one, deadlineMs: 60_000, roles: { ...one.roles, semantic: { ...one.roles.semantic, required: true } } }
      : one,
  );
  return JSON.stringify(policies);
}

describe.runIf(process.env.TEST_SCOPE === 'whole')('an upgrade that changes a check', () => {
  beforeAll(start);

  afterAll(async () => {
    for (const part of parts.reverse()) await part.stop();
  });

  it('loses, doubles and mixes nothing, and abstains on nothing', { timeout: 600_000 }, async () => {
    const owner = new RegistryOwner(network);
    const task = withTampered(markedTask('upgrade'));
    const load = startLoad({
      gatewayUrl: () => gatewayUrl,
      requestOf: (number) => publicRequestOf(task, policyName, `task ${number}`),
      underWayMax: 3,
    });
    await certified(load, enough);
    await rollAllButValidators();
    await owner.announce(policiesDigest(policiesOf[2] ?? []));
    await expectTooEarly();
    await owner.startEpoch();
    const validators = network.specs.filter(isValidator);
    for (const spec of validators) await startNew(spec);
    await expect.poll(() => owner.isCheckable(1), { timeout: patienceMs, interval: 500 }).toBe(false);
    for (const spec of validators) await oldOf(spec).stop();
    await certified(load, load.soFar().length + enough);

    const handled = await load.stop();
    const reported = await expectReportedOnce(network);
    expect(reported.sort()).toEqual(handled.map(({ taskId }) => taskId as string).sort());
    expect(await network.bus.lastSequence('DEAD')).toBe(0);
    expect(gone).toEqual([]);
    const observed = await expectNothingMixed();
    const reports = handled.map(({ report }) => report);
    const abstained = await expectDecided(reports);
    await expectEvidence(reports);
    say(handled, `${observed} observations, 0 equivocations, ${abstained} abstentions`);
  });
});

/** The task with one more answer, which is not what its miner committed to: operators state evidence against it. */
function withTampered(task: LabelledTask): LabelledTask {
  const output =
    'By day it is too hot for it and too dangerous, so it sleeps then and looks for food in the dark of night.';
  const commitment = `sha256:${'12'.repeat(32)}`;
  return { ...task, submissions: [...task.submissions, { miner: 'miner-tampered', output, commitment }] };
}

const isValidator = ({ name }: ServiceSpec) => name.startsWith('operator-');

/** Waits until so many tasks are certified. */
async function certified(load: Load, count: number): Promise<void> {
  await expect.poll(() => load.soFar().length, { timeout: patienceMs, interval: 250 }).toBeGreaterThanOrEqual(count);
}

function oldOf(spec: ServiceSpec): ServiceProcess {
  const found = network.services.find(({ name }) => name === spec.name);
  if (found === undefined) throw new Error(`${spec.name} does not run.`);
  return found;
}

/** Starts the new release's process beside the old one, or in its place. */
async function startNew(spec: ServiceSpec): Promise<ServiceProcess> {
  const started = await network.start({ ...spec, name: `${spec.name}-new`, entry: release.entryOf(spec.service) });
  void started.failed.then((why) => gone.push(why));
  return started;
}

/** The gateway is always there, as behind a Kubernetes Service; of the others, one process has a place at a time. */
async function rollAllButValidators(): Promise<void> {
  for (const spec of network.specs.filter((one) => !isValidator(one))) {
    if (spec.service !== 'gateway') await oldOf(spec).stop();
    const { facts } = await startNew(spec);
    if (spec.service !== 'gateway') continue;
    gatewayUrl = `http://127.0.0.1:${facts.httpPort}`;
    await oldOf(spec).stop();
  }
}

/** A validator of the new release does not start before the epoch that its checks are for. */
async function expectTooEarly(): Promise<void> {
  const [spec] = network.specs.filter(isValidator);
  if (spec === undefined) throw new Error('There are no validators.');
  const early = { ...spec, name: `${spec.name}-early`, entry: release.entryOf(spec.service) };
  const [old] = policiesOf[1] ?? [];
  await expect(network.start(early)).rejects.toThrow(`is for the checks ${old?.checksDigest}`);
}

/** Every operator measured in both epochs, by the method of the epoch, and nothing twice. Resolves with how often. */
async function expectNothingMixed(): Promise<number> {
  const observations = await decodedMessagesOf(network.bus, 'OBSERVATIONS', observationSchema);
  const methodOf = (epoch: number, role: Role) =>
    policiesOf[epoch]?.flatMap((policy) => (policy.name === policyName ? [methodDigest(role, policy)] : []))[0];
  const mixed = observations.filter(({ epoch, role, methodDigest: stated }) => methodOf(epoch, role) !== stated);
  const seats = new Set(observations.map(({ epoch, operator, role }) => `${epoch} ${operator} ${role}`));
  const bySeat = Map.groupBy(observations, ({ taskId, role, operator }) => `${taskId} ${role} ${operator}`);
  const measuredAs = (all: readonly Observation[]) => new Set(all.map(({ measurements }) => measurements)).size;
  const equivocations = [...bySeat].filter(([, all]) => measuredAs(all) > 1);
  expect({ mixed, equivocations, seats: seats.size }).toEqual({
    mixed: [],
    equivocations: [],
    seats: 2 * operators * used.length,
  });
  return observations.length;
}

/** Every report is proven, decided on every answer, and has the scores of its epoch's release. Resolves with how many abstain. */
async function expectDecided(reports: readonly CertifiedReport[]): Promise<number> {
  for (const report of reports)
    expect(await proveReport(network.chain, policiesOf[report.epoch] ?? [], report)).toMatchObject({ ok: true });
  const scoresIn = (epoch: number) =>
    new Set(
      reports.flatMap((one) => (one.epoch === epoch ? one.results.map(({ scores }) => scores.semantic ?? 0) : [])),
    );
  const [before, after] = [scoresIn(1), scoresIn(2)];
  expect(before.size).toBeGreaterThan(0);
  expect(after).toEqual(new Set([...before].map((score) => score - lower)));
  const abstained = reports.filter(({ results }) => results.some(({ verdict }) => verdict === 'abstain'));
  expect(abstained).toEqual([]);
  return abstained.length;
}

/** In both epochs, what operators found is signed by them for their observations. */
async function expectEvidence(reports: readonly CertifiedReport[]): Promise<void> {
  for (const [epoch, policies] of Object.entries(policiesOf)) {
    const policy = policies.find(({ name }) => name === policyName);
    if (policy === undefined) throw new Error('There is no policy.');
    const some = reports.filter((report) => report.epoch === Number(epoch)).slice(-enough);
    const stated = await Promise.all(
      some.map(async (report) => evidenceOn(report, await readEvidence(network.bus, policy, report))),
    );
    const found = stated.flatMap((one) => one.at(-1) ?? []).filter(({ role }) => role === 'checksum');
    expect(new Set(found.map(({ operator }) => operator)).size).toBeGreaterThan((2 * operators) / 3);
    for (const { items } of found) expect(items.map(({ kind }) => kind)).toContain('commitment-mismatch');
  }
}

function say(handled: readonly Handled[], more: string): void {
  const latencies = handled.map(({ ms }) => Math.round(ms)).sort((a, b) => a - b);
  const of = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0;
  const inEpoch = (epoch: number) => handled.filter(({ report }) => report.epoch === epoch).length;
  process.stdout.write(
    `upgrade that changes a check: ${network.specs.length} processes replaced under load, ${inEpoch(1)} tasks in the old epoch, ${inEpoch(2)} in the new one, 0 lost, 0 doubled, ${more}; from hand-in to certified report p50 ${of(0.5)} ms, p99 ${of(0.99)} ms, longest ${of(1)} ms\n`,
  );
}
