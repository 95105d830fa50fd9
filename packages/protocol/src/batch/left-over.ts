/**
 * Tasks that an epoch has left over, which the next one observes anew. The chain decides: its batches are the hub's, and
 * what they certify follows from the proposals that have their roots, whoever kept those.
 */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import { countSchema, digestSchema } from '../encoding/fields.ts';
import { type Network, weightOf } from '../network/validator-set.ts';
import { unpackMeasurements } from '../observation/measurement.ts';
import type { EndedBatch } from '../ports.ts';
import { type CheckedBefore, checkProposal, type Proposal, type ProposalTask } from './proposal.ts';

/** Tasks in one question: an operator's validator observes them one after the other. */
export const leftOverMax = 64;

/** Schema of the question for left-over tasks on the bus; `epoch` is the one that is to observe them. */
export const leftOverSchema = z.strictObject({
  epoch: countSchema,
  leftOver: z.array(digestSchema).min(1).max(leftOverMax),
});

/**
 * Whether a proposal explains a batch that the chain has: whether its reports, derived anew in the batch's epoch, have the
 * batch's root. Then the batch certifies the proposal's tasks and no others, whoever signed the observations: their
 * signatures are not looked at. `tasks` are those of the proposal that are known.
 */
export function explains(
  network: Network,
  batch: EndedBatch,
  proposal: Proposal,
  tasks: ReadonlyMap<Hex, ProposalTask>,
): boolean {
  if (proposal.sequence !== batch.sequence || proposal.entries.length !== batch.count) return false;
  if (proposal.root !== batch.root) return false;
  const due = new Map([...tasks].map(([taskId, task]) => [taskId, { ...task, deadlineMs: 0 }]));
  const facts = { tasks: due, timestampMs: 0, checkedBefore: unsigned(network, tasks) };
  return checkProposal(network, facts, proposal).ok;
}

/** Takes observations for checked whose signer has a weight and whose measurements can be read. */
function unsigned(network: Network, tasks: ReadonlyMap<Hex, ProposalTask>): CheckedBefore {
  return (observation) => {
    const weight = weightOf(network, observation.operator);
    const submissions = tasks.get(observation.taskId)?.task.submissions.length;
    if (weight === undefined || submissions === undefined) return undefined;
    const measurements = unpackMeasurements(observation.measurements, submissions);
    return measurements.ok ? { observation, weight, measurements: measurements.value } : undefined;
  };
}
