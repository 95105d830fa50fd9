/** `assay bench inference`: how well the role tells texts of the claimed model from others. */
import { UsageError } from '@assay/cli/commands/usage-error';
import { Progress, print, tableOf } from '@assay/cli/output/terminal';
import { demoTasksFile, readTaskFile } from '@assay/cli/tasks/task-file';
import { type InferenceRow, inferenceRows } from './inference-figures.ts';
import { connectPlan, honestKind, type InferencePlan, kindsOf, readPlan, type TextKind } from './inference-plan.ts';
import { addText, type BenchPrompt, readTexts } from './inference-texts.ts';

/** Asked for beyond those that are told apart: some servers list two tokens of one text once. */
const spareTokens = 4;

/** So many fit into a small model's context together with the answer. */
const promptCharsMax = 1_000;
const honestLabel = 'honest';

/** What to measure. */
export interface InferenceOptions {
  readonly texts: number;
  readonly honest: number;
  readonly tokens: number;
  readonly likeliest: number;
  readonly keep: string;
  readonly prompts?: string;
  /** Labels of the kinds to write; all if absent. */
  readonly only?: readonly string[];
  readonly json: boolean;
}

/** Measures, and goes on where an earlier run stopped. Resolves with the exit code. */
export async function benchInference(
  planFile: string,
  options: InferenceOptions,
  signal: AbortSignal,
): Promise<number> {
  const plan = readPlan(planFile);
  const prompts = await readPrompts(options.prompts ?? demoTasksFile);
  const kinds = kindsToWrite(plan, options.only);
  const done = new Set(readTexts(options.keep).map((one) => `${one.kind} ${one.claimedAt} ${one.index}`));
  const wanted = Array.from({ length: Math.max(options.texts, options.honest) }, (_, index) => index).flatMap((index) =>
    kinds
      .filter(({ label }) => index < (label === honestKind ? options.honest : options.texts))
      .filter(({ label, claimedAt }) => !done.has(`${label} ${claimedAt} ${index}`))
      .map((kind) => ({ kind, index })),
  );
  if (wanted.length > 0) {
    const models = await connectPlan(plan, options.likeliest + spareTokens);
    const claimed = models.get('claimed');
    if (claimed === undefined) throw new Error('The plan has no claimed model.');
    const run = { plan, models, claimed, prompts, tokensMax: options.tokens, file: options.keep, signal };
    const progress = new Progress();
    for (const [place, { kind, index }] of wanted.entries()) {
      signal.throwIfAborted();
      progress.show(`text ${place + 1} of ${wanted.length}: ${kind.label}, temperature ${kind.claimedAt / 1_000}`);
      await addText(run, kind, index);
    }
    progress.end();
  }
  const rows = inferenceRows(readTexts(options.keep), options.likeliest);
  if (options.json) print(JSON.stringify({ rows }));
  else for (const line of linesOf(rows)) print(line);
  return 0;
}

function kindsToWrite(plan: InferencePlan, only: InferenceOptions['only']): TextKind[] {
  const kinds = kindsOf(plan);
  const labels = [...new Set(kinds.map(({ label }) => label))];
  const unknown = only?.find((label) => !labels.includes(label));
  if (unknown !== undefined) throw new UsageError(`--only ${unknown}: the plan's kinds are ${labels.join(', ')}.`);
  return kinds.filter(({ label }) => only?.includes(label) ?? true);
}

async function readPrompts(file: string): Promise<BenchPrompt[]> {
  const tasks = await readTaskFile(file);
  const prompts = tasks.map(({ prompt, submissions }) => ({
    prompt,
    answers: submissions
      .filter(({ label, output }) => label === honestLabel && output !== '')
      .map(({ output }) => output),
  }));
  const usable = prompts.filter(({ prompt, answers }) => prompt.length <= promptCharsMax && answers.length > 0);
  if (usable.length === 0)
    throw new UsageError(
      `${file} has no task with a prompt of at most ${promptCharsMax} characters and an answer labelled "honest".`,
    );
  return usable;
}

function linesOf(rows: readonly InferenceRow[]): string[] {
  const head = [
    'temperature',
    'text by',
    'tokens',
    'answers',
    'n',
    'AUC (95 %)',
    'AUC plain',
    'p < 1e-4',
    'until alarm',
  ];
  const number = (value: number) => value.toFixed(3);
  const body = rows.map((row) => [
    String(row.claimedAt / 1_000),
    row.kind,
    String(row.tokens),
    String(row.answers),
    `${row.honest}/${row.others}`,
    Number.isNaN(row.low) ? number(row.auc) : `${number(row.auc)} (${number(row.low)}-${number(row.high)})`,
    number(row.aucPlain),
    `${row.rejected.count} of ${row.rejected.of}`,
    String(row.answersUntilAlarm ?? '-'),
  ]);
  return tableOf([head, ...body]);
}
