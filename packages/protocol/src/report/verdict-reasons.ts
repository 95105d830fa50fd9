/** Reason codes for a verdict other than accept, derived from a report's scores and flags under its policy. Pure. */

import { scoreMax } from '../observation/measurement.ts';
import type { Role } from '../observation/role.ts';
import { type Policy, rejectedBelow, requiredRoles, rulesOf } from '../policy/policy.ts';
import { absences } from '../task/task-content.ts';
import type { Verdict } from './report.ts';

/** Flags that abstain whatever the policy says. */
const unjudged = ['not-observed', ...absences];

/** One role's part in a verdict. */
export interface VerdictReason {
  readonly role: Role;
  /**
   * A flag of the policy's reject or abstain flags; else `low-score`, `undecided-score` (between the scores from which the
   * policy abstains and accepts), `not-observed` (no quorum's observations were there in time: validators without their model,
   * stopped, or slow) or `no-quorum-agrees`.
   */
  readonly code: string;
  /** Where the score decided: the role's score, in basis points. */
  readonly score?: number;
  /** Where the score decided: the score of the policy that it missed, in basis points. */
  readonly scoreMin?: number;
}

/** A verdict with its measurements, as in a report. */
export interface MeasuredVerdict {
  readonly verdict: Verdict;
  readonly scores: { readonly [role in Role]?: number | undefined };
  readonly flags: { readonly [role in Role]?: readonly string[] | undefined };
}

/** The reasons for a verdict, by the roles that the policy requires; none for accept. */
export function verdictReasons(policy: Policy, result: MeasuredVerdict): VerdictReason[] {
  if (result.verdict === 'accept') return [];
  const wanted = result.verdict === 'reject' ? 'rejectFlags' : 'abstainFlags';
  const required = requiredRoles(policy);
  const reasons = required.flatMap((role): VerdictReason[] => {
    const score = result.scores[role];
    const rules = rulesOf(policy, role);
    const against = [...(rules?.[wanted] ?? []), ...(result.verdict === 'abstain' ? unjudged : [])];
    const flagged = (result.flags[role] ?? []).filter((flag) => against.some((one) => one === flag));
    if (flagged.length > 0) return flagged.map((code) => ({ role, code }));
    if (score === undefined) return result.verdict === 'abstain' ? [{ role, code: 'not-observed' }] : [];
    if (rules === undefined || score >= rules.acceptScoreMin) return [];
    const isLow = score < rejectedBelow(rules);
    if (result.verdict === 'reject')
      return isLow ? [{ role, code: 'low-score', score, scoreMin: rejectedBelow(rules) }] : [];
    return isLow ? [] : [{ role, code: 'undecided-score', score, scoreMin: rules.acceptScoreMin }];
  });
  const [first] = required;
  return reasons.length > 0 || first === undefined ? reasons : [{ role: first, code: 'no-quorum-agrees' }];
}

/** A reason in words: the role, the code and, where the score decided, the score and what the policy wanted. */
export function reasonText(reason: VerdictReason): string {
  return `${reason.role}: ${reasonDetail(reason)}`;
}

/** The same without the role. */
export function reasonDetail({ code, score, scoreMin }: VerdictReason): string {
  if (score === undefined || scoreMin === undefined) return code;
  const wanted = code === 'low-score' ? 'rejected below' : 'accepted from';
  return `${code} ${inUnits(score)}, ${wanted} ${inUnits(scoreMin)}`;
}

/** All four digits, so that a score just below its border does not look equal to it. */
function inUnits(basisPoints: number): string {
  return (basisPoints / scoreMax).toFixed(4);
}
