/** The figures of `assay bench quality`: by label, over all, and a curve for each role. Pure. */
import { honestLabel, wrongAnswerLabel } from '@assay/checks/calibration/calibration-data';
import type { EvaluatedSubmission } from '@assay/checks/calibration/evaluate-task';
import { measureQuality } from '@assay/checks/calibration/measure-quality';
import { aucInterval, aucOf, type RocPoint, rocOf } from '@assay/checks/calibration/roc';
import type { EvaluatedAnswer } from '@assay/cli/calibration/evaluate-worker';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import type { Role } from '@assay/protocol/observation/role';
import { type Policy, requiredRoles, rolesOf, type Vote, voteOf } from '@assay/protocol/policy/policy';
import { type Rate, rateOf } from '../wilson-interval.ts';

/** One label: the number of submissions, and their verdicts. */
export interface LabelFigures {
  readonly label: string;
  readonly count: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly abstained: number;
  /** By role, independent of the other roles: one submission may be counted in several. */
  readonly rejectedBy: Readonly<Record<Role, number>>;
}

/** How well a score separates honest submissions from the others. */
export interface Curve {
  readonly auc: number;
  /** 95 % interval of the area. */
  readonly aucLow: number;
  readonly aucHigh: number;
  readonly points: readonly RocPoint[];
}

/** Milliseconds for each task, in one thread. */
export interface TaskTime {
  readonly p50: number;
  readonly p95: number;
}

export interface QualityFigures {
  readonly tasks: number;
  readonly submissions: number;
  readonly labels: readonly LabelFigures[];
  readonly falseAccept: Rate;
  readonly falseReject: Rate;
  /** For each role's score; `all` is the lowest score of the required roles, 0 if a flag rejects. */
  readonly curves: { readonly [R in Role]?: Curve } & { readonly all: Curve };
  /** The agreement score of right answers against wrong ones; only if people have judged answers wrong. */
  readonly agreement?: Omit<Curve, 'points'> & { readonly right: number; readonly wrong: number };
  readonly modelMs: TaskTime;
  readonly checksMs: TaskTime;
  /** Mean time of the model for one submission. */
  readonly modelMsPerText: number;
}

interface Row {
  readonly label: string;
  readonly submission: EvaluatedSubmission;
}

/** The figures of labelled tasks and their answers; submissions without a label are left out. */
export function qualityFigures(
  tasks: readonly LabelledTask[],
  answers: readonly EvaluatedAnswer[],
  policy: Policy,
): QualityFigures {
  const rows = tasks.flatMap((task, index) =>
    task.submissions.flatMap(({ label }, at): Row[] => {
      const submission = answers[index]?.submissions[at];
      return label === undefined || submission === undefined ? [] : [{ label, submission }];
    }),
  );
  const honest = rows.filter(({ label }) => label === honestLabel);
  const others = rows.filter(({ label }) => label !== honestLabel);
  const having = (some: readonly Row[], verdict: Vote): number =>
    some.filter(({ submission }) => submission.verdict === verdict).length;
  const curve = (of: Role): Curve => curveOf(rows, ({ measurements }) => measurements[of]?.score ?? 0);
  const texts = tasks.reduce((sum, task) => sum + task.submissions.length, 0);
  return {
    tasks: tasks.length,
    submissions: rows.length,
    labels: labelFigures(rows),
    falseAccept: rateOf(having(others, 'accept'), others.length),
    falseReject: rateOf(having(honest, 'reject'), honest.length),
    curves: {
      ...Object.fromEntries(rolesOf(policy).map((role) => [role, curve(role)])),
      all: curveOf(rows, (submission) => jointScore(submission, policy)),
    },
    ...agreementOf(rows),
    modelMs: timeOf(answers.map((answer) => answer.modelMs)),
    checksMs: timeOf(answers.map((answer) => answer.checksMs)),
    modelMsPerText: answers.reduce((sum, answer) => sum + answer.modelMs, 0) / Math.max(1, texts),
  };
}

function labelFigures(rows: readonly Row[]): LabelFigures[] {
  const { labels } = measureQuality(rows.map(({ label, submission }) => ({ label, votes: submission.votes })));
  const verdicts = (label: string, verdict: Vote): number =>
    rows.filter((row) => row.label === label && row.submission.verdict === verdict).length;
  return Object.entries(labels)
    .map(([label, counts]) => ({
      label,
      count: counts.count,
      accepted: verdicts(label, 'accept'),
      rejected: verdicts(label, 'reject'),
      abstained: verdicts(label, 'abstain'),
      rejectedBy: counts.rejectedBy,
    }))
    .sort(
      (a, b) => Number(b.label === honestLabel) - Number(a.label === honestLabel) || a.label.localeCompare(b.label),
    );
}

function agreementOf(rows: readonly Row[]): Pick<QualityFigures, 'agreement'> {
  const judged = rows.filter(({ label }) => label === honestLabel || label === wrongAnswerLabel);
  const wrong = judged.filter(({ label }) => label === wrongAnswerLabel).length;
  if (wrong === 0) return {};
  const { points: _, ...area } = curveOf(judged, ({ measurements }) => measurements.embedding.score);
  return { agreement: { ...area, right: judged.length - wrong, wrong } };
}

function curveOf(rows: readonly Row[], scoreOf: (submission: EvaluatedSubmission) => number): Curve {
  const scores = rows.map(({ submission }) => scoreOf(submission));
  const isHonest = rows.map(({ label }) => label === honestLabel);
  const honest = isHonest.filter(Boolean).length;
  const auc = aucOf(scores, isHonest);
  const { low, high } = aucInterval(auc, honest, rows.length - honest);
  return { auc, aucLow: low, aucHigh: high, points: rocOf(scores, isHonest) };
}

/** The lowest score of the roles that a policy requires, 0 if a flag rejects. */
function jointScore({ measurements }: EvaluatedSubmission, policy: Policy): number {
  const scores = requiredRoles(policy).flatMap((role) => {
    const measurement = measurements[role];
    if (measurement === undefined) return [];
    const isRejected = voteOf(role, policy, { ...measurement, score: 10_000 }) === 'reject';
    return isRejected ? 0 : measurement.score;
  });
  return Math.min(...scores);
}

function timeOf(values: readonly number[]): TaskTime {
  const ascending = [...values].sort((a, b) => a - b);
  const at = (share: number): number => ascending[Math.floor(share * (ascending.length - 1))] ?? 0;
  return { p50: at(0.5), p95: at(0.95) };
}
