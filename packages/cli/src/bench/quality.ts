/** `assay bench quality`: how well the checks tell honest answers from attacks, on a person's own labelled tasks. */
import { writeFile } from 'node:fs/promises';
import { roles } from '@assay/protocol/role';
import { Progress, paint, print, tableOf } from '../account/terminal.ts';
import { UsageError } from '../commands/usage-error.ts';
import { readPolicies, shippedPoliciesFile } from '../network/local-network.ts';
import { modelPlace } from '../network/model-place.ts';
import { readTaskFile } from '../tasks/task-file.ts';
import { evaluateTasks } from './evaluate-tasks.ts';
import { type QualityFigures, qualityFigures, type Rate } from './quality-figures.ts';
import { rocPlot } from './roc-plot.ts';

export interface BenchQuality {
  readonly policy: string;
  readonly policies?: string;
  readonly plot?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Resolves with the exit code 0. Throws {@link UsageError} for an unknown policy or a file without labels. */
export async function benchQuality(file: string, options: BenchQuality): Promise<number> {
  const tasks = await readTaskFile(file);
  if (!tasks.some((task) => task.submissions.some((one) => one.label !== undefined))) {
    throw new UsageError(`${file} has no labels; give each submission "label": "honest" or the kind of attack.`);
  }
  const policies = await readPolicies(options.policies ?? shippedPoliciesFile);
  const policy = policies.find((one) => one.name === options.policy);
  if (policy === undefined)
    throw new UsageError(
      `There is no policy "${options.policy}"; the file has ${policies.map((one) => one.name).join(', ')}.`,
    );
  const progress = new Progress();
  progress.say('loading the model');
  const startedMs = performance.now();
  const answers = await evaluateTasks(tasks, {
    ...modelPlace(),
    policy,
    signal: options.signal,
    onDone: (done) => {
      if (done % 10 === 0 || done === tasks.length) progress.say(`${done} of ${tasks.length} tasks judged`);
    },
  });
  progress.end();
  const figures = qualityFigures(tasks, answers);
  if (options.plot !== undefined) await writeFile(options.plot, rocPlot(figures));
  const elapsedMs = Math.round(performance.now() - startedMs);
  if (options.json)
    print(JSON.stringify({ file, policy: policy.name, modelDigest: policy.modelDigest, elapsedMs, ...figures }));
  else for (const line of linesOf(figures, elapsedMs)) print(line);
  return 0;
}

function linesOf(figures: QualityFigures, elapsedMs: number): string[] {
  const head = ['', 'label', 'count', 'right', 'accept', 'reject', 'abstain', ...roles.map((role) => `by ${role}`)].map(
    (cell) => paint('dim', cell),
  );
  const rows = figures.labels.map((one) => [
    '',
    one.label,
    ...[
      one.count,
      one.right,
      one.accepted,
      one.rejected,
      one.abstained,
      ...roles.map((role) => one.rejectedBy[role]),
    ].map(String),
  ]);
  return [
    paint('bold', `${figures.tasks} tasks, ${figures.submissions} labelled submissions`),
    ...tableOf([head, ...rows], [2, 3, 4, 5, 6, 7, 8, 9]),
    '',
    `  false accept  ${rateText(figures.falseAccept)}`,
    `  false reject  ${rateText(figures.falseReject)}`,
    `  AUC           ${roles.map((role) => `${role} ${figures.curves[role].auc.toFixed(3)}`).join(', ')}`,
    `  time a task   model ${figures.modelMs.toFixed(1)} ms, checks ${figures.checksMs.toFixed(1)} ms (medians); whole run ${(elapsedMs / 1000).toFixed(1)} s`,
  ];
}

function rateText(rate: Rate): string {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return `${percent(rate.share)}  (${rate.count} of ${rate.of}; 95 % interval ${percent(rate.low)} to ${percent(rate.high)})`;
}
