/** What `assay bench quality --misses` lists: each honest answer that is not accepted, each other that is. Pure. */
import { honestLabel } from '@assay/checks/calibration/calibration-data';
import type { EvaluatedAnswer } from '@assay/cli/calibration/evaluate-worker';
import { whyLines } from '@assay/cli/output/grounds-summary';
import { counted, paint } from '@assay/cli/output/terminal';
import type { LabelledTask } from '@assay/cli/tasks/task-file';
import { groundsOfAnswer } from '@assay/cli/verdicts/judged-grounds';
import { flagNames } from '@assay/protocol/observation/flag';
import { type Policy, rolesOf, type Vote } from '@assay/protocol/policy/policy';
import type { Grounds } from '@assay/protocol/report/grounds';
import { type VerdictReason, verdictReasons } from '@assay/protocol/report/verdict-reasons';

/** One misjudged submission. */
export interface Miss {
  readonly task: string;
  readonly miner: string;
  readonly label: string;
  readonly verdict: Vote;
  /** Basis points by role. */
  readonly scores: Readonly<Record<string, number>>;
  readonly flags: Readonly<Record<string, readonly string[]>>;
  /** What decided, as a report says it; empty for accept. */
  readonly reasons: readonly VerdictReason[];
  /** The words that decided; empty for accept. */
  readonly grounds: readonly Grounds[];
}

/** The misjudged submissions, in the order of the file. */
export function missesOf(tasks: readonly LabelledTask[], answers: readonly EvaluatedAnswer[], policy: Policy): Miss[] {
  return tasks.flatMap((task, index) =>
    task.submissions.flatMap(({ miner, label }, at): Miss[] => {
      const judged = answers[index]?.submissions[at];
      if (label === undefined || judged === undefined) return [];
      const { verdict, measurements } = judged;
      if ((label === honestLabel) === (verdict === 'accept')) return [];
      if (label !== honestLabel && verdict === 'abstain') return [];
      const roles = rolesOf(policy);
      const scores = Object.fromEntries(roles.map((role) => [role, measurements[role]?.score ?? 0]));
      const flags = Object.fromEntries(roles.map((role) => [role, flagNames(role, measurements[role]?.flags ?? 0)]));
      const result = { verdict, scores, flags };
      const reasons = verdictReasons(policy, result);
      return [
        {
          task: task.task,
          miner,
          label,
          verdict,
          scores,
          flags,
          reasons,
          grounds: groundsOfAnswer(task, policy, result, at),
        },
      ];
    }),
  );
}

/** The lines on them. */
export function missLines(misses: readonly Miss[]): string[] {
  if (misses.length === 0) return ['', 'No submission is misjudged.'];
  return [
    '',
    paint('bold', counted(misses.length, 'misjudged submission')),
    ...misses.flatMap(({ task, miner, label, verdict, scores, reasons, grounds }) => {
      const shown = Object.entries(scores).map(([role, score]) => `${role} ${(score / 10_000).toFixed(2)}`);
      const head = `  ${task} ${miner}  ${label}: ${paint(verdict === 'accept' ? 'green' : 'red', verdict)}  ${shown.join(', ')}`;
      return [head, ...whyLines('', { reasons, grounds })];
    }),
  ];
}
