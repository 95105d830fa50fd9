/** `assay bench quality`: how well the checks separate honest answers from attacks, on a user's labelled tasks. */
import { writeFile } from 'node:fs/promises';
import type { EvaluatedAnswer } from '@assay/cli/calibration/evaluate-worker';
import { EvaluationPool, type PoolOptions } from '@assay/cli/calibration/evaluation-pool';
import { UsageError } from '@assay/cli/commands/usage-error';
import { modelPlace } from '@assay/cli/network/model-location';
import {
  policyNamed,
  readPolicies,
  requirePoliciesFor,
  requirePoliciesForModel,
  shippedPoliciesFile,
} from '@assay/cli/network/policy-file';
import { Progress, print } from '@assay/cli/output/terminal';
import { type DataFile, readDataFile } from '@assay/cli/tasks/data-file';
import { isSafetyFile, safetyTextsOf } from '@assay/cli/tasks/safety-file';
import { type LabelledTask, tasksOf } from '@assay/cli/tasks/task-file';
import type { Policy, Vote } from '@assay/protocol/policy/policy';
import { ablationLines, ablationOf, type SilencedVerdicts } from './ablation.ts';
import { evidenceGroups, parameterGroups, policyWithout, verdictWithout } from './ablation-groups.ts';
import { missesOf, missLines } from './misses.ts';
import { qualityFigures } from './quality-figures.ts';
import { qualityAccountOf, safetyAccountOf } from './quality-summary.ts';
import { rocPlot } from './roc-plot.ts';
import { safetyFigures } from './safety-figures.ts';

export interface BenchQuality {
  readonly policy: string;
  readonly policies?: string;
  readonly plot?: string;
  /** List what was misjudged, with the words that decided. */
  readonly misses: boolean;
  /** Judge again without each group of evidence. */
  readonly ablate: boolean;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/**
 * Resolves with the exit code 0. Throws {@link UsageError} for an unknown policy or one for another model, and for an
 * invalid file or one without labels.
 */
export async function benchQuality(file: string, options: BenchQuality): Promise<number> {
  const read = await readDataFile(file);
  const policy = policyNamed(await readPolicies(options.policies ?? shippedPoliciesFile), options.policy);
  const progress = new Progress();
  try {
    await (isSafetyFile(read) ? judgeTexts : judgeTasks)(read, policy, options, progress);
    return 0;
  } finally {
    progress.end();
  }
}

async function judgeTasks(read: DataFile, policy: Policy, options: BenchQuality, progress: Progress): Promise<void> {
  const tasks = tasksOf(read);
  if (!tasks.some((task) => task.submissions.some((one) => one.label !== undefined))) {
    throw new UsageError(`${read.file} has no labels; give each submission "label": "honest" or the kind of attack.`);
  }
  const startedMs = performance.now();
  const { answers, silenced } = await judgeAll(tasks, policy, options, progress);
  const figures = qualityFigures(tasks, answers, policy);
  if (options.plot !== undefined) await writeFile(options.plot, rocPlot(figures));
  const elapsedMs = Math.round(performance.now() - startedMs);
  progress.end();
  const misses = options.misses ? missesOf(tasks, answers, policy) : undefined;
  const ablation = silenced === undefined ? undefined : ablationOf(tasks, verdictsOf(answers), silenced);
  if (options.json) print(JSON.stringify({ ...subjectOf(read, policy), elapsedMs, ...figures, misses, ablation }));
  else
    for (const line of [
      ...qualityAccountOf(figures, elapsedMs),
      ...(ablation === undefined ? [] : ablationLines(ablation)),
      ...(misses === undefined ? [] : missLines(misses)),
    ])
      print(line);
}

interface Judged {
  readonly answers: EvaluatedAnswer[];
  /** Without each group of evidence, if that was asked for. */
  readonly silenced?: SilencedVerdicts[];
}

async function judgeAll(
  tasks: readonly LabelledTask[],
  policy: Policy,
  { ablate, signal }: BenchQuality,
  progress: Progress,
): Promise<Judged> {
  if (!ablate) return { answers: await evaluateTasks(tasks, policy, signal, progress) };
  const pool = await judgingPool(policy, { tasks: tasks.length, keepVectors: true, signal }, progress);
  const judgeBy = (one: Policy, what: string): Promise<EvaluatedAnswer[]> =>
    pool.evaluate(
      tasks.map((task) => ({ task, policy: one })),
      say(progress, tasks.length, what),
    );
  try {
    const answers = await judgeBy(policy, 'tasks judged');
    const silenced: SilencedVerdicts[] = [];
    for (const group of parameterGroups) {
      const judged = await judgeBy(policyWithout(policy, group), `tasks judged without ${group.name}`);
      silenced.push({ ...group, verdicts: verdictsOf(judged) });
    }
    for (const group of evidenceGroups) {
      const verdicts = answers.map(({ submissions }) => submissions.map((one) => verdictWithout(one, policy, group)));
      silenced.push({ ...group, verdicts });
    }
    return { answers, silenced };
  } finally {
    await pool.close();
  }
}

function verdictsOf(answers: readonly EvaluatedAnswer[]): Vote[][] {
  return answers.map(({ submissions }) => submissions.map(({ verdict }) => verdict));
}

/** Judges tasks by one policy on all cores, without a network. */
export async function evaluateTasks(
  tasks: readonly LabelledTask[],
  policy: Policy,
  signal: AbortSignal,
  progress: Progress,
): Promise<EvaluatedAnswer[]> {
  const pool = await judgingPool(policy, { tasks: tasks.length, keepVectors: false, signal }, progress);
  try {
    return await pool.evaluate(
      tasks.map((task) => ({ task, policy })),
      say(progress, tasks.length, 'tasks judged'),
    );
  } finally {
    await pool.close();
  }
}

/** Threads with the model that a policy names; throws {@link UsageError} if another one is installed. */
export async function judgingPool(
  policy: Policy,
  options: Pick<PoolOptions, 'tasks' | 'keepVectors' | 'signal'>,
  progress: Progress,
): Promise<EvaluationPool> {
  await requirePoliciesForModel([policy]);
  progress.say('loading the model');
  const pool = await EvaluationPool.start({ ...modelPlace(), ...options });
  try {
    requirePoliciesFor(pool.modelDigest, [policy]);
    return pool;
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** Shows every tenth of what is done. */
export function say(progress: Progress, all: number, what: string): (done: number) => void {
  return (done) => {
    if (done % 10 === 0 || done === all) progress.say(`${done} of ${all} ${what}`);
  };
}

async function judgeTexts(read: DataFile, policy: Policy, options: BenchQuality, progress: Progress): Promise<void> {
  if (options.plot !== undefined)
    throw new UsageError(`${read.file} holds texts, which have no curves; leave out --plot.`);
  const startedMs = performance.now();
  const figures = await safetyFigures(safetyTextsOf(read), policy, {
    signal: options.signal,
    onDone: (done) => {
      if (done % 256 === 0) progress.say(`${done} texts judged`);
    },
  });
  const elapsedMs = Math.round(performance.now() - startedMs);
  progress.end();
  if (options.json) print(JSON.stringify({ ...subjectOf(read, policy), elapsedMs, ...figures }));
  else for (const line of safetyAccountOf(figures, elapsedMs)) print(line);
}

function subjectOf({ file, sha256 }: DataFile, { name, version, modelDigest }: Policy) {
  return { file, sha256, policy: name, policyVersion: version, modelDigest };
}
