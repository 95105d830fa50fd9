/** Observes tasks that the epoch before has left over, when an aggregator asks for them. */
import { leftOverSchema } from '@assay/protocol/batch/left-over';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import type { BusMessage, Delivery } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { NotYet } from '../../loop/not-yet.ts';
import { ignore, type Outcome, reject } from '../../loop/outcome.ts';
import { observe } from '../observe.ts';
import type { ValidatorContext } from '../validator-context.ts';

/** A question as it is delivered. */
type Asked = BusMessage & Pick<Delivery, 'deliveryCount'>;

/**
 * Handles one question for left-over tasks. Each is observed for which this operator finds that it is left over; the first
 * refusal of another one is the outcome. Rejects, so that the question comes again, while the chain is not final and when
 * a port fails: what is observed by then is in the journal.
 */
export async function observeLeftOver(context: ValidatorContext, message: Asked): Promise<Outcome> {
  const decoded = decodeMessage(leftOverSchema, message.data);
  if (!decoded.ok) return reject(decoded.refusal);
  const countsFromMs = context.view.takesOver?.countsFromMs ?? Number.POSITIVE_INFINITY;
  if (message.timestampMs < countsFromMs)
    return reject({ code: 'not-left-over', detail: 'The question came too early.', field: 'leftOver' });
  const outcomes: Outcome[] = [];
  for (const taskId of decoded.value.leftOver) outcomes.push(await observeOne(context, message, taskId));
  return outcomes.find(({ kind }) => kind === 'reject') ?? outcomes[0] ?? ignore('nothing-asked');
}

async function observeOne(context: ValidatorContext, asked: Asked, taskId: Hex): Promise<Outcome> {
  const message = await context.bus.next('TASKS', subjects.task(taskId), 0);
  if (message === undefined)
    return reject({ code: 'unknown-task', detail: `Task ${taskId} is not on the stream.`, field: 'leftOver' });
  const left = await context.leftOver.find(message);
  if (left.ok) return observe(context, { ...left.value, deliveryCount: asked.deliveryCount + 1 });
  const { code } = left.refusal;
  if (code === 'epoch-not-settled') throw new NotYet(code, tuning.epochNotReadyMs, { givesUp: false });
  return reject(left.refusal);
}
