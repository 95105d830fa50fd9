/** Hands answers to the network as one task, and waits until its certified report is proven against the chain. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Clock } from '@assay/protocol/ports';
import type { Checked } from '@assay/protocol/refusal';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { buildTask } from '@assay/protocol/task/build-task';
import { type TaskRequestInput, taskRequestSchema } from '@assay/protocol/task/task';
import { tuning } from '@assay/protocol/tuning';
import type { MinerAnswer } from './ask-miner.ts';
import { Fault } from './faults.ts';

/** The gateway's part that is used. */
export interface TaskGateway {
  submitTask(request: TaskRequestInput): Promise<Hex>;
  readReport(taskId: Hex, waitMs: number): Promise<CertifiedReport | undefined>;
}

/** What judging needs. */
export interface Judge {
  /** Proves a report against the chain. */
  prove(report: CertifiedReport): Promise<Checked<unknown>>;
  readonly policy: Policy['name'];
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/** One answer's result. */
export type Result = CertifiedReport['results'][number];

/** What the network decided. */
export interface Judged {
  readonly taskId: Hex;
  readonly report: CertifiedReport;
  readonly transaction: Hex;
  /** Answers in the order of the task, with their results. */
  readonly results: readonly { readonly answer: MinerAnswer; readonly result: Result }[];
  /** The accepted answer with the highest scores. */
  readonly best: { readonly answer: MinerAnswer; readonly result: Result } | undefined;
}

/** The proven verdicts of answers, at least one. Throws {@link Fault}. */
export async function judgeAnswers(
  judge: Judge,
  gateway: TaskGateway,
  question: Pick<TaskRequestInput, 'parameters' | 'reference'> & { readonly prompt: string },
  answers: readonly MinerAnswer[],
  signal: AbortSignal,
): Promise<Judged> {
  const request = taskRequestSchema.parse({
    reference: question.reference,
    policy: judge.policy,
    parameters: question.parameters,
    prompt: question.prompt,
    submissions: answers.map(({ miner, output, signature, modelDigest }) => ({
      miner: miner.address,
      output,
      signature,
      ...(modelDigest === undefined ? {} : { modelDigest }),
    })),
  });
  // Computed here: the gateway's word for it is not taken.
  const { taskId } = buildTask(request).task;
  const report = await reportOf(judge, gateway, taskId, request, signal);
  const proven = await reached(taskId, judge.prove(report));
  if (!proven.ok) throw new Fault('report-not-proven', `${proven.refusal.code}.`, { assay: { taskId } });
  const results = answers.map((answer, index) => {
    const result = report.results[index];
    if (result?.miner !== answer.miner.address || report.task.taskId !== taskId)
      throw new Fault('report-not-proven', 'It is of another task.', { assay: { taskId } });
    return { answer, result };
  });
  return { taskId, report, transaction: report.transaction.hash, results, best: bestOf(results) };
}

async function reportOf(
  { clock, timeoutMs }: Judge,
  gateway: TaskGateway,
  taskId: Hex,
  request: TaskRequestInput,
  signal: AbortSignal,
): Promise<CertifiedReport> {
  const untilMs = clock.nowMs() + timeoutMs;
  await reached(taskId, gateway.submitTask(request));
  for (;;) {
    const leftMs = untilMs - clock.nowMs();
    if (leftMs <= 0 || signal.aborted) throw new Fault('verdict-too-late', 'Read it later.', { assay: { taskId } });
    const report = await reached(taskId, gateway.readReport(taskId, Math.min(leftMs, tuning.longPollMsMax)));
    if (report !== undefined && report.task.taskId !== taskId)
      throw new Fault('report-not-proven', 'It is of another task.', { assay: { taskId } });
    if (report !== undefined) return report;
  }
}

/** A call to gateway or chain. Their errors hold addresses without secrets, and no content. */
async function reached<T>(taskId: Hex, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    throw new Fault('network-unreachable', errorText(cause), { assay: { taskId } });
  }
}

/** The accepted answer whose scores have the highest sum; of equal ones the first. */
function bestOf(results: Judged['results']): Judged['best'] {
  const sum = ({ result }: Judged['results'][number]) =>
    Object.values(result.scores).reduce<number>((total, score) => total + (score ?? 0), 0);
  let best: Judged['best'];
  for (const one of results)
    if (one.result.verdict === 'accept' && (best === undefined || sum(one) > sum(best))) best = one;
  return best;
}
