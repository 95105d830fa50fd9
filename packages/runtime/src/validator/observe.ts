/** The first half of a validator: take a task, check it, publish a signed observation, or a pledge of it. */
import { canonicalDigest } from '@assay/protocol/encoding/canonical';
import type { Measured } from '@assay/protocol/observation/evidence';
import { packMeasurements, unpackMeasurements } from '@assay/protocol/observation/measurement';
import type { Observation } from '@assay/protocol/observation/observation';
import { methodDigest, rulesOf } from '@assay/protocol/policy/policy';
import type { BusMessage, Delivery } from '@assay/protocol/ports';
import { type ReadTask, readTask } from '@assay/protocol/task/known-task';
import { absences, type OutputContent } from '@assay/protocol/task/task-content';
import { tuning } from '@assay/protocol/tuning';
import { ignore, type Outcome, reject } from '../loop/outcome.ts';
import { attributes, metrics, spans } from '../service/telemetry-names.ts';
import { loadContent, mayComeAgain } from './content-loader.ts';
import { findOwnObservation } from './own-observation.ts';
import { pledge } from './pledge.ts';
import { publishObservation, publishSigned } from './publish-observation.ts';
import { checkOneSet, findSigned, recordObservation } from './signing-record.ts';
import type { ValidatorContext } from './validator-context.ts';

/** On a first delivery, no observation should exist; if somebody has written to the subject, the publish fails. */
const nothingEarlier = { own: undefined, lastSequence: 0 } as const;

/** Handles one message of TASKS. */
export async function observe(
  context: ValidatorContext,
  message: BusMessage & Partial<Pick<Delivery, 'deliveryCount'>>,
): Promise<Outcome> {
  const read = readTask(context.view, message);
  if (!read.ok) return reject(read.refusal);
  const { known } = read.value;
  if (rulesOf(known.policy, context.role) === undefined) return ignore('role-not-in-policy');
  context.tasks.remember(known);
  const isFirst = message.deliveryCount === 1;
  const earlier = isFirst ? nothingEarlier : await findOwnObservation(context, known, context.role);
  const signed = await findSigned(context, known.task.taskId);
  if (earlier.own !== undefined) return rememberOwn(context, signed, earlier.own.observation);
  if (signed !== undefined) return publishSigned(context, known, signed, earlier.lastSequence);
  const one = await checkOneSet(context, known.task);
  if (!one.ok) return reject(one.refusal);
  const comesAgain = mayComeAgain(known, message.deliveryCount ?? 1, context.clock.nowMs());
  if (known.policy.commitReveal !== undefined)
    return pledge(context, known, () => measure(context, read.value, comesAgain));
  const measurements = await measure(context, read.value, comesAgain);
  return publishObservation(context, known, { measurements, lastSequence: earlier.lastSequence });
}

/** The stream shows an own observation: a journal that lacks it, since it is new, takes it over. */
async function rememberOwn(
  { journal }: ValidatorContext,
  signed: Observation | undefined,
  own: Observation,
): Promise<Outcome> {
  if (signed !== undefined) return ignore('observed-already');
  const recorded = await recordObservation(journal, own);
  return recorded.ok ? ignore('observed-already') : reject(recorded.refusal);
}

/**
 * The measurements, from the cache, which has no evidence, or by the check. Rejects while content or a key is not
 * available and the task comes again. The last time, these submissions are measured with the reason, which abstains and is not slashable.
 */
async function measure(context: ValidatorContext, read: ReadTask, comesAgain: boolean): Promise<readonly Measured[]> {
  const { known } = read;
  const { cache, telemetry, role } = context;
  const count = known.task.submissions.length;
  const key = `measurements:${canonicalDigest('measurements', [known.task.taskId, role, methodDigest(role, known.policy)])}`;
  const cached = await cache.get(key);
  const unpacked =
    cached === undefined ? undefined : unpackMeasurements(`0x${Buffer.from(cached).toString('hex')}`, count);
  telemetry.count(metrics.cacheLookups, { kind: 'measurements', result: unpacked?.ok ? 'hit' : 'miss' });
  if (unpacked?.ok) return unpacked.value;
  const content = await loadContent(context.contentStore, context.unseal, read, comesAgain);
  const measurements = await telemetry.span(
    spans.check,
    {
      attributes: {
        [attributes.taskId]: known.task.taskId,
        [attributes.role]: role,
        [attributes.operator]: context.keyring.address,
        [attributes.submissions]: count,
      },
    },
    async () => {
      const startedMs = performance.now();
      const measured = await context.check({ task: known.task, content, policy: known.policy });
      telemetry.duration(metrics.checkDuration, (performance.now() - startedMs) / 1000, { role });
      return measured;
    },
  );
  await context.evidence.note(known, role, measurements);
  if (!content.outputs.some(isAbsent))
    await cache.set(key, Buffer.from(packMeasurements(measurements).slice(2), 'hex'), tuning.derivedTtlSeconds);
  return measurements;
}

function isAbsent(output: OutputContent): boolean {
  return 'problem' in output && absences.some((problem) => problem === output.problem);
}
