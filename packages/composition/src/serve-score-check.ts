/** The thread of a check that judges by log-probabilities: it says what to score, and judges the scores. */
import { workerData } from 'node:worker_threads';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import type { OutputScores } from '@assay/checks/inference/inference-check';
import type { RoleCheck } from '@assay/checks/roles/role-check';
import { unpackScores } from '@assay/protocol/language-model/packed-scores';
import { type CheckCall, checkWork, policiesByName } from '@assay/runtime/check/check-call';
import { ordersWork, type ScoredCall, type ThreadScores } from '@assay/runtime/check/scored-check';
import type { CheckSetup } from './content-check.ts';

/** Serves a role's check in this thread. */
export function serveScoreCheck({ check, orders }: RoleCheck): void {
  const { policies, domain } = workerData as CheckSetup;
  const policyOf = policiesByName(policies);
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
      [ordersWork]: (call: CheckCall) => orders?.(inputOf(call)) ?? [],
      [checkWork]: (call: ScoredCall) => check({ ...inputOf(call), scores: call.scores.map(outputScores) }),
    },
  );
}

function outputScores(scores: ThreadScores): OutputScores | undefined {
  if (scores === undefined || scores === 'not-shared') return scores;
  if (typeof scores === 'string') return { ok: false, fault: scores };
  const value = unpackScores(scores);
  return value === undefined ? { ok: false, fault: 'malformed' } : { ok: true, value };
}
