/** Submits tasks to a network, waits for their certified reports, proves each against the chain. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Evidence } from '@assay/protocol/observation/evidence';
import type { Policy } from '@assay/protocol/policy/policy';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { evidenceOn, type StatedEvidence } from '@assay/protocol/report/explanation';
import type { Report } from '@assay/protocol/report/report';
import type { TaskRequestInput } from '@assay/protocol/task/task';
import { tuning } from '@assay/protocol/tuning';
import type { ChainReader } from '@assay/sdk/chain-reader';
import { type GatewayClient, GatewayError } from '@assay/sdk/gateway-client';
import { proveReport } from '@assay/sdk/prove-report';
import type { LabelledTask } from './task-file.ts';

/** The result of one task. */
export interface JudgedTask {
  readonly task: LabelledTask;
  readonly taskId: Hex;
  /** The policy that judged it, if known. */
  readonly policy?: Policy | undefined;
  /** True if its content was sealed under session keys. */
  readonly sealed: boolean;
  /** For a sealed task: the id that it would have as a public one. */
  readonly publicId?: Hex | undefined;
  /** Undefined if no certified report arrived in time, and for verdicts without a network. */
  readonly report: CertifiedReport | undefined;
  /** Verdicts of one process, without a network. */
  readonly uncertified?: Report | undefined;
  /** Why the report is not proven; undefined if it is, and for verdicts without a network. */
  readonly unproven: string | undefined;
  /** For each submission, what operators state against it, where that was wanted. */
  readonly evidence?: readonly StatedEvidence[][] | undefined;
}

export interface JudgeOptions {
  readonly gateway: GatewayClient;
  readonly chain: ChainReader;
  readonly policies: readonly Policy[];
  /** Makes the request of a task: public, or sealed under sessions. */
  readonly requestOf: (task: LabelledTask, index: number) => Promise<TaskRequestInput>;
  /** The id of a task as a public one, to know a sealed task again. */
  readonly publicIdOf?: (task: LabelledTask) => Hex;
  /** Time-out of one task, from submission to report. */
  readonly timeoutMs: number;
  /** Maximum number of tasks in progress. */
  readonly inFlightMax: number;
  readonly signal: AbortSignal;
  /** Reads what operators state behind their observations of a public task. Absent: nobody wants to know. */
  readonly evidenceOf?: ((policy: Policy, report: CertifiedReport) => Promise<readonly Evidence[]>) | undefined;
  /** Called with each finished task, in order of completion. */
  readonly onJudged?: (judged: JudgedTask) => void;
}

/** Judges all tasks; the results are in the tasks' order. */
export async function judgeTasks(tasks: readonly LabelledTask[], options: JudgeOptions): Promise<JudgedTask[]> {
  const results: JudgedTask[] = [];
  const waiting = tasks.entries();
  const worker = async () => {
    for (const [index, task] of waiting) {
      options.signal.throwIfAborted();
      const judged = await judgeTask(task, index, options);
      results[index] = judged;
      options.onJudged?.(judged);
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.inFlightMax, tasks.length) }, worker));
  return results;
}

async function judgeTask(task: LabelledTask, index: number, options: JudgeOptions): Promise<JudgedTask> {
  const request = await options.requestOf(task, index);
  const sealed = typeof request.prompt !== 'string';
  const policy = options.policies.find((one) => one.name === request.policy);
  const taskId = await submit(request, options);
  const publicId = sealed ? options.publicIdOf?.(task) : undefined;
  const judged = { task, taskId, policy, sealed, ...(publicId === undefined ? {} : { publicId }) };
  const report = await awaitReport(taskId, options);
  if (report === undefined) return { ...judged, report, unproven: 'no certified report in time' };
  const proof = await proveReport(options.chain, options.policies, report);
  const unproven = proof.ok ? undefined : `${proof.refusal.code}: ${proof.refusal.detail}`;
  if (options.evidenceOf === undefined || policy === undefined || sealed) return { ...judged, report, unproven };
  const evidence = evidenceOn(report, await options.evidenceOf(policy, report));
  return { ...judged, report, unproven, evidence };
}

/** Submits a task, again if the gateway asks to wait. */
async function submit(request: TaskRequestInput, { gateway, timeoutMs, signal }: JudgeOptions): Promise<Hex> {
  const untilMs = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await gateway.submitTask(request);
    } catch (error) {
      if (!(error instanceof GatewayError) || error.retryAfterMs === undefined) throw error;
      if (Date.now() + error.retryAfterMs > untilMs) throw error;
      await pause(error.retryAfterMs, undefined, { signal });
    }
  }
}

async function awaitReport(
  taskId: Hex,
  { gateway, timeoutMs, signal }: JudgeOptions,
): Promise<CertifiedReport | undefined> {
  const untilMs = Date.now() + timeoutMs;
  while (Date.now() < untilMs) {
    signal.throwIfAborted();
    try {
      const report = await gateway.readReport(taskId, Math.min(untilMs - Date.now(), tuning.longPollMsMax));
      if (report !== undefined) return report;
    } catch (error) {
      if (!(error instanceof GatewayError) || (error.code !== 'internal' && error.retryAfterMs === undefined))
        throw error;
      await pause(error.retryAfterMs ?? 0, undefined, { signal });
    }
  }
  return undefined;
}
