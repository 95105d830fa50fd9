/** `assay bench collusion`: what colluders who hand in one wrong fact can reach, by their number and strategy. */
import { honestLabel } from '@assay/checks/calibration/calibration-data';
import { UsageError } from '@assay/cli/commands/usage-error';
import { policyNamed, readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { Progress, paint, print, tableOf } from '@assay/cli/output/terminal';
import { readDataFile } from '@assay/cli/tasks/data-file';
import { tasksOf } from '@assay/cli/tasks/task-file';
import type { Vote } from '@assay/protocol/policy/policy';
import { type Rate, rateOf, rateText } from '../wilson-interval.ts';
import { type CollusionGroup, colluderLabel, collusionGroups, strategies } from './collusion-groups.ts';
import { evaluateTasks } from './quality.ts';

export interface BenchCollusion {
  readonly policy: string;
  readonly policies?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** One number of colluders with one strategy. */
export interface CollusionFigures {
  readonly strategy: CollusionGroup['strategy'];
  readonly colluders: number;
  /** Of the colluders' answers. */
  readonly accepted: Rate;
  /** Of the honest answers beside them. */
  readonly honestRejected: Rate;
  readonly honestUndecided: Rate;
}

/** Resolves with the exit code 0. Throws {@link UsageError} for a file without honest answers and swapped facts. */
export async function benchCollusion(file: string, options: BenchCollusion): Promise<number> {
  const policy = policyNamed(await readPolicies(options.policies ?? shippedPoliciesFile), options.policy);
  const groups = collusionGroups(tasksOf(await readDataFile(file)));
  if (groups.length === 0)
    throw new UsageError(`${file} has no answers labelled wrong_number, wrong_name or negation beside honest ones.`);
  const progress = new Progress();
  try {
    const tasks = groups.map(({ task }) => task);
    const answers = await evaluateTasks(tasks, policy, options.signal, progress);
    const verdicts = answers.map(({ submissions }) => submissions.map(({ verdict }) => verdict));
    const figures = collusionFigures(groups, verdicts);
    progress.end();
    if (options.json) print(JSON.stringify({ file, policy: policy.name, policyVersion: policy.version, figures }));
    else for (const line of accountOf(figures)) print(line);
    return 0;
  } finally {
    progress.end();
  }
}

/** The figures of judged groups, in the order of colluders and strategies. */
export function collusionFigures(
  groups: readonly CollusionGroup[],
  verdicts: readonly (readonly Vote[])[],
): CollusionFigures[] {
  const kinds = [
    { strategy: 'none' as const, colluders: 0 },
    ...[1, 2, 3].flatMap((colluders) => strategies.map((strategy) => ({ strategy, colluders }))),
  ];
  return kinds.map(({ strategy, colluders }) => {
    const rows = groups.flatMap((group, index) =>
      group.strategy === strategy && group.colluders === colluders
        ? group.task.submissions.map(({ label }, at) => ({ label, verdict: verdicts[index]?.[at] }))
        : [],
    );
    const share = (label: string, verdict: Vote): Rate => {
      const own = rows.filter((row) => row.label === label);
      return rateOf(own.filter((row) => row.verdict === verdict).length, own.length);
    };
    return {
      strategy,
      colluders,
      accepted: share(colluderLabel, 'accept'),
      honestRejected: share(honestLabel, 'reject'),
      honestUndecided: share(honestLabel, 'abstain'),
    };
  });
}

function accountOf(figures: readonly CollusionFigures[]): string[] {
  const head = ['', 'colluders', 'strategy', 'accepted', 'honest rejected', 'honest undecided'];
  const rows = figures.map(({ colluders, strategy, accepted, honestRejected, honestUndecided }) => [
    '',
    String(colluders),
    strategy,
    colluders === 0 ? '' : rateText(accepted),
    rateText(honestRejected),
    rateText(honestUndecided),
  ]);
  return tableOf([head.map((cell) => paint('dim', cell)), ...rows], [1]);
}
