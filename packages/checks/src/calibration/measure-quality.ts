/** How well the checks separate honest answers from the rest, counted over labelled submissions. */

import { type ByRole, byRole, type Role, roles } from '@assay/protocol/observation/role';
import type { Vote } from '@assay/protocol/policy/policy';
import { honestLabel } from './calibration-data.ts';

/** One labelled submission with the checks' votes. */
export interface LabelledVotes {
  /** `honest` should be accepted; every other label should not. */
  readonly label: string;
  readonly votes: ByRole<Vote>;
}

/** Counts of one label. */
export interface LabelCounts {
  readonly count: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly abstained: number;
  /** Submissions that the role rejected, independent of the other roles. */
  readonly rejectedBy: Readonly<Record<Role, number>>;
}

/** Counts of all labels; shares are 0…1, and 0 if there is nothing to count. */
export interface Quality {
  readonly labels: Readonly<Record<string, LabelCounts>>;
  /** Accepted dishonest submissions, and their share of all dishonest ones. */
  readonly falseAccepts: number;
  readonly falseAcceptShare: number;
  /** Rejected honest submissions, and their share of all honest ones; abstentions count in `labels` only. */
  readonly falseRejects: number;
  readonly falseRejectShare: number;
}

/** The verdict of one operator's votes, all required: reject if one rejects, accept if all accept, else abstain. */
export function verdictOfVotes(votes: ByRole<Vote>): Vote {
  const all = roles.flatMap((role) => votes[role] ?? []);
  if (all.includes('reject')) return 'reject';
  return all.every((vote) => vote === 'accept') ? 'accept' : 'abstain';
}

/** Counts verdicts by label; labels are in alphabetical order. */
export function measureQuality(submissions: readonly LabelledVotes[]): Quality {
  const names = [...new Set(submissions.map((one) => one.label))].sort();
  const labels = Object.fromEntries(
    names.map((name) => [name, countsOf(submissions.filter((one) => one.label === name))]),
  );
  const honest = labels[honestLabel];
  const others = names.filter((name) => name !== honestLabel).map((name) => labels[name]);
  const falseAccepts = others.reduce((sum, one) => sum + (one?.accepted ?? 0), 0);
  const attacks = others.reduce((sum, one) => sum + (one?.count ?? 0), 0);
  const falseRejects = honest?.rejected ?? 0;
  return {
    labels,
    falseAccepts,
    falseAcceptShare: attacks === 0 ? 0 : falseAccepts / attacks,
    falseRejects,
    falseRejectShare: honest === undefined ? 0 : falseRejects / honest.count,
  };
}

function countsOf(submissions: readonly LabelledVotes[]): LabelCounts {
  const verdicts = submissions.map((one) => verdictOfVotes(one.votes));
  const having = (verdict: Vote): number => verdicts.filter((one) => one === verdict).length;
  const rejectedBy = (role: Role): number => submissions.filter((one) => one.votes[role] === 'reject').length;
  return {
    count: submissions.length,
    accepted: having('accept'),
    rejected: having('reject'),
    abstained: having('abstain'),
    rejectedBy: byRole(rejectedBy),
  };
}
