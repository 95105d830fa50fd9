/** Writes a fitted policy: every policy of the file gets the fitted values and a record of their origin. */
import { type Allowed, forModel, withParameters } from '@assay/checks/calibration/calibrate';
import type { ErrorRate } from '@assay/checks/calibration/error-rate';
import { withBorders } from '@assay/checks/calibration/fit-borders';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { CalibrationRecord, StatedErrors } from '@assay/protocol/policy/calibration-record';
import { type Policy, policyDigest, policySchema } from '@assay/protocol/policy/policy';
import type { CalibrationData, FittedPolicy, MeasuredErrors } from './fit-policy.ts';

/** A data file and its digest. */
export type DatedData = CalibrationData & { readonly sha256: Hex };

/** The record of a fit. */
export function recordOf(
  fitted: FittedPolicy,
  data: readonly DatedData[],
  { falseReject, undecided, folds }: Allowed & { readonly folds: number },
): CalibrationRecord {
  return {
    falseRejectPpm: ppm(falseReject),
    undecidedPpm: ppm(undecided),
    data: data.map(({ name, sha256, use, tasks }) => ({
      name: name.slice(0, limits.dataFileNameCharsMax),
      sha256,
      use,
      tasks: tasks.length,
      submissions: tasks.reduce(
        (sum, task) => sum + task.submissions.filter((one) => one.label !== undefined).length,
        0,
      ),
    })),
    heads: fitted.heads,
    inSample: statedErrors(fitted.inSample),
    expected: statedErrors(fitted.expected),
    folds,
  };
}

/**
 * A policy with the fitted heads, thresholds and model. Its name and other rules do not change; its version increases
 * by one if anything changed.
 */
export function recalibrated(
  policy: Policy,
  { parameters, borders }: Pick<FittedPolicy, 'parameters' | 'borders'>,
  modelDigest: Hex,
  calibration: CalibrationRecord,
): Policy {
  const changed = policySchema.parse({
    ...withBorders(withParameters(forModel(policy, modelDigest), parameters), borders),
    modelDigest,
    calibration,
  });
  return policyDigest(changed) === policyDigest(policy) ? policy : { ...changed, version: policy.version + 1 };
}

function statedErrors({ falseAccept, falseReject, labels, agreementAuc }: MeasuredErrors): StatedErrors {
  return {
    falseAccept: statedRate(falseAccept),
    falseReject: statedRate(falseReject),
    labels,
    ...(agreementAuc === undefined ? {} : { agreementAucPpm: ppm(agreementAuc) }),
  };
}

function statedRate({ wrong, of, interval }: ErrorRate) {
  return { wrong, of, lowPpm: ppm(interval.low), highPpm: ppm(interval.high) };
}

function ppm(share: number): number {
  return Math.round(share * 1_000_000);
}
