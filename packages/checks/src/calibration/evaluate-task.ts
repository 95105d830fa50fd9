/** One operator's opinion of a whole task in all three roles, as `assay bench` and `assay validate` need it. */
import type { Measurement } from '@assay/protocol/observation/measurement';
import { type Role, roles } from '@assay/protocol/observation/role';
import { type Policy, type Vote, voteOf } from '@assay/protocol/policy/policy';
import { type AgreementFinding, type EmbeddingCheckInput, embeddingFindings } from '../agreement/embedding-check.ts';
import { type ChecksumCheckInput, checksumCheck } from '../checksum/checksum-check.ts';
import { type SemanticFinding, semanticFindings } from '../semantic/semantic-check.ts';

/** Everything that the three checks look at. */
export type EvaluateTaskInput = ChecksumCheckInput & EmbeddingCheckInput;

/** What the three checks say about one submission. */
export interface EvaluatedSubmission {
  readonly measurements: Readonly<Record<Role, Measurement>>;
  readonly votes: Readonly<Record<Role, Vote>>;
  readonly verdict: Vote;
  /** Behind the embedding role's measurement. */
  readonly agreement: AgreementFinding;
  /** Behind the semantic role's measurement. */
  readonly semantic: SemanticFinding;
}

/** What the three checks say about a task. */
export interface EvaluatedTask {
  /** By role, in submission order. */
  readonly measurements: Readonly<Record<Role, readonly Measurement[]>>;
  /** In submission order. */
  readonly submissions: readonly EvaluatedSubmission[];
}

/** Runs the three checks and votes by the policy. Pure; a submission's position matters to nobody else's verdict. */
export function evaluateTask(input: EvaluateTaskInput): EvaluatedTask {
  const { policy } = input;
  const checksum = checksumCheck(input);
  const agreement = embeddingFindings(input);
  const semantic = semanticFindings(input);
  const submissions = checksum.flatMap((bytes, index) => {
    const agrees = agreement[index];
    const answers = semantic[index];
    if (agrees === undefined || answers === undefined) return [];
    const measurements = { checksum: bytes, embedding: agrees.measurement, semantic: answers.measurement };
    const votes = {
      checksum: voteOf('checksum', policy, measurements.checksum),
      embedding: voteOf('embedding', policy, measurements.embedding),
      semantic: voteOf('semantic', policy, measurements.semantic),
    };
    return [{ measurements, votes, verdict: verdictUnder(policy, votes), agreement: agrees, semantic: answers }];
  });
  const of = (role: Role) => submissions.map((one) => one.measurements[role]);
  return {
    measurements: { checksum: of('checksum'), embedding: of('embedding'), semantic: of('semantic') },
    submissions,
  };
}

/** The verdict of one operator's votes in the roles that a policy requires: one reject rejects, all accept accepts. */
export function verdictUnder(policy: Policy, votes: Readonly<Record<Role, Vote>>): Vote {
  const wanted = roles.filter((role) => policy.roles[role].required).map((role) => votes[role]);
  if (wanted.includes('reject')) return 'reject';
  return wanted.every((vote) => vote === 'accept') ? 'accept' : 'abstain';
}
