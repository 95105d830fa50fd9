/** Evidence that one operator signed two observations that cannot both be honest, encoded for `Slashing.report`. */
import { concatBytes, fromHex, type Hex, toHex } from '../encoding/bytes.ts';
import { toleranceProof } from '../policy/policies-digest.ts';
import type { Policy } from '../policy/policy.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { type Measurement, measurementBytes, unpackMeasurements } from './measurement.ts';
import type { Observation } from './observation.ts';
import { roleIndex } from './role.ts';

/** A submission for which two observations by one operator cannot both be honest. */
export interface Difference {
  /** Its index in the task, from 0. */
  readonly submission: number;
  readonly first: Measurement;
  readonly second: Measurement;
}

/**
 * The evidence of two observations, below 1 KiB. Refused for an honest repeat: the same flags, and scores that differ
 * by at most the policy's tolerance. Does not check signatures.
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
  const bound = toleranceProof(policies, first.methodDigest);
  if (bound === undefined) return refused('unknown-method', 'No policy has the method of these observations.');
  const differs = differ(first.measurements, second.measurements, bound.tolerance);
  if (!differs.ok) return differs;
  if (!differs.value) return refused('honest-repeat', 'The observations differ by no more than the tolerance.');
  return accepted(
    toHex(
      concatBytes(
        integer(first.epoch, 8),
        fromHex(first.taskId),
        integer(roleIndex(first.role), 1),
        fromHex(first.methodDigest),
        fromHex(bound.documentsDigest),
        integer(bound.tolerance, 2),
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

/** The submissions whose flags differ between two observations, or whose scores differ by more than the tolerance. */
export function differencesOf(
  first: readonly Measurement[],
  second: readonly Measurement[],
  tolerance: number,
): Difference[] {
  return first.flatMap((one, submission) => {
    const other = second[submission];
    if (other === undefined) return [];
    const differs = one.flags !== other.flags || Math.abs(one.score - other.score) > tolerance;
    return differs ? [{ submission, first: one, second: other }] : [];
  });
}

/** Whether {@link differencesOf} finds a difference between two packed observations. */
function differ(first: Hex, second: Hex, tolerance: number): Checked<boolean> {
  const count = (first.length - 2) / 2 / measurementBytes;
  const [a, b] = [unpackMeasurements(first, count), unpackMeasurements(second, count)];
  if (!a.ok) return a;
  if (!b.ok) return b;
  return accepted(differencesOf(a.value, b.value, tolerance).length > 0);
}

/** An unsigned integer, big endian. */
function integer(value: number, bytes: number): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(2 * bytes, '0')}`);
}
