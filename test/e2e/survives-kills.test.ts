/** Processes die during a run; nothing is lost or doubled. */
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { JudgedTask } from '@assay/cli/tasks/judge-tasks';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import { subjects } from '@assay/protocol/bus/subjects';
import { observationSchema } from '@assay/protocol/observation/observation';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { temporaryFolder } from '../integration/temporary-folder.ts';
import { makeWorkplace } from './assay-command.ts';
import { fixtureTasks, judgeOn } from './fixture-tasks.ts';
import { expectReportedOnce } from './reported-once.ts';
import { standardRoles } from './standard-roles.ts';
import { decodedMessagesOf, messagesOf } from './stream-messages.ts';
import { serviceNamed, startWatchedNetwork, validatorOf, type WatchedNetwork } from './watched-network.ts';

/**
 * The nightly run has four operators and every role, `npm test` the checksum verifiers of two: one with a replica to stop,
 * one with a replica to kill.
 */
const isWhole = process.env.TEST_SCOPE === 'whole';
const policy = isWhole ? 'standard' : 'checksum-only';
const operators = isWhole ? 4 : 2;
const tasksBefore = 8;
const tasksDuring = 20;
/** The operator whose checksum replica is stopped, and the one whose replica is killed. */
const stopped = 1;
const killed = 0;
/** Well below the 30 s after which the bus redelivers a dead replica's work. */
const givenBackMs = 20_000;
/** Longer than the 7.5 s after which a validator takes its consumer for silent. */
const stallMs = 8_000;

let recordings: Awaited<ReturnType<typeof temporaryFolder>>;
let network: WatchedNetwork;
let tasks: LabelledTask[];

beforeAll(async () => {
  recordings = await temporaryFolder();
  [network, tasks] = await Promise.all([
    startWatchedNetwork({
      operators,
      replicasOf: (operator, role) => {
        if (role === 'checksum' && operator <= stopped) return 2;
        return isWhole ? undefined : 0;
      },
      environment: { TURN_DELTA_MS: '1000', RECORD_EVENTS_DIR: recordings.path },
    }),
    fixtureTasks(),
  ]);
});

afterAll(async () => {
  await network?.stop();
  await recordings.remove();
});

it('a validator replica that is asked to stop gives its work back, and the other replica does it', async () => {
  const some = tasks.slice(0, tasksBefore);
  const replica = validatorOf(network, stopped, 'checksum', 1);
  // Paused until it is stopped, so that it holds tasks then.
  process.kill(replica.pid, 'SIGSTOP');
  let gone: Promise<void> | undefined;
  const judged = await judgeOn(network, some, 'checksum-only', {
    onJudged: () => {
      gone ??= stopAfterStall(replica);
    },
  });
  await gone;
  expect(unproven(judged)).toEqual([]);
  await eventually('an observation of every task', () => everyTaskObserved(network, stopped, judged), givenBackMs);
});

it('with an aggregator, a validator replica and Redis killed, every task ends with exactly one certified report', async () => {
  const some = tasks.slice(tasksBefore, tasksBefore + tasksDuring);
  const replica = validatorOf(network, killed, 'checksum', 1);
  // Paused from the start, so that it dies while it holds tasks.
  process.kill(replica.pid, 'SIGSTOP');
  let reported = 0;
  let dying: Promise<number> | undefined;
  const judged = await judgeOn(network, some, policy, {
    // More than the other replica pulls at once, so that some of them go to the paused one.
    inFlightMax: tasksDuring / 2,
    onJudged: () => {
      reported += 1;
      if (reported === 3) dying = killAll(network, replica);
    },
  });
  const killedAtMs = (await dying) ?? 0;
  expect(reported).toBe(tasksDuring);
  expect(unproven(judged)).toEqual([]);
  expect(killedAtMs).toBeGreaterThan(0);
  await expectDegraded(network);
  await expectTakenOver(network, judged, killedAtMs);
});

it('no task has a second report, and none is in two batches that the chain holds', async () => {
  expect(await expectReportedOnce(network)).toHaveLength(tasksBefore + tasksDuring);
});

it('what the aggregators recorded, the killed one too, replays to the same effects', async () => {
  const workplace = await makeWorkplace();
  for (const index of [0, 1]) {
    const file = join(recordings.path, `consensus-aggregator-aggregator-${index}-epoch-1.jsonl`);
    const { code, stdout } = await workplace.run('replay', file, '--json');
    const steps = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(steps.filter(({ kind, isSame }) => kind === 'event' && !isSame)).toEqual([]);
    expect(steps.at(-1)).toMatchObject({ kind: 'end', starts: 1, different: 0 });
    expect(steps.at(-1).events).toBeGreaterThan(tasksBefore * standardRoles.length);
    expect(code).toBe(0);
  }
  await workplace.remove();
});

/** SIGKILL to one aggregator, a validator replica and Redis; resolves with the time when all have exited. */
async function killAll(network: WatchedNetwork, replica: { kill(): Promise<void> }): Promise<number> {
  const aggregator = serviceNamed(network, 'aggregator-0');
  await Promise.all([aggregator.kill(), replica.kill(), network.servers.redis.kill()]);
  await expect(connectsTo(network.servers.redis.port)).resolves.toBe(false);
  return Date.now();
}

function unproven(judged: readonly JudgedTask[]): string[] {
  return judged.flatMap((one) => (one.unproven === undefined ? [] : [`${one.task.task}: ${one.unproven}`]));
}

/** Ends a replica's stall as it is asked to stop, when it takes its bus for silent: its tasks are still in its socket. */
async function stopAfterStall(replica: ReturnType<typeof validatorOf>) {
  await pause(stallMs);
  const gone = replica.stop();
  process.kill(replica.pid, 'SIGCONT');
  await gone;
}

async function everyTaskObserved(network: WatchedNetwork, operator: number, judged: readonly JudgedTask[]) {
  const address = network.operators[operator]?.address;
  const observed = await decodedMessagesOf(network.bus, 'OBSERVATIONS', observationSchema);
  const own = observed.filter((one) => one.operator === address && one.role === 'checksum').map((one) => one.taskId);
  return judged.every(({ taskId }) => own.includes(taskId));
}

/** Tasks that the killed replica held go to the other replica: submitted before the kill, observed after it. */
async function expectTakenOver(network: WatchedNetwork, judged: readonly JudgedTask[], killedAtMs: number) {
  await eventually('an observation of every task', () => everyTaskObserved(network, killed, judged), 60_000);
  const address = network.operators[killed]?.address ?? '0x';
  const handedIn = new Map((await messagesOf(network.bus, 'TASKS')).map((one) => [one.subject, one.timestampMs]));
  const observed = new Map(
    (await messagesOf(network.bus, 'OBSERVATIONS')).map((one) => [one.subject, one.timestampMs]),
  );
  const takenOver = judged.filter(({ taskId }) => {
    const observedAtMs = observed.get(subjects.observation(taskId, 'checksum', address)) ?? 0;
    return (handedIn.get(subjects.task(taskId)) ?? Number.POSITIVE_INFINITY) < killedAtMs && observedAtMs > killedAtMs;
  });
  expect(takenOver.length).toBeGreaterThan(0);
}

/** A service without its cache stays ready and reports the degraded part. */
async function expectDegraded(network: WatchedNetwork) {
  const { healthPort } = validatorOf(network, stopped, 'checksum').facts;
  await eventually('"degraded" without Redis', async () => {
    const response = await fetch(`http://127.0.0.1:${healthPort}/readyz`);
    const body = (await response.json()) as { degraded: string[] };
    return response.status === 200 && body.degraded.includes('redis');
  });
}

function connectsTo(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
