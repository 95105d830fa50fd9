/** Compares a fitted policy with the one that it would replace, on the same submissions. Pure. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Policy } from '@assay/protocol/policy/policy';
import type { DatedData } from './calibration-record.ts';
import type { FittedPolicy } from './fit-policy.ts';

/** Wrong verdicts of a kind, of how many submissions. */
interface Count {
  readonly wrong: number;
  readonly of: number;
}

/** A kind of error before and after. */
export interface ComparedRate {
  readonly before: Count;
  /** Cross-validated. */
  readonly after: Count;
  readonly isWorse: boolean;
}

/** The comparison. */
export interface PolicyComparison {
  readonly policy: string;
  readonly version: number;
  /**
   * `cross-validated`: its record states its errors for the same files and folds. `measured`: it was measured here, as it
   * is, on the folds that the new one is measured on.
   */
  readonly before: 'cross-validated' | 'measured';
  /** Files that a measured policy was fitted to: its errors there are lower than on other data. */
  readonly seen: readonly string[];
  readonly falseAccept: ComparedRate;
  readonly falseReject: ComparedRate;
}

/** Undefined for a policy of another model, whose scores mean something else. */
export function comparedWith(
  replaced: Policy,
  modelDigest: Hex,
  fitted: Pick<FittedPolicy, 'starting' | 'expected'>,
  data: readonly Pick<DatedData, 'name' | 'sha256'>[],
  folds: number,
): PolicyComparison | undefined {
  if (replaced.modelDigest !== modelDigest) return undefined;
  const { calibration, name, version } = replaced;
  const known = new Map(calibration?.data.map((one) => [one.name, one.sha256]));
  const seen = data.filter((one) => known.get(one.name) === one.sha256).map((one) => one.name);
  const isSame = seen.length === data.length && known.size === data.length && calibration?.folds === folds;
  const before = isSame && calibration !== undefined ? calibration.expected : fitted.starting;
  return {
    policy: name,
    version,
    before: isSame ? 'cross-validated' : 'measured',
    seen: isSame ? [] : seen,
    falseAccept: compared(before.falseAccept, fitted.expected.falseAccept),
    falseReject: compared(before.falseReject, fitted.expected.falseReject),
  };
}

function compared(before: Count, after: Count): ComparedRate {
  const shareOf = ({ wrong, of }: Count): number => wrong / Math.max(1, of);
  const count = ({ wrong, of }: Count): Count => ({ wrong, of });
  return { before: count(before), after: count(after), isWorse: shareOf(after) > shareOf(before) };
}
