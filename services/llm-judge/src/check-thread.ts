/** The worker thread of the LLM judge: it writes questions and reads replies, so that the process stays responsive. */
import { llmJudge } from '@assay/checks/roles/llm-judge';
import { serveJudgeCheck } from '@assay/composition/serve-judge-check';

serveJudgeCheck(llmJudge);
