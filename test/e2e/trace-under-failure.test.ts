/**
 * Many tasks, a replica that dies while it holds some of them, redelivered messages: every task has one complete
 * trace.
 */
import type { JudgedTask } from '@assay/cli/tasks/judge-tasks';
import { taskConsumer } from '@assay/protocol/bus/subjects';
import { attributes, spans } from '@assay/runtime/service/telemetry-names';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { changedPolicies, type PoliciesFile } from './changed-policies.ts';
import { fixtureTasks, judgeOn } from './fixture-tasks.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts';
import { standardRoles } from './standard-roles.ts';
import { type Extent, isWhole, named, withOutcome } from './trace/trace-expectations.ts';
import { keptBy, samplingPolicies } from './trace/trace-sampling.ts';
import { startWatchedNetwork, validatorOf, type WatchedNetwork } from './watched-network.ts';

/** The nightly run has four operators, every role and 50 tasks. */
const isNightly = process.env.TEST_SCOPE === 'whole';
const policy = isNightly ? 'standard' : 'checksum-only';
const roles = isNightly ? standardRoles : (['checksum'] as const);
const extent: Extent = { operators: isNightly ? 4 : 2, aggregators: 2, roles };
const taskCount = isNightly ? 50 : 15;
/** The operator whose replica dies after this many reports. */
const struck = 0;
const killAfterReports = 5;
/** The bus redelivers a dead replica's work after 30 s. */
const wholeWithinMs = 90_000;
/** Past that, so that the operator observes the redelivered tasks: asked before, it would answer that it has not. */
const deadlineMs = 60_000;

let policies: PoliciesFile;
let receiver: OtlpReceiver;
let network: WatchedNetwork;
let judged: JudgedTask[];

beforeAll(async () => {
  receiver = await startOtlpReceiver();
  policies = await changedPolicies(() => ({ deadlineMs }));
  network = await startWatchedNetwork({
    operators: extent.operators,
    aggregators: extent.aggregators,
    policiesFile: policies.policiesFile,
    otlpEndpoint: receiver.url,
    replicasOf: (operator, role) => {
      if (!extent.roles.includes(role)) return 0;
      return operator === struck && role === 'checksum' ? 2 : 1;
    },
  });
});

afterAll(async () => {
  await network?.stop();
  await receiver?.close();
  await policies?.remove();
});

it('each task has its report although a replica dies', async () => {
  const fixtures = await fixtureTasks();
  const tasks = Array.from({ length: taskCount }, (_, index) => {
    const task = fixtures[index % fixtures.length];
    if (task === undefined) throw new Error('There are no fixtures.');
    return { ...task, task: `${task.task} ${index}` };
  });
  const replica = validatorOf(network, struck, 'checksum', 1);
  await bothReplicasAsk();
  // Paused from the start, so that it dies while it holds tasks and has not exported partial spans.
  process.kill(replica.pid, 'SIGSTOP');
  let reported = 0;
  let dying: Promise<void> | undefined;
  judged = await judgeOn(network, tasks, policy, {
    onJudged: () => {
      reported += 1;
      if (reported === killAfterReports) dying = replica.kill();
    },
  });
  await dying;
  expect(judged.filter(({ unproven }) => unproven !== undefined)).toEqual([]);
  expect(judged).toHaveLength(taskCount);
});

it('each task has exactly one trace, complete and without a gap', async () => {
  const areWhole = () => {
    const wanting = judged.flatMap(({ taskId }) => {
      const trace = traceOf(taskId);
      const whole = isWhole(trace, extent, { sealed: false, holdsBatch: named(trace, spans.cosign).length > 0 });
      return whole === true ? [] : [`${taskId}: ${whole}`];
    });
    return wanting.length === 0 || `${wanting.length} are not whole, such as ${wanting[0]}`;
  };
  await receiver.until('a whole trace of each task', areWhole, wholeWithinMs);
  for (const { taskId } of judged) {
    const ofTask = receiver.spans.filter((span) => span.attributes[attributes.taskId] === taskId);
    expect(new Set(ofTask.map(({ traceId }) => traceId)).size, taskId).toBe(1);
  }
  expect(new Set(judged.map(({ taskId }) => traceIdOf(taskId))).size).toBe(taskCount);
});

it('each batch is on the trace of one of its tasks and links to all of them', () => {
  const ofBatch = Map.groupBy(named(receiver.spans, spans.publish), (span) => span.attributes[attributes.batchId]);
  expect(ofBatch.size).toBeGreaterThan(0);
  for (const [batchId, published] of ofBatch) {
    const traces = new Set(published.map(({ traceId }) => traceId));
    const stages = receiver.spans.filter(
      ({ name, attributes: said }) =>
        said[attributes.batchId] === batchId && (name === spans.propose || name === spans.post),
    );
    expect(stages.length, String(batchId)).toBeGreaterThanOrEqual(2);
    for (const { name, links, traceId } of stages) {
      expect(new Set(links.map((link) => link.traceId)), name).toEqual(traces);
      expect(traces, name).toContain(traceId);
    }
  }
});

it('messages that the dead replica held were redelivered, as new spans on the same trace', () => {
  const address = network.operators[struck]?.address;
  const again = withOutcome(receiver.spans, spans.observe, 'observed').filter(
    ({ attributes: said }) => Number(said[attributes.deliveryCount]) > 1,
  );
  expect(again.length).toBeGreaterThan(0);
  for (const span of again.filter(({ attributes: said }) => said[attributes.operator] === address))
    expect(span.traceId).toBe(traceIdOf(String(span.attributes[attributes.taskId])));
  expect(again.some(({ attributes: said }) => said[attributes.operator] === address)).toBe(true);
});

it('the collector keeps each trace with a rejection or an abstention, and no other for that reason', async () => {
  const policies = await samplingPolicies();
  const verdicts = { rejections: 0, abstentions: 0, none: 0 };
  for (const { taskId, report } of judged) {
    const kept = keptBy(policies, traceOf(taskId)).filter((name) => name !== 'errors');
    const has = (verdict: string) => report?.results.some((result) => result.verdict === verdict) === true;
    expect(kept, taskId).toEqual([
      ...(has('reject') ? ['rejections'] : []),
      ...(has('abstain') ? ['abstentions'] : []),
    ]);
    for (const name of kept) verdicts[name as keyof typeof verdicts] += 1;
  }
  expect(verdicts.rejections).toBeGreaterThan(0);
});

/** Waits until each of the two replicas has a request for tasks at the bus: a paused one that has none gets none. */
async function bothReplicasAsk(): Promise<void> {
  const connection = await connect({ servers: network.servers.nats.url });
  try {
    const manager = await jetstreamManager(connection);
    const durable = taskConsumer(network.operators[struck]?.address ?? '0x', 'checksum');
    await eventually(
      'a request of both replicas',
      async () => (await manager.consumers.info('TASKS', durable)).num_waiting >= 2,
    );
  } finally {
    await connection.close();
  }
}

function traceIdOf(taskId: string): string {
  const roots = named(receiver.spans, spans.acceptTask).filter((span) => span.attributes[attributes.taskId] === taskId);
  return roots.length === 1 ? (roots[0]?.traceId ?? '') : '';
}

function traceOf(taskId: string): ReceivedSpan[] {
  return receiver.ofTrace(traceIdOf(taskId));
}
