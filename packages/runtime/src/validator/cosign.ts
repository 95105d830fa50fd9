/** The second half of a validator: recomputes a proposal and cosigns it if it follows from the observations. */

import {
  type CheckedProposal,
  checkProposal,
  hasHonestWitness,
  type Proposal,
  readProposal,
} from '@assay/protocol/batch/proposal';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { BusMessage, Span } from '@assay/protocol/ports';
import { cosignatureToSign } from '@assay/protocol/signature/typed-data';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { accept, ignore, type Outcome, reject } from '../loop/outcome.ts';
import { batchAttributes, verdictAttributes } from '../service/message-attributes.ts';
import { attributes, metrics, spans } from '../service/telemetry-names.ts';
import { answerOverdue } from './answer-overdue.ts';
import { checkAllPledged } from './pledges.ts';
import { claimInJournal, claimOf } from './signing-record.ts';
import type { ValidatorContext } from './validator-context.ts';

/** Handles one message of PROPOSALS: a proposal, or a question for overdue tasks. */
export async function cosign(context: ValidatorContext, message: BusMessage, span: Span): Promise<Outcome> {
  if (message.subject === subjects.overdue) return answerOverdue(context, message);
  if (context.view.network.certificates === 'bls' && context.signBls === undefined) return ignore('bls-key-missing');
  const read = readProposal(message);
  if (!read.ok) return reject(read.refusal);
  const proposal = read.value;
  const taskIds = proposal.entries.map((entry) => entry.taskId);
  for (const [name, value] of Object.entries(batchAttributes(taskIds))) span.setAttribute(name, value);
  const known = await findTasks(context, taskIds);
  await checkNoneHidden(context, proposal, known);
  const checked = checkProposal(context.view.network, { tasks: known, timestampMs: message.timestampMs }, proposal);
  if (!checked.ok) return reject(checked.refusal);
  const pledged = await checkAllPledged(context, known, checked.value.reports);
  if (!pledged.ok) return reject(pledged.refusal);
  const claimed = await claimInJournal(context.journal, checked.value);
  if (!claimed.ok) return reject(claimed.refusal);
  const outcome = await publishCosignature(context, checked.value);
  if (outcome.kind === 'accept') await tellEveryTask(context, checked.value, known);
  return outcome;
}

/**
 * A batch is on the trace of its first task. Each task's own trace has a span that names the cosigner and links to the
 * batch.
 */
async function tellEveryTask(
  { telemetry, keyring, role }: ValidatorContext,
  { cosignature, reports }: CheckedProposal,
  known: ReadonlyMap<Hex, KnownTask>,
): Promise<void> {
  const links = [telemetry.carrier()];
  const ofBatch = {
    [attributes.batchId]: batchIdOf(cosignature.epoch, cosignature.sequence),
    [attributes.role]: role,
    [attributes.operator]: keyring.address,
    [attributes.outcome]: 'cosigned',
  };
  for (const { task, report } of reports) {
    const said = { ...ofBatch, [attributes.taskId]: task.taskId, ...verdictAttributes(report.results) };
    const options = { parent: known.get(task.taskId)?.headers ?? {}, links, attributes: said };
    await telemetry.span(spans.cosignReport, options, () => Promise.resolve());
  }
}

async function findTasks(context: ValidatorContext, taskIds: readonly Hex[]): Promise<Map<Hex, KnownTask>> {
  const found = await Promise.all(taskIds.map(async (taskId) => [taskId, await context.tasks.find(taskId)] as const));
  return new Map(found.filter((entry): entry is readonly [Hex, KnownTask] => entry[1] !== undefined));
}

/**
 * Rejects, so that the proposal comes again, while the bus does not show a task that an honest operator must have had:
 * a refusal would be for good, and the task would stay without a certificate. A task that this operator has cosigned
 * needs no second look.
 */
async function checkNoneHidden(
  { journal, view: { network } }: ValidatorContext,
  { entries }: Proposal,
  known: ReadonlyMap<Hex, KnownTask>,
): Promise<void> {
  for (const { taskId, observations } of entries) {
    if (known.has(taskId) || !hasHonestWitness(network, taskId, observations)) continue;
    if ((await claimOf(journal, network.epoch, taskId)) !== undefined) continue;
    throw new Error(
      `Others have observed task ${taskId}, but the bus does not show it. The proposal will be tried again.`,
    );
  }
}

async function publishCosignature(
  { bus, keyring, signBls, telemetry, view }: ValidatorContext,
  { cosignature }: CheckedProposal,
): Promise<Outcome> {
  const { epoch, sequence, root } = cosignature;
  const { digest, preimage } = cosignatureToSign(view.network, cosignature);
  const signature = await keyring.sign(digest, preimage);
  const bls = signBls === undefined ? {} : { blsSignature: signBls(digest) };
  const batchId = batchIdOf(epoch, sequence);
  const published = await bus.publish(
    subjects.cosignature(batchId, keyring.address),
    encodeMessage({ epoch, sequence, root, operator: keyring.address, signature, ...bls }),
    { messageId: `cosignature-${signature}`, headers: telemetry.carrier() },
  );
  if (published.status !== 'stored') return ignore('cosigned-already');
  telemetry.count(metrics.cosignatures);
  return accept('cosigned');
}
