/** One operator's results for a whole task in every role of its policy, for `assay bench` and `assay calibrate`. */
import type { Measurement } from '@assay/protocol/observation/measurement';
import { type ByRole, type Role, roles } from '@assay/protocol/observation/role';
import { type Policy, requiredRoles, rolesOf, type Vote, voteOf } from '@assay/protocol/policy/policy';
import { type AgreementFinding, type EmbeddingCheckInput, embeddingFindings } from '../agreement/embedding-check.ts';
import type { ChecksumCheckInput } from '../checksum/checksum-check.ts';
import { roleChecks } from '../roles/role-checks.ts';
import { type SemanticFinding, semanticFindings } from '../semantic/semantic-check.ts';

/** The input of all checks. */
export type EvaluateTaskInput = ChecksumCheckInput & EmbeddingCheckInput;

/** The checks' results for one submission. */
export interface EvaluatedSubmission {
  readonly measurements: ByRole<Measurement>;
  readonly votes: ByRole<Vote>;
  readonly verdict: Vote;
  /** Evidence of the embedding role. */
  readonly agreement: AgreementFinding;
  /** Evidence of the semantic role. */
  readonly semantic: SemanticFinding;
}

/** The checks' results for a task. */
export interface EvaluatedTask {
  /** By role, in submission order. */
  readonly measurements: { readonly [R in Role]?: readonly Measurement[] | undefined };
  /** In submission order. */
  readonly submissions: readonly EvaluatedSubmission[];
}

/** Runs the checks and votes by the policy. Pure; a submission's position does not affect other verdicts. */
export function evaluateTask(input: EvaluateTaskInput): EvaluatedTask {
  const { policy } = input;
  // What these two found is what their heads are fitted to; of every other role, the measurement is enough.
  const findings = { embedding: embeddingFindings(input), semantic: semanticFindings(input) };
  const found: { readonly [R in Role]?: readonly { readonly measurement: Measurement }[] } = findings;
  const measured = rolesOf(policy).map(
    (role) => [role, found[role]?.map(({ measurement }) => measurement) ?? roleChecks[role].check(input)] as const,
  );
  const submissions = input.task.submissions.flatMap((_, index) => {
    const [agreement, semantic] = [findings.embedding[index], findings.semantic[index]];
    if (agreement === undefined || semantic === undefined) return [];
    const entries = measured.map(([role, all]) => [role, all[index]]);
    const measurements = Object.fromEntries(entries) as ByRole<Measurement>;
    const votes = votesOf(policy, measurements);
    return [{ measurements, votes, verdict: verdictUnder(policy, votes), agreement, semantic }];
  });
  return { measurements: Object.fromEntries(measured), submissions };
}

/** The vote of each role that was measured. */
export function votesOf(policy: Policy, measurements: ByRole<Measurement>): ByRole<Vote> {
  const votes = roles.flatMap((role) => {
    const measurement = measurements[role];
    return measurement === undefined ? [] : [[role, voteOf(role, policy, measurement)]];
  });
  return Object.fromEntries(votes) as ByRole<Vote>;
}

/** The verdict of one operator's votes in the roles that a policy requires: one reject rejects, all accept accepts. */
export function verdictUnder(policy: Policy, votes: ByRole<Vote>): Vote {
  const wanted = requiredRoles(policy).map((role) => votes[role]);
  if (wanted.includes('reject')) return 'reject';
  return wanted.every((vote) => vote === 'accept') ? 'accept' : 'abstain';
}
