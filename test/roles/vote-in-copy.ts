/**
 * Runs in the copy of the repository that has the page's role: the role's check on three answers, and the votes of the
 * page's policy. Prints a list of {@link VoteInCopy}.
 */
import { readFileSync } from 'node:fs';
import { roleChecks } from '@assay/checks/roles/role-checks';
import { exampleNetwork, examplePolicy, exampleTask } from '@assay/protocol/network/example-network';
import { flagNames } from '@assay/protocol/observation/flag';
import { type Role, roles } from '@assay/protocol/observation/role';
import { policiesSchema, voteOf } from '@assay/protocol/policy/policy';
import { withChecks } from '@assay/protocol/policy/stated-checks';
import { answers } from './answers.ts';

/** The vote on one answer. */
export interface VoteInCopy {
  readonly vote: string;
  readonly score: number;
  readonly flags: readonly string[];
}

const policies = policiesSchema.parse(
  withChecks(JSON.parse(readFileSync('deploy/policies.json', 'utf8')), examplePolicy.checksDigest),
);
const policy = policies.find(({ name }) => name === 'brief');
const role: Role | undefined = roles.at(-1);
if (policy === undefined || role === undefined) throw new Error('deploy/policies.json has no policy "brief".');

const { network } = exampleNetwork();
const { task, prompt, outputs } = exampleTask({ outputs: answers });
const measurements = roleChecks[role].check({
  task,
  content: { prompt, outputs: outputs.map((text) => ({ bytes: new TextEncoder().encode(text) })) },
  policy,
  domain: { chainId: network.chainId, hub: network.hub },
  vectors: [],
});
const votes = measurements.map(
  (measurement): VoteInCopy => ({
    vote: voteOf(role, policy, measurement),
    score: measurement.score,
    flags: flagNames(role, measurement.flags),
  }),
);
process.stdout.write(`${JSON.stringify(votes)}\n`);
