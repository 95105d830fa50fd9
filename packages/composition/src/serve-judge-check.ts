/** The thread of a check that a chat model judges: it writes the questions, and reads the replies. */
import { workerData } from 'node:worker_threads';
import { serveCalls } from '@assay/adapters/process/thread-calls';
import { measuredBy } from '@assay/checks/roles/measured-by';
import type { RoleCheck } from '@assay/checks/roles/role-check';
import { type CheckCall, checkWork, policiesByName } from '@assay/runtime/check/check-call';
import { type JudgedCall, type QuestionsCall, questionsWork } from '@assay/runtime/check/judged-check';
import type { CheckSetup } from './content-check.ts';

/** Serves a role's check in this thread. */
export function serveJudgeCheck(role: RoleCheck): void {
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
      [questionsWork]: (call: QuestionsCall) => role.questions?.(inputOf(call), call.mark) ?? [],
      [checkWork]: (call: JudgedCall) => measure({ ...inputOf(call), judged: call.judged }),
    },
  );
}
