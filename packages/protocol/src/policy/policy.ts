/**
 * A policy says how submissions are judged: which roles count, from which score a role accepts, which flags
 * reject or abstain. It is hashed into every signature and never read from the environment.
 */
import { z } from 'zod';
import type { Hex } from '../encoding/bytes.ts';
import { canonicalDigest } from '../encoding/canonical.ts';
import { computedOf, frozenWith } from '../encoding/computed-once.ts';
import { digestSchema } from '../encoding/fields.ts';
import { limits } from '../limits.ts';
import { flagsOf, flagWord } from '../observation/flag.ts';
import { type Measurement, scoreMax } from '../observation/measurement.ts';
import {
  byRole,
  type DefinitionOf,
  definitionOf,
  isInEveryPolicy,
  type Role,
  type RoleInEveryPolicy,
  roles,
} from '../observation/role.ts';
import type { Task } from '../task/task.ts';
import { absences, contentProblems } from '../task/task-content.ts';
import { calibrationSchema } from './calibration-record.ts';

/** The rules that a policy has for a role, without what the role adds of its own. */
const rulesOfEveryRole = (role: Role) => {
  const names = z.array(z.enum(flagsOf(role, 'votes') as [string, ...string[]])).max(32);
  return {
    /** A required role must accept for the verdict to be accept, and can reject; others only inform. */
    required: z.boolean(),
    /** The role votes accept at this score (basis points) or above. */
    acceptScoreMin: z.int().min(0).max(scoreMax),
    /**
     * Below `acceptScoreMin` the role abstains down to this score, and rejects below it. Absent, or not less than
     * `acceptScoreMin`: it rejects all that it does not accept.
     */
    abstainScoreMin: z.int().min(0).max(scoreMax).optional(),
    /** One of these set: reject, whatever the score. */
    rejectFlags: names,
    /** One of these set, and none that rejects: abstain. */
    abstainFlags: names,
    /** Two observations of one operator that differ by more than this are an equivocation (basis points). */
    scoreTolerance: z.int().min(0).max(scoreMax),
    /** Thresholds of the role's check, integers (units in their names). */
    parameters: z
      .record(z.string().max(64), z.int())
      .refine((all) => Object.keys(all).length <= limits.policyParametersMax, { error: 'has too many parameters' }),
  };
};

type RulesShape<R extends Role> = ReturnType<typeof rulesOfEveryRole> & DefinitionOf<R>['rules'];
/** The compiler cannot know of a role that is not named that its shape has schemas only, hence the condition. */
type RulesSchema<R extends Role> =
  RulesShape<R> extends infer Shape extends z.ZodRawShape ? z.ZodObject<Shape, z.core.$strict> : never;

/** The rules by role, as the roles' definitions say: what is not in every policy may be absent. */
const rulesByRole = byRole((role) => {
  const schema = z.strictObject({ ...rulesOfEveryRole(role), ...definitionOf(role).rules });
  return isInEveryPolicy(role) ? schema : schema.optional();
}) as unknown as {
  readonly [R in Role]: R extends RoleInEveryPolicy ? RulesSchema<R> : z.ZodOptional<RulesSchema<R>>;
};

/** The maximum deadline of a task. */
const waitMsMax = 3_600_000;

/** Schema of a policy file's entry. */
export const policySchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,62}$/, 'must be lower-case letters, digits and -'),
  version: z.int().min(1),
  /** `sealed`: content is encrypted under session keys. */
  payload: z.enum(['public', 'sealed']),
  /** The pinned embedding model's digest, SHA-256 over its files. */
  modelDigest: digestSchema,
  /** The checks that measure by this policy: a digest of their sources (`stated-checks.ts`). */
  checksDigest: digestSchema,
  /** How long after its publication a task waits for observations. */
  deadlineMs: z.int().min(100).max(waitMsMax),
  /**
   * Additional time for each 1,024 bytes of prompt and outputs, because models take longer for long texts. 0 if absent.
   */
  deadlineMsPerKilobyte: z.int().min(0).max(10_000).optional(),
  commitments: z.enum(['optional', 'required']),
  /**
   * Operators first publish a pledge, a salted hash of what they observed, at the latest so long after the task, and show it
   * afterwards: nobody can copy. Absent: they publish it at once.
   */
  commitReveal: z.strictObject({ commitMs: z.int().min(50).max(3_600_000) }).optional(),
  submissionSignatures: z.enum(['optional', 'required']),
  roles: z.strictObject(rulesByRole),
  /** Where the numbers above come from. Part of the policy's digest, so that nobody can claim other error rates. */
  calibration: calibrationSchema.optional(),
});

/** Schema of the policy file: all policies of a network, with names that are unique. */
export const policiesSchema = z
  .array(policySchema)
  .min(1)
  .max(limits.policiesMax)
  .refine((all) => new Set(all.map((one) => one.name)).size === all.length, { error: 'has two policies of one name' })
  .refine((all) => all.every((one) => requiredRoles(one as Policy).length > 0), {
    error: 'has a policy that requires no role',
  })
  .refine((all) => all.every(({ commitReveal, deadlineMs }) => (commitReveal?.commitMs ?? 0) < deadlineMs), {
    error: 'has a policy whose commitReveal.commitMs leaves no time before its deadlineMs',
  })
  .transform((all) => all.map((one) => loadPolicy(one)));

export type Policy = z.infer<typeof policySchema>;
/** A policy's rules for a role. */
export type RolePolicy = z.infer<z.ZodObject<ReturnType<typeof rulesOfEveryRole>, z.core.$strict>>;

/** A policy's rules for a role; undefined: the policy does not use it. */
export function rulesOf(policy: Pick<Policy, 'roles'>, role: Role): RolePolicy | undefined {
  return (policy.roles as { readonly [R in Role]?: RolePolicy | undefined })[role];
}

