/** The second half of a validator: recomputes a proposal and cosigns it if it follows from the observations. */

import {
  type CheckedProposal,
  checkProposal,
  type ProposedReport,
  readProposal,
  whyNotCosign,
} from '@assay/protocol/batch/proposal';
import { batchIdOf, subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Observation } from '@assay/protocol/observation/observation';
import { roles } from '@assay/protocol/observation/role';
import { waitMsOf } from '@assay/protocol/policy/policy';
import type { BusMessage, Span } from '@assay/protocol/ports';
import { accepted, type Checked } from '@assay/protocol/refusal';
import { cosignatureToSign } from '@assay/protocol/signature/typed-data';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { accept, ignore, type Outcome, reject } from '../loop/outcome.ts';
import { batchAttributes, verdictAttributes } from '../service/message-attributes.ts';
import { attributes, metrics, spans } from '../service/signals.ts';
import { findOwnObservation } from './own-observation.ts';
import { checkAllPledged, checkPledged } from './pledges.ts';
import { claimInJournal } from './signing-record.ts';
import type { ValidatorContext } from './validator-context.ts';

/** Handles one message of PROPOSALS. */
export async function cosign(context: ValidatorContext, message: BusMessage, span: Span): Promise<Outcome> {
  const read = readProposal(message);
  if (!read.ok) return reject(read.refusal);
  const proposal = read.value;
  const taskIds = proposal.entries.map((entry) => entry.taskId);
  for (const [name, value] of Object.entries(batchAttributes(taskIds))) span.setAttribute(name, value);
  const known = await findTasks(context, taskIds);
  const checked = checkProposal(context.view.network, known, proposal);
  if (!checked.ok) return reject(checked.refusal);
  const pledged = await checkAllPledged(context, known, checked.value.reports);
  if (!pledged.ok) return reject(pledged.refusal);
  const own = await checkOwnKnowledge(context, message, known, checked.value);
  if (!own.ok) return reject(own.refusal);
  const claimed = await claimTasks(context, checked.value, known);
  if (!claimed.ok) return reject(claimed.refusal);
  const recorded = await claimInJournal(context.journal, checked.value);
  if (!recorded.ok) return reject(recorded.refusal);
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

async function checkOwnKnowledge(
  context: ValidatorContext,
  message: BusMessage,
  known: ReadonlyMap<Hex, KnownTask>,
  proposal: CheckedProposal,
): Promise<Checked<undefined>> {
  for (const proposed of proposal.reports) {
    if (proposed.report.final) continue;
    const deadlineMs = known.get(proposed.task.taskId)?.deadlineMs ?? Number.POSITIVE_INFINITY;
    const deadlinePassed = message.timestampMs >= deadlineMs;
    const ownInTime = deadlinePassed ? await ownObservations(context, proposed, deadlineMs) : [];
    const verdict = whyNotCosign(proposed, { ownInTime, deadlinePassed });
    if (!verdict.ok) return verdict;
  }
  return accepted(undefined);
}

async function ownObservations(
  context: ValidatorContext,
  proposed: ProposedReport,
  deadlineMs: number,
): Promise<Observation[]> {
  const found = await Promise.all(roles.map((role) => findOwnObservation(context, proposed, role)));
  const inTime = found.flatMap(({ own }) =>
    own === undefined || own.timestampMs > deadlineMs ? [] : [own.observation],
  );
  const place = { policy: proposed.policy, task: proposed.task, deadlineMs };
  const pledged = await Promise.all(inTime.map((one) => checkPledged(context, place, one)));
  return inTime.filter((_, index) => pledged[index]?.ok === true);
}

/** An operator cosigns a task in one batch only. A batch that is refused for one task claims none of the others. */
function claimTasks(
  { claims }: ValidatorContext,
  { cosignature, reports }: CheckedProposal,
  known: ReadonlyMap<Hex, KnownTask>,
): Promise<Checked<undefined>> {
  const batch = `${batchIdOf(cosignature.epoch, cosignature.sequence)}/${cosignature.root}`;
  const tasks = reports.map(({ task, policy }) => {
    // A task that is not known was refused before.
    const deadlineMs = known.get(task.taskId)?.deadlineMs ?? 0;
    return { taskId: task.taskId, publishedMs: deadlineMs - waitMsOf(policy, task) };
  });
  return claims.claim(batch, tasks);
}

async function publishCosignature(
  { bus, keyring, telemetry, view }: ValidatorContext,
  { cosignature }: CheckedProposal,
): Promise<Outcome> {
  const { epoch, sequence, root } = cosignature;
  const { digest, preimage } = cosignatureToSign(view.network, cosignature);
  const signature = await keyring.sign(digest, preimage);
  const batchId = batchIdOf(epoch, sequence);
  const published = await bus.publish(
    subjects.cosignature(batchId, keyring.address),
    encodeMessage({ epoch, sequence, root, operator: keyring.address, signature }),
    { messageId: `cosignature-${signature}`, headers: telemetry.carrier() },
  );
  if (published.status !== 'stored') return ignore('cosigned-already');
  telemetry.count(metrics.cosignatures);
  return accept('cosigned');
}
