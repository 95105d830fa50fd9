/** The thread of a check that judges by log-probabilities: it says what to score, and judges the scores. */
import { workerData } from 'node:worker_threads';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import type { OutputScores } from '@assay/checks/inference/inference-check';
import { measuredBy } from '@assay/checks/roles/measured-by';
import type { RoleCheck } from '@assay/checks/roles/role-check';
import { unpackScores } from '@assay/protocol/language-model/packed-scores';
import { type CheckCall, checkWork, policiesByName } from '@assay/runtime/check/check-call';
import { ordersWork, type ScoredCall, type ThreadScores } from '@assay/runtime/check/scored-check';
import type { CheckSetup } from './content-check.ts';

/** Serves a role's check in this thread. */
export function serveScoreCheck(role: RoleCheck): void {
  const { policies, domain } = workerData as CheckSetup;
  const policyOf = policiesByName(policies);
  const measure = measuredBy(role);
  const inputOf = ({ task, content, policyName }: CheckCall) => ({
    task,
    content,
    policy: policyOf(policyName),
    domain,
    vectors: [],
  });
  serveCalls(
    {},
    {
      [ordersWork]: (call: CheckCall) => role.orders?.(inputOf(call)) ?? [],
      [checkWork]: (call: ScoredCall) => measure({ ...inputOf(call), scores: call.scores.map(outputScores) }),
    },
  );
}

function outputScores(scores: ThreadScores): OutputScores | undefined {
  if (scores === undefined || scores === 'not-shared') return scores;
  if (typeof scores === 'string') return { ok: false, fault: scores };
  const value = unpackScores(scores);
  return value === undefined ? { ok: false, fault: 'malformed' } : { ok: true, value };
}
