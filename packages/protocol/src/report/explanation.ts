/** Why a report says what it says: reasons in words, and what each operator observed. Derived from the report alone. Pure. */
import { z } from 'zod';
import { addressSchema, digestSchema } from '../encoding/fields.ts';
import { checkEvidence, type Evidence, type EvidenceItem, evidenceSchema } from '../observation/evidence.ts';
import { flagNames } from '../observation/flag.ts';
import { scoreMax, unpackMeasurements } from '../observation/measurement.ts';
import { observationSchema } from '../observation/observation.ts';
import { type Policy, policyDigest } from '../policy/policy.ts';
import { accepted, type Checked, refused } from '../refusal.ts';
import { type CertifiedReport, certifiedReportSchema } from './certified-report.ts';
import { groundsSchema, scoreText } from './grounds.ts';
import { reasonText, verdictReasons } from './verdict-reasons.ts';

const roleSchema = observationSchema.shape.role;
const scoreSchema = z.int().min(0).max(scoreMax);

/** Schema of one reason: see {@link verdictReasons}. */
const reasonSchema = z.object({
  role: roleSchema,
  code: z.string(),
  /** Where the score decided: the role's score, and the score of the policy that it missed. */
  score: scoreSchema.optional(),
  scoreMin: scoreSchema.optional(),
  /** The same for people. */
  text: z.string(),
});

/** What one operator observed of a submission in one role. */
const observedSchema = z.object({
  role: roleSchema,
  operator: addressSchema,
  score: scoreSchema,
  flags: z.array(z.string()),
});

const { results, task } = certifiedReportSchema.shape;
const { miner, verdict, scores, flags } = results.element.shape;

/** Schema of an explanation. Scores are basis points. `reasons` is empty for accept only. */
export const explanationSchema = z.object({
  taskId: digestSchema,
  policy: task.shape.policy,
  results: z.array(
    z.object({
      miner,
      verdict,
      scores,
      flags,
      reasons: z.array(reasonSchema),
      observed: z.array(observedSchema),
      /** Where the words were asked for. They follow from the content, not from the report. */
      grounds: z.array(groundsSchema).optional(),
    }),
  ),
  /**
   * Where it was asked for: what operators state behind their observations, each signed by its operator. Check it by
   * {@link evidenceOn}: nothing was decided by it.
   */
  evidence: z.array(evidenceSchema).optional(),
});

/** An explanation of a certified report. */
export type Explanation = z.infer<typeof explanationSchema>;

/** Explains a report by the policy that it names; refused with `unknown-policy` if it is none of these. */
export function explainReport(policies: Iterable<Policy>, report: CertifiedReport): Checked<Explanation> {
  const policy = [...policies].find(
    (one) => one.name === report.task.policy && policyDigest(one) === report.policyDigest,
  );
  if (policy === undefined)
    return refused('unknown-policy', `The report's policy "${report.task.policy}" is not one of this epoch.`, 'policy');
  const observed = report.results.map(({ miner: of }) => observedOf(report, of));
  return accepted({
    taskId: report.task.taskId,
    policy: policy.name,
    results: report.results.map((result, index) => ({
      miner: result.miner,
      verdict: result.verdict,
      scores: result.scores,
      flags: result.flags,
      reasons: verdictReasons(policy, result).map((reason) => ({ ...reason, text: reasonText(reason) })),
      observed: observed[index] ?? [],
    })),
  });
}

/** The observations of one submission, by role and operator. */
function observedOf(report: CertifiedReport, of: string): Explanation['results'][number]['observed'] {
  const { submissions } = report.task;
  const index = submissions.findIndex((one) => one.miner === of);
  return report.observations.flatMap(({ role, operator, measurements }) => {
    const unpacked = unpackMeasurements(measurements, submissions.length);
    const measurement = unpacked.ok ? unpacked.value[index] : undefined;
    if (measurement === undefined) return [];
    return [{ role, operator, score: measurement.score, flags: flagNames(role, measurement.flags) }];
  });
}

/** One operator's evidence against one submission. */
export interface StatedEvidence {
  readonly role: Evidence['role'];
  readonly operator: Evidence['operator'];
  readonly items: readonly EvidenceItem[];
}

/**
 * What the operators of a report state against each submission, in order. Evidence that is not signed by the operator
 * for its observation in the report is left out; so is a second one of an operator and role.
 */
export function evidenceOn(report: CertifiedReport, stated: readonly Evidence[]): StatedEvidence[][] {
  const count = report.task.submissions.length;
  const held = report.observations.flatMap((observation) => {
    const own = stated.find(({ role, operator }) => role === observation.role && operator === observation.operator);
    return own !== undefined && checkEvidence(report, observation, count, own).ok ? [own] : [];
  });
  return report.task.submissions.map((_, index) =>
    held.flatMap(({ role, operator, items }) => {
      const own = items[index] ?? [];
      return own.length === 0 ? [] : [{ role, operator, items: own }];
    }),
  );
}

/** A piece of evidence for people: `truncated 0.90, counts from 0.60: "1986 against 1989"`. */
export function evidenceItemText({ kind, strength, threshold, start, end, against }: EvidenceItem): string {
  const strong = strength === undefined ? '' : ` ${scoreText(strength)}`;
  const counts = threshold === undefined ? '' : `, counts from ${scoreText(threshold)}`;
  const isPoint = end === undefined || end === start;
  const place = start === undefined ? '' : isPoint ? ` from ${start} on` : ` at ${start}-${end}`;
  return `${kind}${strong}${counts}${place}${against === undefined ? '' : `: ${JSON.stringify(against)}`}`;
}
