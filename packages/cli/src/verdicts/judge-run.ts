/** Shared by `demo` and `validate`: judges tasks at a place, writes and prints each verdict when it is there. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { policyDigest } from '@assay/protocol/policy/policy';
import { UsageError } from '../commands/usage-error.ts';
import { policyNamed } from '../network/policy-file.ts';
import { accountOf } from '../output/task-summary.ts';
import { counted, Progress, print, progressOf } from '../output/terminal.ts';
import { confusionOf, outcomeOf, outcomeOfLine, type TaskOutcome, totalsOf } from '../output/totals.ts';
import { totalsAccountOf } from '../output/totals-summary.ts';
import type { Place } from '../places/place.ts';
import type { JudgedTask } from '../tasks/judge-tasks.ts';
import { publicTaskOf } from '../tasks/public-request.ts';
import { sealedPolicy } from '../tasks/seal-task.ts';
import type { LabelledTask } from '../tasks/task-file.ts';
import type { groundsOfJudged } from './judged-grounds.ts';
import { VerdictFile } from './verdict-file.ts';
import { verdictLineOf } from './verdict-line.ts';

/** How verdicts are given out, and by which policy. */
export interface JudgeRun {
  readonly json: boolean;
  /** Print the whole account of each task. */
  readonly verbose: boolean;
  /** Say which words decided each verdict other than accept. */
  readonly words: boolean;
  readonly out?: string;
  /** Go on with the tasks that `out` lacks; otherwise it is written anew. */
  readonly resumes: boolean;
  readonly policy: string;
  readonly signal: AbortSignal;
}

/** Tasks without a verdict that are named at the end. */
const namedMax = 10;

/** Resolves with the exit code: 0 if every task has its verdicts, proven where the place certifies, otherwise 1. */
export async function judgeAll(tasks: readonly LabelledTask[], place: Place, options: JudgeRun): Promise<number> {
  const run = await Run.begin(tasks, place, options);
  try {
    await run.judge();
  } catch (error) {
    run.stopped();
    throw error;
  } finally {
    run.close();
    await place.close();
  }
  return run.finished();
}

class Run {
  readonly #place: Place;
  readonly #options: JudgeRun;
  readonly #file: VerdictFile | undefined;
  readonly #tasks: readonly LabelledTask[];
  readonly #left: readonly LabelledTask[];
  readonly #outcomes: TaskOutcome[];
  readonly #unjudged: JudgedTask[] = [];
  readonly #judgedBefore: number;
  readonly #groundsOf: typeof groundsOfJudged | undefined;
  readonly #progress = new Progress();
  #startedMs = performance.now();
  #strangerRefused: number | undefined;

