/** The LLM judge: has a language model of the operator's grade submissions by a rubric. */
import { entryBeside } from '@assay/adapters/process/entry-file';
import { judgeCheck } from '@assay/composition/judge-check';
import { runValidator } from '@assay/composition/run-validator';
import { settings } from './config.ts';

await runValidator({
  role: 'llm-judge',
  settings,
  environment: process.env,
  check: judgeCheck(entryBeside(import.meta.url, 'check-thread')),
});
