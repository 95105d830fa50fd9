/** The checks of all roles, to judge a task in one process, for benches and calibration. */
import type { Role } from '@assay/protocol/observation/role';
import type { Grounds } from '@assay/protocol/report/grounds';
import { checksum } from './checksum.ts';
import { embedding } from './embedding.ts';
import { inference } from './inference.ts';
import { llmJudge } from './llm-judge.ts';
import type { GroundsInput, RoleCheck } from './role-check.ts';
import { semantic } from './semantic.ts';

export const roleChecks: { readonly [R in Role]: RoleCheck<R> } = {
  checksum,
  embedding,
  semantic,
  inference,
  'llm-judge': llmJudge,
};

/** What some roles hold against one submission, as far as they can say it. Measured again from the content. */
export function groundsOn(input: GroundsInput, index: number, wanted: Iterable<Role>): Grounds[] {
  return [...new Set(wanted)].flatMap((role) => roleChecks[role].grounds?.(input, index) ?? []);
}
