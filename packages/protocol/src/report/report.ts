/**
 * Derives a report from observations. PURE: the same observations give the same report on any machine; integers only.
 *
 * With liars of less than a third of the weight, every accept and every reject has more honest than lying weight behind
 * it, and the stated score (weighted median over a quorum) is between two honest scores.
 */

import { type Network, totalWeight } from '../network/validator-set.ts';
import { flagNames } from '../observation/flag.ts';
import type { Measurement } from '../observation/measurement.ts';
import type { CheckedObservation } from '../observation/observation.ts';
import { type Role, roles } from '../observation/role.ts';
import { type Policy, requiredRoles, rulesOf, type Vote, voteOf, voteWordsOf } from '../policy/policy.ts';
import type { Task } from '../task/task.ts';
import { isQuorum } from './quorum.ts';
import { weightedMedian } from './weighted-median.ts';

export type Verdict = Vote;

/** The network's result for one submission. Scores are absent if no quorum had its content, flags if none observed. */
export interface SubmissionResult {
  readonly miner: string;
  readonly verdict: Verdict;
  readonly scores: Partial<Record<Role, number>>;
  /** Flags that a quorum of observations set, by role. */
  readonly flags: Partial<Record<Role, string[]>>;
  /** False if missing observations could still turn this abstain into another verdict. */
  readonly final: boolean;
}

export interface Report {
  readonly taskId: Task['taskId'];
  readonly results: readonly SubmissionResult[];
  /** True if no missing observation can change a verdict. */
  readonly final: boolean;
}

interface Tally {
  accept: bigint;
  reject: bigint;
  observed: bigint;
}

/**
 * The report that checked observations amount to.
 * A submission is accepted when in every required role more than 2/3 of the whole weight accept it; rejected when in
 * one required role more than 2/3 reject it; else the verdict is abstain. At most one observation for each operator
 * and role may be handed in (see {@link firstOfEach}); throws otherwise.
 */
export function deriveReport(
  network: Network,
  policy: Policy,
  task: Task,
  observations: readonly CheckedObservation[],
): Report {
  const byRole = groupByRole(observations);
  const total = totalWeight(network);
  const results = task.submissions.map((submission, index) => {
    const outcome = verdictOf(policy, byRole, index, total);
    return { miner: submission.miner, ...outcome, ...measuredOf(policy, byRole, index, total) };
  });
  return { taskId: task.taskId, results, final: results.every((result) => result.final) };
}

/**
 * Whether the report of these observations is final. An aggregator asks after each observation, so this does not derive
 * the report and usually stops at the first submission.
 */
export function isFinal(
  network: Network,
  policy: Policy,
  task: Task,
  observations: readonly CheckedObservation[],
): boolean {
  const byRole = groupByRole(observations);
  const total = totalWeight(network);
  return task.submissions.every((_, index) => verdictOf(policy, byRole, index, total).final);
}

/**
 * Whether more than two thirds of the weight have observed in every required role, be it that they observed nothing. Past
 * the deadline such a report may be certified although missing observations could change it.
 */
export function isObservedByQuorum(
  network: Network,
  policy: Policy,
  observations: readonly CheckedObservation[],
): boolean {
  const byRole = groupByRole(observations);
  const total = totalWeight(network);
  return requiredRoles(policy).every((role) => isQuorum(weightOfAll(byRole.get(role) ?? []), total));
}

/** The first observation of each operator and role, in the given order; later ones do not count. */
export function firstOfEach(observations: readonly CheckedObservation[]): CheckedObservation[] {
  const seen = new Set<string>();
  return observations.filter(({ observation }) => {
    const key = `${observation.role} ${observation.operator}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

function groupByRole(observations: readonly CheckedObservation[]): Map<Role, CheckedObservation[]> {
  if (firstOfEach(observations).length !== observations.length) {
    throw new RangeError('There are two observations of one operator and role.');
  }
  return new Map(roles.map((role) => [role, observations.filter((one) => one.observation.role === role)]));
}

function verdictOf(
  policy: Policy,
  byRole: ReadonlyMap<Role, readonly CheckedObservation[]>,
  index: number,
  total: bigint,
): { verdict: Verdict; final: boolean } {
  const tallies = requiredRoles(policy).map((role) => tallyOf(role, policy, byRole.get(role) ?? [], index));
  if (tallies.length === 0) throw new RangeError(`The policy "${policy.name}" requires no role.`);
  if (tallies.some((tally) => isQuorum(tally.reject, total))) return { verdict: 'reject', final: true };
  if (tallies.every((tally) => isQuorum(tally.accept, total))) return { verdict: 'accept', final: true };
  const couldReject = tallies.some((tally) => isQuorum(tally.reject + (total - tally.observed), total));
  const couldAccept = tallies.every((tally) => isQuorum(tally.accept + (total - tally.observed), total));
  return { verdict: 'abstain', final: !couldReject && !couldAccept };
}

function tallyOf(role: Role, policy: Policy, observations: readonly CheckedObservation[], index: number): Tally {
  const tally: Tally = { accept: 0n, reject: 0n, observed: 0n };
  for (const { measurements, weight } of observations) {
    const measurement = measurements[index];
    if (measurement === undefined) throw new RangeError(`No measurement of submission ${index}.`);
    const vote = voteOf(role, policy, measurement);
    tally.observed += weight;
    if (vote !== 'abstain') tally[vote] += weight;
  }
  return tally;
}

function weightOfAll(observations: readonly CheckedObservation[]): bigint {
  return observations.reduce((sum, one) => sum + one.weight, 0n);
}

/** Whether the operator's store gave no content: the score then says nothing about the submission. */
function lacksContent(role: Role, policy: Policy, measurement: Measurement | undefined): boolean {
  const rules = rulesOf(policy, role);
  return rules !== undefined && ((measurement?.flags ?? 0) & voteWordsOf(role, rules).lost) !== 0;
}

function measuredOf(
  policy: Policy,
  byRole: ReadonlyMap<Role, readonly CheckedObservation[]>,
  index: number,
  total: bigint,
): Pick<SubmissionResult, 'scores' | 'flags'> {
  const scores: Partial<Record<Role, number>> = {};
  const flags: Partial<Record<Role, string[]>> = {};
  for (const [role, observations] of byRole) {
    if (!isQuorum(weightOfAll(observations), total)) continue;
    const scored = observations.filter(({ measurements }) => !lacksContent(role, policy, measurements[index]));
    if (isQuorum(weightOfAll(scored), total))
      scores[role] = weightedMedian(
        scored.map(({ measurements, weight }) => ({ score: measurements[index]?.score ?? 0, weight })),
      );
    const names = flagNames(role, quorumFlags(observations, index, total));
    if (names.length > 0) flags[role] = names;
  }
  return { scores, flags };
}

function quorumFlags(observations: readonly CheckedObservation[], index: number, total: bigint): number {
  let word = 0;
  for (let bit = 0; bit < 32; bit++) {
    const mask = (1 << bit) >>> 0;
    const weight = observations.reduce(
      (sum, one) => (((one.measurements[index]?.flags ?? 0) & mask) >>> 0 !== 0 ? sum + one.weight : sum),
      0n,
    );
    if (isQuorum(weight, total)) word |= mask;
  }
  return word >>> 0;
}
