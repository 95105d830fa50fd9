/** Rules of the role `llm-judge` for tests. */
import { type Policy, policySchema } from '@assay/protocol/policy/policy';

type Rules = NonNullable<Policy['roles']['llm-judge']>;

export const judgeRules: Rules = {
  required: true,
  acceptScoreMin: 5_000,
  rejectFlags: [],
  abstainFlags: [
    'judge-refused',
    'judge-off-format',
    'orders-disagree',
    'model-unavailable',
    'model-not-believed',
    'not-shared',
  ],
  scoreTolerance: 1_000,
  parameters: {},
  model: `0x${'ab'.repeat(32)}`,
  rubric: 'Is the answer right and complete?',
  asked: 'all',
  samplePpm: 1_000_000,
  together: 2,
  charsMax: 2_000,
  apartMax: 2,
  scores: Array.from({ length: 21 }, (_, sum) => 500 * sum),
  notAskedScore: 5_000,
};

/** A policy with these rules. */
export function judgePolicy(policy: Policy, changes: Partial<Rules> = {}): Policy {
  return policySchema.parse({ ...policy, roles: { ...policy.roles, 'llm-judge': { ...judgeRules, ...changes } } });
}
