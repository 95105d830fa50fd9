/** Evidence that one operator signed two observations that cannot both be honest, as `Slashing.report` takes it. */
import { concatBytes, fromHex, type Hex, toHex } from './bytes.ts';
import { unpackMeasurements } from './measurement.ts';
import type { Observation } from './observation.ts';
import { toleranceProof } from './policies-digest.ts';
import type { Policy } from './policy.ts';
import { accepted, type Checked, refused } from './refusal.ts';
import { roleIndex } from './role.ts';

const measurementBytes = 6;

/**
 * The evidence that two observations make, below 1 KiB; refused when they are an honest repeat: the same flags, and
 * scores no further apart than the policy's tolerance. Signatures are not checked here.
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

/** Whether some submission has other flags, or scores that are further apart than the tolerance. */
function differ(first: Hex, second: Hex, tolerance: number): Checked<boolean> {
  const count = (first.length - 2) / 2 / measurementBytes;
  const [a, b] = [unpackMeasurements(first, count), unpackMeasurements(second, count)];
  if (!a.ok) return a;
  if (!b.ok) return b;
  return accepted(
    a.value.some(({ score, flags }, index) => {
      const other = b.value[index];
      return other === undefined || flags !== other.flags || Math.abs(score - other.score) > tolerance;
    }),
  );
}

/** An unsigned integer, big endian. */
function integer(value: number, bytes: number): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(2 * bytes, '0')}`);
}
