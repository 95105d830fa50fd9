/** Totals of a run: counts over all tasks, and the confusion matrix if there are labels. Pure. */
import { honestLabel } from '@assay/checks/calibration/calibration-data';
import type { Verdict } from '@assay/protocol/report/report';
import type { JudgedTask } from '../tasks/judge-tasks.ts';
import type { LabelledTask } from '../tasks/task-file.ts';
import { resultsOf, type VerdictLine } from '../verdicts/verdict-line.ts';

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
  /** Tasks that an earlier run judged; the counts above include them. */
  readonly judgedBefore: number;
  readonly elapsedMs: number;
}

/** Verdicts of one label. */
export type VerdictCounts = Record<Verdict, number>;

/** What the totals count of one task. */
export interface TaskOutcome {
  readonly submissions: number;
  /** Empty without a report. */
  readonly results: readonly { readonly label?: string | undefined; readonly verdict: Verdict }[];
  /** Undefined if it is not certified. */
  readonly batch: string | undefined;
  readonly isProven: boolean;
  readonly isSealed: boolean;
}

/** What is counted of a judged task. */
export function outcomeOf(judged: JudgedTask): TaskOutcome {
  const { task, report, unproven, sealed } = judged;
  const results = resultsOf(judged) ?? [];
  return {
    submissions: task.submissions.length,
    results: results.map(({ verdict }, index) => ({ label: task.submissions[index]?.label, verdict })),
    batch: report === undefined ? undefined : `${report.epoch}-${report.sequence}`,
    isProven: report !== undefined && unproven === undefined,
    isSealed: sealed,
  };
}

/** What is counted of a task that an earlier run judged. Labels are those that the task has now. */
export function outcomeOfLine({ submissions }: LabelledTask, line: VerdictLine): TaskOutcome {
  const { results, batch, certified, publicId } = line;
  return {
    submissions: submissions.length,
    results: results.map(({ verdict }, index) => ({ label: submissions[index]?.label, verdict })),
    batch,
    isProven: certified,
    isSealed: publicId !== undefined,
  };
}

/** What a run's totals state besides the tasks. */
export interface RunFacts {
  /** From the first submission to the last proof. */
  readonly elapsedMs: number;
  readonly strangerRefused?: number | undefined;
  readonly judgedBefore?: number;
}

/** Sums up judged tasks. */
export function totalsOf(outcomes: readonly TaskOutcome[], run: RunFacts): Totals {
  const verdicts = outcomes.flatMap(({ results }) => results.map(({ verdict }) => verdict));
  const matrix = confusionOf(outcomes);
  const attacks = [...matrix].filter(([label]) => label !== honestLabel);
  return {
    tasks: outcomes.length,
    submissions: outcomes.reduce((sum, { submissions }) => sum + submissions, 0),
    accepted: verdicts.filter((verdict) => verdict === 'accept').length,
    rejected: verdicts.filter((verdict) => verdict === 'reject').length,
    abstained: verdicts.filter((verdict) => verdict === 'abstain').length,
    batches: new Set(outcomes.flatMap(({ batch }) => batch ?? [])).size,
    certified: outcomes.filter(({ batch }) => batch !== undefined).length,
    provenOnChain: outcomes.filter(({ isProven }) => isProven).length,
    falseAccepts: matrix.size === 0 ? null : attacks.reduce((sum, [, counts]) => sum + counts.accept, 0),
    falseRejects: matrix.size === 0 ? null : (matrix.get(honestLabel)?.reject ?? 0),
    sealed: outcomes.filter(({ isSealed }) => isSealed).length,
    strangerRefused: run.strangerRefused ?? null,
    judgedBefore: run.judgedBefore ?? 0,
    elapsedMs: Math.round(run.elapsedMs),
  };
}

/** Verdicts by label, `honest` first; empty if no submission has a label. */
export function confusionOf(outcomes: readonly TaskOutcome[]): Map<string, VerdictCounts> {
  const matrix = new Map<string, VerdictCounts>();
  for (const { label, verdict } of outcomes.flatMap(({ results }) => results)) {
    if (label === undefined) continue;
    const counts = matrix.get(label) ?? { accept: 0, reject: 0, abstain: 0 };
    counts[verdict] += 1;
    matrix.set(label, counts);
  }
  const order = ([a]: [string, unknown], [b]: [string, unknown]) =>
    Number(b === honestLabel) - Number(a === honestLabel) || a.localeCompare(b);
  return new Map([...matrix].sort(order));
}
