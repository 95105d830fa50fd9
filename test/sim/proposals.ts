/** What a lying aggregator proposes while the honest one is down. */
import { buildBatch, reportLeaf } from '@assay/protocol/batch/batch';
import { recompute } from '@assay/protocol/batch/proposal';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import { type Observation, observationSchema } from '@assay/protocol/observation/observation';
import { roles } from '@assay/protocol/observation/role';
import type { Task } from '@assay/protocol/task/task';
import type { SimNetwork } from './network.ts';
import type { Intruder, SimTask } from './simulation.ts';

/** The observations of some operators that are on the stream. */
export async function observationsOf(
  { clearBus, example }: SimNetwork,
  task: Task,
  operators: number,
): Promise<Observation[]> {
  const subjectsOf = example.operators
    .slice(0, operators)
    .flatMap(({ address }) => roles.map((role) => subjects.observation(task.taskId, role, address)));
  const messages = await Promise.all(subjectsOf.map((subject) => clearBus.last('OBSERVATIONS', subject)));
  return messages.flatMap((message) => {
    const decoded = message === undefined ? undefined : decodeMessage(observationSchema, message.data);
    return decoded?.ok ? [decoded.value] : [];
  });
}

/** Proposes tasks with the true observations of the first `operators` operators. */
export async function propose(network: SimNetwork, tasks: readonly SimTask[], operators: number): Promise<void> {
  const { clearBus, example } = network;
  const entries = [];
  const leaves: Hex[] = [];
  for (const { task } of tasks) {
    const observations = await observationsOf(network, task, operators);
    const report = recompute(example.network, { task, policy: example.policy }, observations);
    if (!report.ok) throw new Error(report.refusal.detail);
    leaves.push(reportLeaf(report.value.fields));
    entries.push({ taskId: task.taskId, observations });
  }
  const sequence = (await clearBus.lastSequence('PROPOSALS')) + 1;
  const { epoch } = example.network;
  const proposal = { epoch, sequence, root: buildBatch(leaves).root, entries };
  await clearBus.publish(subjects.proposal(batchIdOf(epoch, sequence)), encodeMessage(proposal));
}

/** Pauses the honest aggregator while the intruder acts. */
export const whileDown =
  (act: Intruder): Intruder =>
  async (network, tasks) => {
    const aggregator = network.processes.find(({ name }) => name === 'aggregator 0');
    aggregator?.crash();
    await network.clock.sleep(1_000);
    await act(network, tasks);
    await network.clock.sleep(1_000);
    aggregator?.start();
  };