  private constructor(
    tasks: readonly LabelledTask[],
    place: Place,
    options: JudgeRun,
    file: VerdictFile | undefined,
    groundsOf: typeof groundsOfJudged | undefined,
  ) {
    this.#groundsOf = groundsOf;
    this.#place = place;
    this.#options = options;
    this.#file = file;
    this.#tasks = tasks;
    const isKnown = (task: LabelledTask) => file?.earlier.get(idOf(task, options));
    const known = file === undefined || file.earlier.size === 0 ? [] : tasks.map(isKnown);
    this.#left = tasks.filter((_, index) => known[index] === undefined);
    this.#outcomes = tasks.flatMap((task, index) => {
      const line = known[index];
      return line === undefined ? [] : [outcomeOfLine(task, line)];
    });
    this.#judgedBefore = this.#outcomes.length;
  }

  /** Opens the file. Throws `UsageError` for an unknown policy, or a file that this run cannot continue. */
  static async begin(tasks: readonly LabelledTask[], place: Place, options: JudgeRun): Promise<Run> {
    const { out, resumes } = options;
    const chosen = policyNamed(place.policies, options.policy);
    const policies = [chosen, ...place.policies.filter(({ name }) => name === sealedPolicy)];
    const kind = { certified: place.certifies, policyDigests: new Set(policies.map(policyDigest)) };
    const opened = out === undefined ? undefined : resumes ? VerdictFile.open(out, kind) : VerdictFile.begin(out);
    const file = await opened;
    if (out !== undefined && file !== undefined) await requireOwn(out, file, place);
    const run = new Run(tasks, place, options, file, await groundsFor(options));
    if (run.#judgedBefore > 0)
      process.stderr.write(`${out} has ${run.#judgedBefore} of the ${counted(tasks.length, 'task')} already.\n`);
    return run;
  }

  async judge(): Promise<void> {
    if (this.#left.length === 0) return;
    const { signal } = this.#options;
    const hooks = {
      signal,
      evidence: this.#groundsOf !== undefined,
      onStep: (step: string) => this.#progress.say(step),
      onStart: () => {
        this.#startedMs = performance.now();
        this.#progress.say(`judging ${counted(this.#left.length, 'task')}`);
      },
      onJudged: (judged: JudgedTask) => this.#add(judged),
    };
    const { strangerRefused } = await this.#place.judge(this.#left, hooks);
    this.#strangerRefused = strangerRefused;
    this.#progress.say('stopping');
  }

  #add(judged: JudgedTask): void {
    const { verbose, json } = this.#options;
    const grounds = this.#groundsOf?.(judged);
    const line = verdictLineOf(judged, grounds);
    if (line === undefined) this.#unjudged.push(judged);
    else this.#file?.append(line);
    this.#outcomes.push(outcomeOf(judged));
    if (verbose && !json) {
      this.#progress.end();
      for (const one of accountOf(judged, { grounds: grounds ?? [], evidence: judged.evidence ?? [] })) print(one);
    }
    const now = {
      judged: this.#outcomes.length - this.#judgedBefore,
      elapsedMs: performance.now() - this.#startedMs,
    };
    this.#progress.show(progressOf(this.#outcomes.length, this.#tasks.length, now));
  }

  close(): void {
    this.#progress.end();
    this.#file?.close();
  }

  /** Says what was done before the run was stopped, and how to go on. */
  stopped(): void {
    this.close();
    if (this.#outcomes.length === 0) return;
    this.#sayTotals();
    const { out, resumes } = this.#options;
    const done = `Stopped after ${this.#outcomes.length} of ${counted(this.#tasks.length, 'task')}.`;
    const next =
      out === undefined || !resumes
        ? resumes
          ? ' With --out, a second run would go on from here.'
          : ''
        : ` Run the same command again to judge the others; ${out} has those that are done.`;
    process.stderr.write(`${done}${next}\n`);
  }

  /** Says the totals; returns the exit code. */
  finished(): number {
    this.#sayTotals();
    for (const { task, unproven } of this.#unjudged.slice(0, namedMax))
      process.stderr.write(`No verdict for ${JSON.stringify(task.task)}: ${unproven}.\n`);
    if (this.#unjudged.length > namedMax)
      process.stderr.write(`No verdict for ${counted(this.#unjudged.length - namedMax, 'other task')}.\n`);
    return this.#unjudged.length === 0 ? 0 : 1;
  }

  #sayTotals(): void {
    const { json, verbose, out } = this.#options;
    const totals = totalsOf(this.#outcomes, {
      elapsedMs: performance.now() - this.#startedMs,
      strangerRefused: this.#strangerRefused,
      judgedBefore: this.#judgedBefore,
    });
    if (json) {
      print(JSON.stringify(totals));
      return;
    }
    for (const line of totalsAccountOf(totals, confusionOf(this.#outcomes), this.#place.certifies)) print(line);
    if (out !== undefined) print(`  ${out} has the verdicts and their reasons`);
    else if (!verbose)
      print(
        '  --verbose prints each verdict with its reasons, --words the words that decided; --out <file> writes them',
      );
  }
}

/** Refuses to continue the verdicts of another chain. A run adds to those of its own chain only, so the first and last tell. */
async function requireOwn(name: string, file: VerdictFile, { foreign }: Place): Promise<void> {
  const lines = [...file.earlier.values()];
  const ends = [[lines[0], 1] as const, [lines.at(-1), lines.length] as const].slice(0, lines.length);
  for (const [line, number] of ends) {
    const whose = line === undefined ? undefined : await foreign?.(line);
    if (whose === undefined) continue;
    file.close();
    throw new UsageError(`${name}, line ${number} is a verdict ${whose}; name another --out.`);
  }
}

/** Finds the words that decided, if somebody reads them. It has all checks, so it is loaded only then. */
async function groundsFor({ words, verbose, json, out }: JudgeRun): Promise<typeof groundsOfJudged | undefined> {
  const isRead = out !== undefined || (verbose && !json);
  return words && isRead ? (await import('./judged-grounds.ts')).groundsOfJudged : undefined;
}

function idOf(task: LabelledTask, { policy }: JudgeRun): Hex {
  return publicTaskOf(task, policy).taskId;
}