/** The score below which a role rejects. */
export function rejectedBelow({ acceptScoreMin, abstainScoreMin }: RolePolicy): number {
  return Math.min(acceptScoreMin, abstainScoreMin ?? acceptScoreMin);
}

/** How far apart two scores of one operator may be, in basis points; 0 where the policy does not use the role. */
export function scoreToleranceOf(policy: Pick<Policy, 'roles'>, role: Role): number {
  return rulesOf(policy, role)?.scoreTolerance ?? 0;
}

/** The roles that a policy has rules for, in the order of their index. */
export function rolesOf(policy: Pick<Policy, 'roles'>): Role[] {
  return roles.filter((role) => rulesOf(policy, role) !== undefined);
}

/** The roles that one of these policies has rules for, in the order of their index: the others have nothing to do. */
export function rolesUsedBy(policies: readonly Pick<Policy, 'roles'>[]): Role[] {
  return roles.filter((role) => policies.some((policy) => rulesOf(policy, role) !== undefined));
}

/** The roles whose votes make a verdict under a policy, in the order of their index. */
export function requiredRoles(policy: Pick<Policy, 'roles'>): Role[] {
  return roles.filter((role) => rulesOf(policy, role)?.required === true);
}

/** A role's opinion of one submission; abstain is a vote of its own. */
export type Vote = 'accept' | 'reject' | 'abstain';

/** What every report needs of a policy, and what its rules determine. */
interface PolicyDigests {
  readonly policy: Hex;
  readonly methods: { readonly [R in Role]?: Hex };
}

const digests = Symbol('digests of a policy');

/** A policy that cannot change any more, with its digests computed. A copy computes them again for each use. */
export function loadPolicy(policy: Policy): Policy {
  const computed: PolicyDigests = {
    policy: canonicalDigest('assay policy v1', policy),
    methods: Object.fromEntries(rolesOf(policy).map((role) => [role, computeMethodDigest(role, policy)])),
  };
  return frozenWith(policy, digests, computed);
}

/** Digest of one policy: bound into each report. */
export function policyDigest(policy: Policy): Hex {
  return computedOf<PolicyDigests>(policy, digests)?.policy ?? canonicalDigest('assay policy v1', policy);
}

/** How long a task waits for observations under its policy, given its stated sizes. */
export function waitMsOf(policy: Policy, task: Pick<Task, 'prompt' | 'submissions'>): number {
  const bytes = task.submissions.reduce((sum, one) => sum + one.bytes, task.prompt.bytes);
  return Math.min(waitMsMax, policy.deadlineMs + Math.ceil((bytes * (policy.deadlineMsPerKilobyte ?? 0)) / 1_024));
}

/**
 * Digest of the method of a role under a policy: its rules, its model, and the code of the checks. Observations of
 * different methods cannot be compared. Throws if the policy has no rules for the role.
 */
export function methodDigest(role: Role, policy: Policy): Hex {
  return computedOf<PolicyDigests>(policy, digests)?.methods[role] ?? computeMethodDigest(role, policy);
}

function computeMethodDigest(role: Role, policy: Policy): Hex {
  const rules = rulesOf(policy, role);
  if (rules === undefined) throw new RangeError(`The policy "${policy.name}" has no rules for the role ${role}.`);
  const model = definitionOf(role).usesModel ? policy.modelDigest : null;
  return canonicalDigest('assay method v2', { role, checks: policy.checksDigest, model, rules });
}

/**
 * The vote derived from a measurement. Pure and total: every measurement has one vote; abstain without rules for the
 * role, and for what could not be measured because something was not there.
 */
export function voteOf(role: Role, policy: Policy, measurement: Measurement): Vote {
  const rules = rulesOf(policy, role);
  if (rules === undefined) return 'abstain';
  const byFlags = flaggedVote(role, rules, measurement);
  if (byFlags !== undefined) return byFlags;
  if (measurement.score >= rules.acceptScoreMin) return 'accept';
  return measurement.score >= rejectedBelow(rules) ? 'abstain' : 'reject';
}

/**
 * The vote as the vote rule on chain derives it. That rule has one border: a score below `acceptScoreMin` counts as reject
 * there, so that going from undecided to rejected is no equivocation.
 */
export function ruledVoteOf(role: Role, policy: Policy, measurement: Measurement): Vote {
  const rules = rulesOf(policy, role);
  if (rules === undefined) return 'abstain';
  return flaggedVote(role, rules, measurement) ?? (measurement.score >= rules.acceptScoreMin ? 'accept' : 'reject');
}

/** The vote that flags decide, whatever the score; undefined if none does. */
function flaggedVote(role: Role, rules: RolePolicy, { flags }: Measurement): Vote | undefined {
  if (flags === 0) return undefined;
  const words = voteWordsOf(role, rules);
  if ((flags & words.lost) !== 0) return 'abstain';
  if ((flags & words.reject) !== 0) return 'reject';
  return (flags & words.abstain) === 0 ? undefined : 'abstain';
}

/** Flag words by what they do to a vote. */
export interface VoteWords {
  /** Its content, its key or other content is not there, or nobody looked: abstain, whatever the policy says. */
  readonly lost: number;
  /** Nothing was judged, for whatever reason. */
  readonly missing: number;
  readonly reject: number;
  readonly abstain: number;
}

/** The flag words of a role's rules. */
export function voteWordsOf(role: Role, rules: RolePolicy): VoteWords {
  return {
    lost: flagWord(role, ['not-observed', ...absences]),
    missing: flagWord(role, ['not-observed', ...contentProblems]),
    reject: flagWord(role, rules.rejectFlags),
    abstain: flagWord(role, rules.abstainFlags),
  };
}
