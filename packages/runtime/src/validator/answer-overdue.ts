/** Answers for overdue tasks: what the operator has observed, or that it has observed nothing and will not any more. */
import { overdueSchema } from '@assay/protocol/batch/overdue';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { absenceOf } from '@assay/protocol/observation/absence';
import { requiredRoles } from '@assay/protocol/policy/policy';
import type { BusMessage } from '@assay/protocol/ports';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { accept, type Outcome, reject } from '../loop/outcome.ts';
import { findOwnObservation } from './own-observation.ts';
import { publishObservation, publishSigned } from './publish-observation.ts';
import { findSigned, recordObservation } from './signing-record.ts';
import type { ValidatorContext } from './validator-context.ts';

/**
 * Handles an aggregator's question for overdue tasks. One validator of the operator answers for all its roles: the journal
 * holds one value for each task and role, so an observation under way and an absence cannot both be signed.
 */
export async function answerOverdue(context: ValidatorContext, message: BusMessage): Promise<Outcome> {
  const decoded = decodeMessage(overdueSchema, message.data);
  if (!decoded.ok) return reject(decoded.refusal);
  const { epoch, overdue } = decoded.value;
  const own = context.view.network.epoch;
  if (epoch !== own)
    return reject({
      code: 'wrong-epoch',
      detail: `The question is of epoch ${epoch}; this is epoch ${own}.`,
      field: 'epoch',
    });
  const answered: boolean[] = [];
  for (const taskId of overdue) answered.push(await answerTask(context, taskId, message.timestampMs));
  if (answered.includes(true)) return accept('answered');
  return reject({ code: 'not-overdue', detail: 'None of these tasks is on the stream and overdue.', field: 'overdue' });
}

/** False for a task that is not on the stream, or was not overdue when the question came. */
async function answerTask(context: ValidatorContext, taskId: Hex, askedMs: number): Promise<boolean> {
  const known = await context.tasks.find(taskId);
  if (known === undefined || askedMs < known.deadlineMs) return false;
  for (const role of requiredRoles(known.policy)) await answerRole({ ...context, role }, known);
  return true;
}

async function answerRole(context: ValidatorContext, known: KnownTask): Promise<void> {
  const { task } = known;
  const { own, lastSequence } = await findOwnObservation(context, known, context.role);
  const signed = await findSigned(context, task.taskId);
  if (own !== undefined) {
    if (signed === undefined) await recordObservation(context.journal, own.observation);
    return;
  }
  if (signed === undefined)
    await publishObservation(context, known, {
      measurements: absenceOf(context.role, task),
      lastSequence,
      isAbsence: true,
    });
  else await publishSigned(context, known, signed, lastSequence);
}
