/** Signs an observation, records it in the operator's journal, and puts it on the stream. */
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Measured } from '@assay/protocol/observation/evidence';
import { flagNames } from '@assay/protocol/observation/flag';
import { unpackMeasurements } from '@assay/protocol/observation/measurement';
import { type Observation, observationSigned, unsignedObservation } from '@assay/protocol/observation/observation';
import { waitMsOf } from '@assay/protocol/policy/policy';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { askedAs } from '@assay/protocol/task/task';
import { accept, ignore, type Outcome, reject } from '../loop/outcome.ts';
import { metrics } from '../service/telemetry-names.ts';
import { findOwnObservation } from './own-observation.ts';
import { recordObservation } from './signing-record.ts';
import type { ValidatorContext } from './validator-context.ts';

/** An operator's measurements, and the known state of its subject. */
export interface OwnMeasurements {
  readonly measurements: readonly Measured[];
  /** Sequence of the last message on the observation's subject. */
  readonly lastSequence: number;
  /** Opens the operator's pledge, if there is one. */
  readonly salt?: Hex;
  /** Nothing was measured: it says nothing about a question's answers. */
  readonly isAbsence?: boolean;
}

/**
 * Signs what was measured and publishes it, unless the journal holds an earlier observation: then it publishes that one.
 * Nothing leaves before the journal has it.
 */
export async function publishObservation(
  context: ValidatorContext,
  known: KnownTask,
  { measurements, lastSequence, salt, isAbsence }: OwnMeasurements,
): Promise<Outcome> {
  const { view, keyring, role, journal } = context;
  const { task, policy } = known;
  const unsigned = unsignedObservation(view.network, policy, task, role, keyring.address, measurements);
  const { digest, preimage } = observationSigned(view.network, unsigned);
  const signature = await keyring.sign(digest, preimage);
  const observation = { ...unsigned, signature, ...(salt === undefined ? {} : { salt }) };
  const recorded = await recordObservation(journal, observation, isAbsence === true ? undefined : askedAs(task));
  if (!recorded.ok) return reject(recorded.refusal);
  const outcome = await publishSigned(context, known, recorded.value, lastSequence);
  const isNew = outcome.kind === 'accept' && recorded.value.signature === signature;
  if (isNew) context.evidence.keep(view, known, recorded.value, measurements);
  return outcome;
}

/** Publishes an observation of the journal unless it is there. Rejects when something else was written meanwhile. */
export async function publishSigned(
  context: ValidatorContext,
  known: KnownTask,
  observation: Observation,
  lastSequence: number,
): Promise<Outcome> {
  const { bus, role, telemetry } = context;
  const { taskId, operator, signature } = observation;
  const published = await bus.publish(subjects.observation(taskId, role, operator), encodeMessage(observation), {
    // Derived from the signature, so nobody else can use the id first.
    messageId: `observation-${signature}`,
    headers: telemetry.carrier(),
    expectLastSubjectSequence: lastSequence,
  });
  if (published.status === 'conflict') {
    const since = await findOwnObservation(context, known, role);
    if (since.own !== undefined) return ignore('observed-already');
    throw new Error('Something else was written to the subject of this observation in the meantime.');
  }
  if (published.status !== 'stored') return ignore('observed-already');
  countObservation(context, known, observation);
  return accept('observed');
}

function countObservation(
  { telemetry, clock, role }: ValidatorContext,
  { deadlineMs, policy, task }: KnownTask,
  { measurements }: Observation,
): void {
  telemetry.count(metrics.observations, { role });
  const startedMs = deadlineMs - waitMsOf(policy, task);
  telemetry.duration(metrics.stageDuration, (clock.nowMs() - startedMs) / 1000, { stage: 'observed', role });
  const unpacked = unpackMeasurements(measurements, task.submissions.length);
  for (const { flags } of unpacked.ok ? unpacked.value : [])
    for (const flag of flagNames(role, flags)) telemetry.count(metrics.flags, { role, flag });
}
