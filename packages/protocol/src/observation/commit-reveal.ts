/**
 * Commit and reveal: where a policy wants it, an operator first publishes a salted hash of its signed observation, and the
 * observation itself only when nobody can commit to a copy of it any more. The hash binds the operator: a copied
 * commitment opens to nothing that the copy-cat could sign. (Commitment by a random oracle, as in Blum's coin flipping.)
 */
import { z } from 'zod';
import { concatBytes, fromHex, type Hex, keccak256, toHex, utf8 } from '../encoding/bytes.ts';
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
import { type Policy, waitMsOf } from '../policy/policy.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { recoverSigner } from '../signature/signature.ts';
import { commitmentToSign, type ToSign } from '../signature/typed-data.ts';
import { digestOfObservation, type Observation } from './observation.ts';
import { type Role, roleIndex } from './role.ts';

/** Schema of an operator's commitment on the bus. */
export const observationCommitmentSchema = z.strictObject({
  taskId: digestSchema,
  role: roleSchema,
  operator: addressSchema,
  epoch: countSchema,
  commitment: digestSchema,
  /** Salt and measurements, encrypted by the operator for its own replicas; nobody else looks at it. */
  sealed: hexSchema(limits.sealedObservationBytesMax),
  signature: signatureSchema,
});

export type ObservationCommitment = z.infer<typeof observationCommitmentSchema>;

/** A commitment as the stream holds it. */
export interface PlacedCommitment {
  readonly commitment: ObservationCommitment;
  /** When the server took it, milliseconds since 1970. */
  readonly timestampMs: number;
}

/** What of a task says until when to commit. */
export interface CommittedTask {
  readonly policy: Policy;
  readonly task: Parameters<typeof waitMsOf>[1];
  /** When the task no longer waits, server time in milliseconds. */
  readonly deadlineMs: number;
}

type Unsigned = Omit<Observation, 'signature' | 'salt'>;

/** The salted hash of an observation; `salt` is 32 random bytes. */
export function commitmentTo(network: Network, observation: Unsigned, salt: Hex): Hex {
  return keccak256(
    concatBytes(
      utf8('assay observation commitment v1'),
      fromHex(observation.operator),
      fromHex(digestOfObservation(network, observation)),
      fromHex(salt),
    ),
  );
}

/** What the operator of a commitment signs. */
export function commitmentSigned(
  network: Network,
  { epoch, taskId, role, commitment }: Pick<ObservationCommitment, 'epoch' | 'taskId' | 'role' | 'commitment'>,
): ToSign {
  return commitmentToSign(network, {
    configDigest: configDigest(network),
    epoch,
    taskId,
    role: roleIndex(role),
    commitment,
  });
}

/** What an operator signs, and shows to nobody, to have a key by which its replicas seal an observation for each other. */
export function sealingToSign(network: Network, taskId: Hex, role: Role): ToSign {
  const bytes = utf8(`assay sealed observation v1 ${configDigest(network)} ${taskId} ${role}`);
  return { digest: keccak256(bytes), preimage: toHex(bytes) };
}

/** Whether a commitment is that of a member of this epoch: everybody else's is passed over. */
export function checkCommitment(network: Network, commitment: ObservationCommitment): Checked<undefined> {
  const { epoch, operator, signature } = commitment;
  if (epoch !== network.epoch)
    return refused('wrong-epoch', `The commitment is of epoch ${epoch}; this is epoch ${network.epoch}.`, 'epoch');
  if (weightOf(network, operator) === undefined)
    return refused('unknown-operator', `${operator} is not in the validator set.`, 'operator');
  if (recoverSigner(commitmentSigned(network, commitment).digest, signature) !== operator)
    return refused('forged', `The signature is not that of ${operator}.`, 'signature');
  return accepted(undefined);
}

/** The last moment at which a commitment is in time; undefined where the policy wants none. Server time, milliseconds. */
export function commitUntilMs({ policy, task, deadlineMs }: CommittedTask): number | undefined {
  if (policy.commitReveal === undefined) return undefined;
  return deadlineMs - waitMsOf(policy, task) + policy.commitReveal.commitMs;
}

/**
 * Whether an observation opens its operator's commitment. `placed` is the first valid one on the subject of its task, role
 * and operator, undefined when there is none: what is committed to later counts for nothing. `opened` is what the observation
 * and its salt amount to (see {@link commitmentTo}), undefined without a salt.
 */
export function checkReveal(
  untilMs: number,
  placed: PlacedCommitment | undefined,
  opened: Hex | undefined,
  observation: Pick<Observation, 'operator' | 'role'>,
): Checked<undefined> {
  const who = `${observation.operator} as ${observation.role}`;
  if (placed === undefined) return refused('not-committed', `${who} has not committed to an observation.`, 'salt');
  if (placed.timestampMs > untilMs)
    return refused('committed-too-late', `${who} committed ${placed.timestampMs - untilMs} ms too late.`, 'salt');
  if (opened !== placed.commitment.commitment)
    return refused('not-what-was-committed', `The observation of ${who} is not the one that it committed to.`, 'salt');
  return accepted(undefined);
}
