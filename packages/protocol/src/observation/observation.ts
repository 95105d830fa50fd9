/** An observation: the signed measurements of one operator's validator for one task and role. */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import {
  addressSchema,
  countSchema,
  digestSchema,
  hexSchema,
  roleSchema,
  signatureSchema,
} from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { configDigest, type Network, weightOf } from '../network/validator-set.ts';
import { methodDigest, type Policy, rulesOf } from '../policy/policy.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import type { ToSign } from '../signature/eip712.ts';
import { recoverSigner } from '../signature/signature.ts';
import { observationToSign } from '../signature/typed-data.ts';
import type { Task } from '../task/task.ts';
import { type Measurement, measurementBytes, packMeasurements, unpackMeasurements } from './measurement.ts';
import { type Role, roleIndex } from './role.ts';

/** Schema of a signed observation on the bus and in a proposal. */
export const observationSchema = z.strictObject({
  taskId: digestSchema,
  role: roleSchema,
  operator: addressSchema,
  epoch: countSchema,
  methodDigest: digestSchema,
  measurements: hexSchema(limits.submissionsMax * measurementBytes),
  signature: signatureSchema,
  /** Opens the operator's pledge, where the policy wants one; not signed. */
  salt: digestSchema.optional(),
});

export type Observation = z.infer<typeof observationSchema>;

/** An observation that passed {@link checkObservation}, unpacked. */
export interface CheckedObservation {
  readonly observation: Observation;
  readonly weight: bigint;
  readonly measurements: readonly Measurement[];
}

/** The digest that the operator of an observation signs. */
export function digestOfObservation(network: Network, observation: Omit<Observation, 'signature' | 'salt'>): Hex {
  return observationSigned(network, observation).digest;
}

/** What an operator signs of an observation. */
export function observationSigned(network: Network, observation: Omit<Observation, 'signature' | 'salt'>): ToSign {
  return observationToSign(network, {
    configDigest: configDigest(network),
    epoch: observation.epoch,
    taskId: observation.taskId,
    role: roleIndex(observation.role),
    methodDigest: observation.methodDigest,
    measurements: observation.measurements,
  });
}

/** An observation that is not signed yet. */
export function unsignedObservation(
  network: Network,
  policy: Policy,
  task: Task,
  role: Role,
  operator: Hex,
  measurements: readonly Measurement[],
): Omit<Observation, 'signature' | 'salt'> {
  return {
    taskId: task.taskId,
    role,
    operator,
    epoch: network.epoch,
    methodDigest: methodDigest(role, policy),
    measurements: packMeasurements(measurements),
  };
}

/** Whether an observation counts for a task: epoch, operator, role, method, count, signature – each with a refusal of its own. */
export function checkObservation(
  network: Network,
  policy: Policy,
  task: Task,
  observation: Observation,
): Checked<CheckedObservation> {
  if (observation.taskId !== task.taskId)
    return refused('wrong-task', 'The observation is for another task.', 'taskId');
  if (observation.epoch !== network.epoch) {
    return refused(
      'wrong-epoch',
      `The observation is of epoch ${observation.epoch}; this is epoch ${network.epoch}.`,
      'epoch',
    );
  }
  const weight = weightOf(network, observation.operator);
  if (weight === undefined)
    return refused('unknown-operator', `${observation.operator} is not in the validator set.`, 'operator');
  if (rulesOf(policy, observation.role) === undefined)
    return refused(
      'role-not-in-policy',
      `The policy "${policy.name}" does not use the role ${observation.role}.`,
      'role',
    );
  if (observation.methodDigest !== methodDigest(observation.role, policy)) {
    return refused('wrong-method', "The observation was made by a method other than the policy's.", 'methodDigest');
  }
  const measurements = unpackMeasurements(observation.measurements, task.submissions.length);
  if (!measurements.ok) return measurements;
  if (recoverSigner(digestOfObservation(network, observation), observation.signature) !== observation.operator) {
    return refused('forged', `The signature is not that of ${observation.operator}.`, 'signature');
  }
  return accepted({ observation, weight, measurements: measurements.value });
}
