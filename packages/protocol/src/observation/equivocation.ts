/**
 * Evidence that one operator signed two observations that cannot both be honest, encoded for `Slashing.report`. Only a
 * difference of votes counts, and only where both observations had all content: what an accident makes is not slashable.
 */
import { concatBytes, fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { voteRuleProof } from '../policy/policies-digest.ts';
import { type Policy, ruledVoteOf, rulesOf, scoreToleranceOf, voteWordsOf } from '../policy/policy.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { type Measurement, measurementBytes, unpackMeasurements } from './measurement.ts';
import type { Observation } from './observation.ts';
import { type Role, roleIndex } from './role.ts';

/** A submission for which two observations by one operator cannot both be honest. */
export interface Difference {
  /** Its index in the task, from 0. */
  readonly submission: number;
  readonly first: Measurement;
  readonly second: Measurement;
}

/**
 * The evidence of two observations, below 1 KiB. Refused for an honest repeat: see {@link differencesOf}. Does not check
 * signatures.
 */
export function equivocationEvidence(
  policies: readonly Policy[],
  first: Observation,
  second: Observation,
): Checked<Hex> {
  const same = (['taskId', 'role', 'operator', 'epoch', 'methodDigest'] as const).every(
    (field) => first[field] === second[field],
  );
  if (!same)
    return refused('not-comparable', 'The observations are not of one operator, task, role, epoch and method.');
  const bound = voteRuleProof(policies, first.methodDigest);
  if (bound === undefined) return refused('unknown-method', 'No policy has the method of these observations.');
  const differs = differ(bound, first.measurements, second.measurements);
  if (!differs.ok) return differs;
  if (!differs.value)
    return refused('honest-repeat', 'The observations vote the same, differ within the tolerance, or lacked content.');
  return accepted(
    toHex(
      concatBytes(
        integer(first.epoch, 8),
        fromHex(first.taskId),
        integer(roleIndex(first.role), 1),
        fromHex(first.methodDigest),
        fromHex(bound.documentsDigest),
        fromHex(bound.rule),
        fromHex(first.signature),
        fromHex(second.signature),
        integer((first.measurements.length - 2) / 2 / measurementBytes, 1),
        fromHex(first.measurements),
        fromHex(second.measurements),
        ...bound.proof.map(fromHex),
      ),
    ),
  );
}

/**
 * The submissions on which two observations vote differently, where the scores are further apart than the policy's
 * tolerance or a flag that votes differs. None when content was missing in one of them: scores of other submissions may
 * depend on it. Flags that only inform never count, and an undecided score counts as a low one (`ruledVoteOf`).
 */
export function differencesOf(
  { role, policy }: { readonly role: Role; readonly policy: Policy },
  first: readonly Measurement[],
  second: readonly Measurement[],
): Difference[] {
  const rules = rulesOf(policy, role);
  if (rules === undefined) return [];
  const { missing, reject, abstain } = voteWordsOf(role, rules);
  if ([...first, ...second].some(({ flags }) => (flags & missing) !== 0)) return [];
  const tolerance = scoreToleranceOf(policy, role);
  return first.flatMap((one, submission) => {
    const other = second[submission];
    if (other === undefined || ruledVoteOf(role, policy, one) === ruledVoteOf(role, policy, other)) return [];
    const isFlagged = ((one.flags ^ other.flags) & (reject | abstain)) !== 0;
    const differs = isFlagged || Math.abs(one.score - other.score) > tolerance;
    return differs ? [{ submission, first: one, second: other }] : [];
  });
}

/** Whether {@link differencesOf} finds a difference between two packed observations. */
function differ(method: Parameters<typeof differencesOf>[0], first: Hex, second: Hex): Checked<boolean> {
  const count = (first.length - 2) / 2 / measurementBytes;
  const [a, b] = [unpackMeasurements(first, count), unpackMeasurements(second, count)];
  if (!a.ok) return a;
  if (!b.ok) return b;
  return accepted(differencesOf(method, a.value, b.value).length > 0);
}

/** An unsigned integer, big endian. */
function integer(value: number, bytes: number): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(2 * bytes, '0')}`);
}
