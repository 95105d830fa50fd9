/** `assay bench stability`: how many verdicts on honest answers change when another honest answer is left out. */
import { honestLabel } from '@assay/checks/calibration/calibration-data';
import { UsageError } from '@assay/cli/commands/usage-error';
import { policyNamed, readPolicies, shippedPoliciesFile } from '@assay/cli/network/policy-file';
import { Progress, paint, print } from '@assay/cli/output/terminal';
import { readDataFile } from '@assay/cli/tasks/data-file';
import { type LabelledTask, tasksOf } from '@assay/cli/tasks/task-file';
import type { Policy, Vote } from '@assay/protocol/policy/policy';
import { judgingPool, say } from './quality.ts';

export interface BenchStability {
  readonly policy: string;
  readonly policies?: string;
  /** Tasks from the beginning of the file; all if absent. */
  readonly tasks?: number;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** A task without one of its honest answers. */
export interface LeftOut {
  readonly task: number;
  readonly without: number;
}

/** The verdicts on honest answers before and after another honest one is left out. */
export interface StabilityFigures {
  readonly tasks: number;
  readonly verdicts: number;
  readonly changed: number;
  /** 0…1, and its 95 % interval, tasks taken as drawn at random. */
  readonly share: number;
  readonly low: number;
  readonly high: number;
  /** Changes by kind: "accept to abstain". */
  readonly kinds: Readonly<Record<string, number>>;
}

/** Resolves with the exit code 0. Throws {@link UsageError} for a file without tasks of at least two honest answers. */
export async function benchStability(file: string, options: BenchStability): Promise<number> {
  const policy = policyNamed(await readPolicies(options.policies ?? shippedPoliciesFile), options.policy);
  const tasks = tasksOf(await readDataFile(file)).slice(0, options.tasks);
  const leftOut = leftOutOf(tasks);
  if (leftOut.length === 0) throw new UsageError(`${file} has no task with two answers labelled "honest".`);
  const progress = new Progress();
  try {
    const { all, without } = await judge(tasks, leftOut, policy, options.signal, progress);
    const figures = stabilityFigures(tasks, all, leftOut, without);
    progress.end();
    if (options.json) print(JSON.stringify({ file, policy: policy.name, policyVersion: policy.version, ...figures }));
    else for (const line of accountOf(figures)) print(line);
    return 0;
  } finally {
    progress.end();
  }
}

/** Each honest answer of each task that has another one. */
export function leftOutOf(tasks: readonly LabelledTask[]): LeftOut[] {
  return tasks.flatMap(({ submissions }, task) => {
    const honest = submissions.flatMap(({ label }, at) => (label === honestLabel ? [at] : []));
    return honest.length < 2 ? [] : honest.map((without) => ({ task, without }));
  });
}

async function judge(
  tasks: readonly LabelledTask[],
  leftOut: readonly LeftOut[],
  policy: Policy,
  signal: AbortSignal,
  progress: Progress,
): Promise<{ all: Vote[][]; without: Vote[][] }> {
  const pool = await judgingPool(policy, { tasks: tasks.length, keepVectors: true, signal }, progress);
  const verdictsOf = ({ submissions }: { submissions: readonly { verdict: Vote }[] }): Vote[] =>
    submissions.map(({ verdict }) => verdict);
  try {
    const whole = tasks.map((task) => ({ task, policy }));
    const all = await pool.evaluate(whole, say(progress, whole.length, 'tasks judged'));
    const parts = leftOut.flatMap(({ task, without }) => {
      const found = tasks[task];
      return found === undefined ? [] : [{ task: found, policy, without }];
    });
    const without = await pool.evaluate(parts, say(progress, parts.length, 'answers left out'));
    return { all: all.map(verdictsOf), without: without.map(verdictsOf) };
  } finally {
    await pool.close();
  }
}

/** Compares each task's verdicts with those without an answer, which have one entry less. */
export function stabilityFigures(
  tasks: readonly LabelledTask[],
  all: readonly (readonly Vote[])[],
  leftOut: readonly LeftOut[],
  without: readonly (readonly Vote[])[],
): StabilityFigures {
  const byTask = new Map<number, { verdicts: number; changed: number }>();
  const kinds: Record<string, number> = {};
  for (const [index, { task, without: gone }] of leftOut.entries()) {
    const counts = byTask.get(task) ?? { verdicts: 0, changed: 0 };
    byTask.set(task, counts);
    for (const [at, { label }] of (tasks[task]?.submissions ?? []).entries()) {
      if (label !== honestLabel || at === gone) continue;
      const [before, after] = [all[task]?.[at], without[index]?.[at < gone ? at : at - 1]];
      counts.verdicts += 1;
      if (before === after) continue;
      counts.changed += 1;
      const kind = `${before} to ${after}`;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
    }
  }
  return { tasks: byTask.size, ...ratioOf([...byTask.values()]), kinds };
}

/** A ratio of sums over tasks, with the interval of a ratio estimator (Cochran, Sampling Techniques, 1977, section 6.4). */
function ratioOf(tasks: readonly { readonly verdicts: number; readonly changed: number }[]) {
  const verdicts = tasks.reduce((sum, one) => sum + one.verdicts, 0);
  const changed = tasks.reduce((sum, one) => sum + one.changed, 0);
  const share = verdicts === 0 ? 0 : changed / verdicts;
  const squares = tasks.reduce((sum, one) => sum + (one.changed - share * one.verdicts) ** 2, 0);
  const variance = tasks.length < 2 ? 0 : (squares * tasks.length) / (tasks.length - 1) / Math.max(1, verdicts) ** 2;
  const half = 1.96 * Math.sqrt(variance);
  return { verdicts, changed, share, low: Math.max(0, share - half), high: Math.min(1, share + half) };
}

function accountOf({ tasks, verdicts, changed, share, low, high, kinds }: StabilityFigures): string[] {
  const percent = (value: number): string => `${(100 * value).toFixed(2)} %`;
  const sorted = Object.entries(kinds).sort((a, b) => b[1] - a[1]);
  return [
    paint('bold', `${tasks} tasks, each honest answer left out in turn`),
    `  changed  ${percent(share)}  (${changed} of ${verdicts} verdicts on the other honest answers; 95 % interval ${percent(low)} to ${percent(high)})`,
    ...sorted.map(([kind, count]) => `           ${kind}: ${count}`),
  ];
}
