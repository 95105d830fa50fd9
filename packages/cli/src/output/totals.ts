/** Totals of a run: counts over all tasks, and the confusion matrix if there are labels. Pure. */
import { honestLabel } from '@assay/checks/calibration/calibration-data';
import type { Verdict } from '@assay/protocol/report/report';
import { reasonText, verdictReasons } from '@assay/protocol/report/verdict-reasons';
import type { JudgedTask } from '../tasks/judge-tasks.ts';

/** The totals that demo and validate print; `--json` prints exactly these. */
export interface Totals {
  readonly tasks: number;
  readonly submissions: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly abstained: number;
  readonly batches: number;
  /** Tasks with a certified report. */
  readonly certified: number;
  /** Tasks whose report the chain proves. */
  readonly provenOnChain: number;
  /** Labelled submissions other than honest that were accepted; null without labels. */
  readonly falseAccepts: number | null;
  /** Submissions labelled honest that were rejected; null without labels. */
  readonly falseRejects: number | null;
  /** Tasks whose content was sealed under session keys. */
  readonly sealed: number;
  /** The number of these for which a validator outside the committee was refused the keys; null if none asked. */
  readonly strangerRefused: number | null;
  readonly elapsedMs: number;
}

/** Verdicts of one label. */
export type VerdictCounts = Record<Verdict, number>;

/** Sums up judged tasks; `elapsedMs` is from the first submission to the last proof. */
export function totalsOf(judged: readonly JudgedTask[], elapsedMs: number, strangerRefused?: number): Totals {
  const verdicts = judged.flatMap(({ report }) => (report?.results ?? []).map((one) => one.verdict));
  const matrix = confusionOf(judged);
  const attacks = [...matrix].filter(([label]) => label !== honestLabel);
  return {
    tasks: judged.length,
    submissions: judged.reduce((sum, { task }) => sum + task.submissions.length, 0),
    accepted: verdicts.filter((verdict) => verdict === 'accept').length,
    rejected: verdicts.filter((verdict) => verdict === 'reject').length,
    abstained: verdicts.filter((verdict) => verdict === 'abstain').length,
    batches: new Set(
      judged.flatMap(({ report }) => (report === undefined ? [] : [`${report.epoch}-${report.sequence}`])),
    ).size,
    certified: judged.filter(({ report }) => report !== undefined).length,
    provenOnChain: judged.filter(({ report, unproven }) => report !== undefined && unproven === undefined).length,
    falseAccepts: matrix.size === 0 ? null : attacks.reduce((sum, [, counts]) => sum + counts.accept, 0),
    falseRejects: matrix.size === 0 ? null : (matrix.get(honestLabel)?.reject ?? 0),
    sealed: judged.filter(({ sealed }) => sealed).length,
    strangerRefused: strangerRefused ?? null,
    elapsedMs: Math.round(elapsedMs),
  };
}

/** Verdicts by label, `honest` first; empty if no submission has a label. */
export function confusionOf(judged: readonly JudgedTask[]): Map<string, VerdictCounts> {
  const matrix = new Map<string, VerdictCounts>();
  for (const { task, report } of judged) {
    for (const [index, { label }] of task.submissions.entries()) {
      const verdict = report?.results[index]?.verdict;
      if (label === undefined || verdict === undefined) continue;
      const counts = matrix.get(label) ?? { accept: 0, reject: 0, abstain: 0 };
      counts[verdict] += 1;
      matrix.set(label, counts);
    }
  }
  const order = ([a]: [string, unknown], [b]: [string, unknown]) =>
    Number(b === honestLabel) - Number(a === honestLabel) || a.localeCompare(b);
  return new Map([...matrix].sort(order));
}

/** One line of `--out` for each submission; `reasons` say what decided a verdict other than accept. */
export function outLinesOf({ task, taskId, policy, report }: JudgedTask): string[] {
  return task.submissions.map(({ miner, label }, index) => {
    const result = report?.results[index];
    return JSON.stringify({
      task: task.task,
      taskId,
      miner,
      ...(label === undefined ? {} : { label }),
      verdict: result?.verdict ?? null,
      scores: result?.scores ?? {},
      flags: result?.flags ?? {},
      reasons:
        policy === undefined || result === undefined
          ? []
          : verdictReasons(policy, result).map((reason) => ({ ...reason, text: reasonText(reason) })),
    });
  });
}
