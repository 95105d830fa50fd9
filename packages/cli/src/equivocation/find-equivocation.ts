/** Searches an operator's observations for two that it signed itself and that cannot both be honest. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type Difference, differencesOf, equivocationEvidence } from '@assay/protocol/observation/equivocation';
import { type CheckedObservation, checkObservation } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import { type Policy, scoreToleranceOf } from '@assay/protocol/policy/policy';
import type { Bus, Chain } from '@assay/protocol/ports';
import { type Checked, refused } from '@assay/protocol/refusal';
import type { KnownTask } from '@assay/protocol/task/known-task';
import type { Task } from '@assay/protocol/task/task';
import { TaskSource } from '@assay/runtime/validator/task-source';
import { UsageError } from '../commands/usage-error.ts';
import { Networks } from './networks.ts';
import { type ReadObservation, readObservations, type Suspect } from './read-observations.ts';

/** Two observations that cannot both be honest. */
export interface Equivocation {
  readonly role: Role;
  readonly epoch: number;
  /** The tolerance for honest scores, in basis points. */
  readonly tolerance: number;
  /** The sequences of the two on OBSERVATIONS. */
  readonly sequences: readonly [number, number];
  readonly differences: readonly Difference[];
  /** Encoded for `Slashing.report`. */
  readonly evidence: Hex;
}

/** The result for one role. */
export interface RoleFinding {
  readonly role: Role;
  readonly messages: number;
  /** Messages that the operator itself signed and that count for the task. */
  readonly signed: number;
  /** Number of refused messages by refusal code. */
  readonly refused: Readonly<Record<string, number>>;
  readonly equivocation: Equivocation | undefined;
}

/** What was found. */
export interface Finding {
  readonly suspect: Suspect;
  readonly task: Task;
  readonly roles: readonly RoleFinding[];
  /** False if there are more messages than the maximum. */
  readonly complete: boolean;
}

/** Where to look. */
export interface FindingPorts {
  readonly bus: Bus;
  readonly chain: Pick<Chain, 'network'>;
  readonly policies: readonly Policy[];
}

/** An observation that its operator signed, with its place. */
export interface Signed {
  readonly sequence: number;
  readonly checked: CheckedObservation;
}

/**
 * Reads, checks and compares. Throws {@link UsageError} if the task is not on the stream, or if the policies do not
 * belong to a relevant epoch.
 */
export async function findEquivocations(ports: FindingPorts, suspect: Suspect, messagesMax: number): Promise<Finding> {
  const { bus, policies } = ports;
  const networks = new Networks(ports.chain, [policies]);
  const reader = { network: await networks.current(), policies: new Map(policies.map((one) => [one.name, one])) };
  const known = await new TaskSource(bus, reader).find(suspect.taskId);
  if (known === undefined)
    throw new UsageError(
      `Task ${suspect.taskId} is not on TASKS with one of these policies. Check --task, --nats and --policies; streams keep messages for seven days.`,
    );
  const { messages, complete } = await readObservations(bus, suspect, messagesMax);
  const roles: RoleFinding[] = [];
  for (const role of suspect.roles) {
    const own = messages.filter((message) => message.role === role);
    roles.push(await findInRole(networks, policies, known, suspect, role, own));
  }
  networks.requireFit();
  return { suspect, task: known.task, roles, complete };
}

async function findInRole(
  networks: Networks,
  policies: readonly Policy[],
  known: KnownTask,
  { operator }: Suspect,
  role: Role,
  messages: readonly ReadObservation[],
): Promise<RoleFinding> {
  const signed: Signed[] = [];
  const refusals: Record<string, number> = {};
  for (const message of messages) {
    const checked = await checkRead(networks, known, operator, message);
    if (checked.ok) signed.push({ sequence: message.sequence, checked: checked.value });
    else refusals[checked.refusal.code] = (refusals[checked.refusal.code] ?? 0) + 1;
  }
  return {
    role,
    messages: messages.length,
    signed: signed.length,
    refused: refusals,
    equivocation: firstEquivocation(policies, role, known.policy, signed),
  };
}

/** Whether a message matches its subject, is signed by the operator, and belongs to an epoch with these policies. */
export async function checkRead(
  networks: Networks,
  { task, policy }: KnownTask,
  operator: Hex,
  { role, decoded }: ReadObservation,
): Promise<Checked<CheckedObservation>> {
  if (!decoded.ok) return decoded;
  const observation = decoded.value;
  if (observation.role !== role || observation.operator !== operator)
    return refused('wrong-subject', 'Role or operator are not those of the subject.', 'subject');
  const rules = await networks.of(observation.epoch);
  if (!rules.ok) return rules;
  return checkObservation(rules.value.network, policy, task, observation);
}

/**
 * The first observation that conflicts with an earlier one, with that one. Identical measurements are compared once.
 */
export function firstEquivocation(
  policies: readonly Policy[],
  role: Role,
  policy: Policy,
  signed: readonly Signed[],
): Equivocation | undefined {
  const method = { role, policy };
  const tolerance = scoreToleranceOf(policy, role);
  const distinct: Signed[] = [];
  const seen = new Set<string>();
  for (const second of signed) {
    const { epoch, measurements } = second.checked.observation;
    if (seen.has(`${epoch} ${measurements}`)) continue;
    for (const first of distinct) {
      if (first.checked.observation.epoch !== epoch) continue;
      const differences = differencesOf(method, first.checked.measurements, second.checked.measurements);
      if (differences.length === 0) continue;
      const evidence = equivocationEvidence(policies, first.checked.observation, second.checked.observation);
      if (!evidence.ok) throw new Error(`The evidence could not be made: ${evidence.refusal.detail}`);
      const sequences = [first.sequence, second.sequence] as const;
      return { role, epoch, tolerance, sequences, differences, evidence: evidence.value };
    }
    seen.add(`${epoch} ${measurements}`);
    distinct.push(second);
  }
  return undefined;
}
