/**
 * Commit and reveal: where a policy wants it, an operator first publishes a pledge, a salted hash of its signed
 * observation, and the observation itself only when nobody can pledge a copy of it any more. The hash binds the operator:
 * a copied pledge opens to nothing that the copy-cat could sign. (A commitment by a random oracle, as in Blum's coin flipping.)
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
import type { ToSign } from '../signature/eip712.ts';
import { recoverSigner } from '../signature/signature.ts';
import { pledgeToSign } from '../signature/typed-data.ts';
import { digestOfObservation, type Observation } from './observation.ts';
import { type Role, roleIndex } from './role.ts';

/** Schema of an operator's pledge on the bus. */
export const pledgeSchema = z.strictObject({
  taskId: digestSchema,
  role: roleSchema,
  operator: addressSchema,
  epoch: countSchema,
  pledge: digestSchema,
  /** Salt and measurements, encrypted by the operator for its own replicas; nobody else reads it. */
  sealed: hexSchema(limits.sealedObservationBytesMax),
  signature: signatureSchema,
});

export type Pledge = z.infer<typeof pledgeSchema>;

/** A pledge as the stream holds it. */
export interface PlacedPledge {
  readonly pledge: Pledge;
  /** Server time of the message, milliseconds since 1970. */
  readonly timestampMs: number;
}

/** What of a task says until when to pledge. */
export interface PledgedTask {
  readonly policy: Policy;
  readonly task: Parameters<typeof waitMsOf>[1];
  /** The task's deadline, server time in milliseconds. */
  readonly deadlineMs: number;
}

type Unsigned = Omit<Observation, 'signature' | 'salt'>;

/** The salted hash of an observation; `salt` is 32 random bytes. */
export function pledgeTo(network: Network, observation: Unsigned, salt: Hex): Hex {
  return keccak256(
    concatBytes(
      utf8('assay observation pledge v1'),
      fromHex(observation.operator),
      fromHex(digestOfObservation(network, observation)),
      fromHex(salt),
    ),
  );
}

/** What the operator of a pledge signs. */
export function pledgeSigned(
  network: Network,
  { epoch, taskId, role, pledge }: Pick<Pledge, 'epoch' | 'taskId' | 'role' | 'pledge'>,
): ToSign {
  return pledgeToSign(network, {
    configDigest: configDigest(network),
    epoch,
    taskId,
    role: roleIndex(role),
    pledge,
  });
}

/**
 * The message whose signature, which the operator never publishes, gives the key with which its replicas encrypt
 * observations for each other.
 */
export function sealingToSign(network: Network, taskId: Hex, role: Role): ToSign {
  const bytes = utf8(`assay sealed observation v1 ${configDigest(network)} ${taskId} ${role}`);
  return { digest: keccak256(bytes), preimage: toHex(bytes) };
}

/** Whether a pledge is that of a member of this epoch: everybody else's is passed over. */
export function checkPledge(network: Network, pledge: Pledge): Checked<undefined> {
  const { epoch, operator, signature } = pledge;
  if (epoch !== network.epoch)
    return refused('wrong-epoch', `The pledge is of epoch ${epoch}; this is epoch ${network.epoch}.`, 'epoch');
  if (weightOf(network, operator) === undefined)
    return refused('unknown-operator', `${operator} is not in the validator set.`, 'operator');
  if (recoverSigner(pledgeSigned(network, pledge).digest, signature) !== operator)
    return refused('forged', `The signature is not that of ${operator}.`, 'signature');
  return accepted(undefined);
}

/** The last moment at which a pledge is in time; undefined where the policy wants none. Server time, milliseconds. */
export function pledgeUntilMs({ policy, task, deadlineMs }: PledgedTask): number | undefined {
  if (policy.commitReveal === undefined) return undefined;
  return deadlineMs - waitMsOf(policy, task) + policy.commitReveal.commitMs;
}

/**
 * Whether an observation opens its operator's pledge. `placed` is the first valid one on the subject of its task, role
 * and operator, undefined when there is none: what is pledged later counts for nothing. `opened` is what the observation
 * and its salt amount to (see {@link pledgeTo}), undefined without a salt.
 */
export function checkReveal(
  untilMs: number,
  placed: PlacedPledge | undefined,
  opened: Hex | undefined,
  observation: Pick<Observation, 'operator' | 'role'>,
): Checked<undefined> {
  const who = `${observation.operator} as ${observation.role}`;
  if (placed === undefined) return refused('not-pledged', `${who} has not pledged an observation.`, 'salt');
  if (placed.timestampMs > untilMs)
    return refused('pledged-too-late', `${who} pledged ${placed.timestampMs - untilMs} ms too late.`, 'salt');
  if (opened !== placed.pledge.pledge)
    return refused('not-what-was-pledged', `The observation of ${who} is not the one that it pledged.`, 'salt');
  return accepted(undefined);
}
