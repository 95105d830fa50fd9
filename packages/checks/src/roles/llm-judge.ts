/** The check of the role `llm-judge`. */
import { judgeCheck, judgeQuestions } from '../judge/judge-check.ts';
import type { RoleCheck } from './role-check.ts';

export const llmJudge: RoleCheck<'llm-judge'> = {
  role: 'llm-judge',
  needs: 'grades',
  questions: judgeQuestions,
  check: judgeCheck,
};
