/** Which words decided the verdicts of a judged task, measured again from its content. Pure. */
import { groundsOn } from '@assay/checks/roles/role-checks';
import { utf8 } from '@assay/protocol/encoding/bytes';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Grounds } from '@assay/protocol/report/grounds';
import { type MeasuredVerdict, verdictReasons } from '@assay/protocol/report/verdict-reasons';
import type { JudgedTask } from '../tasks/judge-tasks.ts';
import { publicTaskOf } from '../tasks/public-request.ts';
import type { LabelledTask } from '../tasks/task-file.ts';
import { resultsOf } from './verdict-line.ts';

/** For each submission, in order: the grounds of a verdict other than accept. Empty where there is no verdict. */
export function groundsOfJudged(judged: JudgedTask): Grounds[][] {
  const { task, policy } = judged;
  const results = resultsOf(judged);
  if (policy === undefined || results === undefined) return [];
  return results.map((result, index) => groundsOfAnswer(task, policy, result, index));
}

/** The grounds of one answer's verdict, in the roles that decided it; none for accept. */
export function groundsOfAnswer(task: LabelledTask, policy: Policy, result: MeasuredVerdict, index: number): Grounds[] {
  const wanted = verdictReasons(policy, result).map(({ role }) => role);
  if (wanted.length === 0) return [];
  const content = { prompt: task.prompt, outputs: task.submissions.map(({ output }) => ({ bytes: utf8(output) })) };
  return groundsOn({ task: publicTaskOf(task, policy.name), content, policy }, index, wanted);
}
