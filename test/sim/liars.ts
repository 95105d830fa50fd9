/** Participants that violate the protocol: an equivocating operator, a lying aggregator, and a publisher of garbage. */

import { buildBatch, reportLeaf } from '@assay/protocol/batch/batch';
import { recompute } from '@assay/protocol/batch/proposal';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { exampleKey, exampleMeasurements, exampleObservation } from '@assay/protocol/network/example-network';
import { digestOfObservation, type Observation, observationSchema } from '@assay/protocol/observation/observation';
import { rolesOf } from '@assay/protocol/policy/policy';
import type { Verdict } from '@assay/protocol/report/report';
import { signDigest } from '@assay/protocol/signature/signature';
import type { Task } from '@assay/protocol/task/task';
import type { SimNetwork } from './network.ts';
import type { SeededRandom } from './seeded-random.ts';

/** Garbage that was published: each piece must end as a dead letter. */
export interface Garbage {
  readonly stream: string;
  readonly sequence: number;
  readonly kind: string;
}

/** Signs a second, different observation of every task and role, at some time in the task's life. */
export async function equivocate(
  network: SimNetwork,
  operatorIndex: number,
  task: Task,
  random: SeededRandom,
): Promise<void> {
  for (const role of rolesOf(network.example.policy)) {
    await network.clock.sleep(random.integer(0, 2_000));
    const measurements = task.submissions.map(
      () => exampleMeasurements[random.pick<Verdict>(['accept', 'reject', 'abstain'])],
    );
    const observation = exampleObservation(network.example, task, role, operatorIndex, measurements);
    await network.clearBus.publish(
      subjects.observation(task.taskId, role, observation.operator),
      encodeMessage(observation),
    );
  }
}

/**
 * Publishes one piece of garbage that no honest program writes. A forged observation of a task whose report is
 * published is ignored by design, so it does not need a dead letter.
 */
export async function litter(network: SimNetwork, tasks: readonly Task[], random: SeededRandom): Promise<Garbage[]> {
  const bus = network.clearBus;
  const [task] = tasks;
  const noise = random.chance(0.5) ? random.bytes(random.integer(0, 64)) : encodeMessage({ version: 1 });
  const stranger = network.operatorAt(random.integer(0, network.example.operators.length - 1));
  const kinds: Record<string, () => [stream: string, subject: string, data: Uint8Array] | undefined> = {
    'noise for TASKS': () => ['TASKS', subjects.task(`0x${'0e'.repeat(32)}`), noise],
    'noise for OBSERVATIONS': () => [
      'OBSERVATIONS',
      subjects.observation(`0x${'0e'.repeat(32)}`, 'semantic', stranger.address),
      noise,
    ],
    'noise for PROPOSALS': () => ['PROPOSALS', subjects.proposal('9-9'), noise],
    'noise for COSIGNATURES': () => ['COSIGNATURES', subjects.cosignature('9-9', stranger.address), noise],
    'forged observation': () => {
      if (task === undefined) return undefined;
      const forged = forgedObservation(network, task);
      return ['OBSERVATIONS', subjects.observation(task.taskId, 'semantic', forged.operator), encodeMessage(forged)];
    },
  };
  const kind = random.pick(Object.keys(kinds) as [string, ...string[]]);
  const made = kinds[kind]?.();
  if (made === undefined) return [];
  const [stream, subject, data] = made;
  const published = await bus.publish(subject, data);
  return published.status === 'stored' && kind !== 'forged observation'
    ? [{ stream, sequence: published.sequence, kind }]
    : [];
}

/** An observation in a member's name, signed by somebody else. */
function forgedObservation({ example }: SimNetwork, task: Task): Observation {
  const real = exampleObservation(example, task, 'semantic', 0);
  const signature = signDigest(digestOfObservation(example.network, real), exampleKey(4_242));
  return { ...real, signature };
}

type Lie = 'early' | 'wrong-root' | 'wrong-sequence' | 'task-twice' | 'unknown-task' | 'wrong-epoch';

/** One proposal of a lying aggregator, made of true observations, which nobody may cosign. */
export async function proposeLie(
  network: SimNetwork,
  tasks: readonly Task[],
  random: SeededRandom,
): Promise<Garbage[]> {
  const { clearBus: bus, example, clock } = network;
  const task = tasks[random.integer(0, Math.max(0, tasks.length - 1))];
  const message = task === undefined ? undefined : await bus.last('TASKS', subjects.task(task.taskId));
  if (task === undefined || message === undefined) return [];
  const lie = random.pick<Lie>(['early', 'wrong-root', 'wrong-sequence', 'task-twice', 'unknown-task', 'wrong-epoch']);
  if (lie === 'early' && clock.nowMs() >= message.timestampMs + example.policy.deadlineMs) return [];
  const observations = random.chance(0.5) ? await observationOnStream(network, task) : [];
  const report = recompute(example.network, { task, policy: example.policy }, observations);
  if (!report.ok) throw new Error(report.refusal.detail);
  const last = await bus.lastSequence('PROPOSALS');
  const sequence = last + (lie === 'wrong-sequence' ? 5 : 1);
  const epoch = example.network.epoch + (lie === 'wrong-epoch' ? 1 : 0);
  const root = lie === 'wrong-root' ? `0x${'13'.repeat(32)}` : buildBatch([reportLeaf(report.value.fields)]).root;
  const entry = { taskId: lie === 'unknown-task' ? `0x${'0e'.repeat(32)}` : task.taskId, observations };
  const entries = lie === 'task-twice' ? [entry, entry] : [entry];
  const published = await bus.publish(
    subjects.proposal(batchIdOf(epoch, sequence)),
    encodeMessage({ epoch, sequence, root, entries }),
    { expectLastStreamSequence: last },
  );
  return published.status === 'stored' ? [{ stream: 'PROPOSALS', sequence: published.sequence, kind: lie }] : [];
}

/** The checksum observation that the first operator has signed, if there is one. */
async function observationOnStream(network: SimNetwork, task: Task): Promise<Observation[]> {
  const { address } = network.operatorAt(0);
  const message = await network.clearBus.last('OBSERVATIONS', subjects.observation(task.taskId, 'checksum', address));
  const decoded = message === undefined ? undefined : decodeMessage(observationSchema, message.data);
  return decoded?.ok ? [decoded.value] : [];
}
