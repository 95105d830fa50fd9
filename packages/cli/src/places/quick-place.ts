/** This process, without bus, chain or certificate: one operator with a new key runs all checks. */
import { randomBytes } from 'node:crypto';
import { EvaluationPool } from '../calibration/evaluation-pool.ts';
import { modelPlace } from '../network/model-location.ts';
import { policyNamed, readPolicies, requirePoliciesForModel, shippedPoliciesFile } from '../network/policy-file.ts';
import { publicTaskOf } from '../tasks/public-request.ts';
import { LoneOperator } from './lone-operator.ts';
import type { Place } from './place.ts';

/** By which policy, and where it is. */
export interface QuickPlaceOptions {
  readonly policy: string;
  /** Policy file other than the shipped one. */
  readonly policies?: string;
}

/** Reads the policies; the model is loaded with the first task. Throws `UsageError` for policies of another model. */
export async function quickPlace(options: QuickPlaceOptions): Promise<Place> {
  const policies = await readPolicies(options.policies ?? shippedPoliciesFile);
  await requirePoliciesForModel(policies);
  let pool: EvaluationPool | undefined;
  return {
    policies,
    certifies: false,
    judge: async (tasks, hooks) => {
      const policy = policyNamed(policies, options.policy);
      hooks.onStep('loading the model');
      const operator = new LoneOperator(randomBytes(32), policies);
      const setup = { ...modelPlace(), keepVectors: false, tasks: tasks.length, signal: hooks.signal };
      pool = await EvaluationPool.start(setup);
      hooks.onStart();
      await pool.evaluate(
        tasks.map((task) => ({ task, policy })),
        (_, { submissions }, index) => {
          const task = tasks[index];
          if (task === undefined) throw new RangeError(`There is no task ${index}.`);
          const published = publicTaskOf(task, policy.name);
          const uncertified = operator.report(policy, published, (role) =>
            submissions.flatMap(({ measurements }) => measurements[role] ?? []),
          );
          const { taskId } = published;
          hooks.onJudged({ task, taskId, policy, sealed: false, report: undefined, uncertified, unproven: undefined });
        },
      );
      return {};
    },
    close: async () => pool?.close(),
  };
}
