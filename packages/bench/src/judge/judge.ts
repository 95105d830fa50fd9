/** `assay bench judge`: what a language model's grades are worth, what they cost, and what attackers' wordings do to them. */
import { randomBytes } from 'node:crypto';
import { connectEndpointChat } from '@assay/adapters/language-model/endpoint-chat';
import { readModelPlaces, requireEndpoint } from '@assay/adapters/language-model/model-endpoints';
import { systemClock } from '@assay/adapters/process/system-clock';
import { aucOf } from '@assay/checks/calibration/roc';
import { type JudgeAnswer, judgeCheck, judgeQuestions } from '@assay/checks/judge/judge-check';
import { type GradedAnswer, judgeScores } from '@assay/checks/judge/judge-scores';
import { UsageError } from '@assay/cli/commands/usage-error';
import { policyNamed, readPolicies } from '@assay/cli/network/policy-file';
import { Progress, print, tableOf } from '@assay/cli/output/terminal';
import { readDataFile } from '@assay/cli/tasks/data-file';
import { publicTaskOf } from '@assay/cli/tasks/public-request';
import { safetyTextsOf } from '@assay/cli/tasks/safety-file';
import { type LabelledTask, readTaskFile } from '@assay/cli/tasks/task-file';
import type { ChatModel } from '@assay/protocol/language-model/chat-model';
import { flagNames } from '@assay/protocol/observation/flag';
import type { Policy } from '@assay/protocol/policy/policy';

export interface JudgeOptions {
  readonly policies: string;
  readonly policy: string;
  readonly tasks: number;
  readonly wordings?: string;
  readonly json: boolean;
}

/** One graded submission: the sum of its grades, or why it has none. */
interface Graded {
  readonly label: string;
  readonly sum: number | undefined;
  readonly reason: string | undefined;
}

interface Spent {
  prompt: number;
  completion: number;
}

const honest = 'honest';
const pointsOfSum = 500;

/** Resolves with the exit code 0. Throws {@link UsageError} for a policy without rules for the role, or no endpoint. */
export async function benchJudge(file: string, options: JudgeOptions, signal: AbortSignal): Promise<number> {
  const policy = gradingPolicy(policyNamed(await readPolicies(options.policies), options.policy));
  const model = await judgeOf(policy);
  const tasks = (await readTaskFile(file)).slice(0, options.tasks);
  const progress = new Progress();
  const spent: Spent = { prompt: 0, completion: 0 };
  try {
    const graded: Graded[] = [];
    for (const [at, task] of tasks.entries()) {
      signal.throwIfAborted();
      progress.say(`${at} of ${tasks.length} tasks graded`);
      graded.push(...(await gradesOf(task, { policy, model, spent })));
    }
    const raises =
      options.wordings === undefined ? [] : await raisesOf(options.wordings, tasks, { policy, model, spent, signal });
    progress.end();
    const figures = {
      ...figuresOf(graded),
      tokens: spent,
      ...(raises.length > 0 && { wordings: wordingFigures(raises) }),
    };
    if (options.json) print(JSON.stringify(figures));
    else for (const line of accountOf(figures)) print(line);
    return 0;
  } finally {
    progress.end();
  }
}

/** The policy by which the score is the sum of both grades, and everything is asked. */
function gradingPolicy(policy: Policy): Policy {
  const rules = policy.roles['llm-judge'];
  if (rules === undefined) throw new UsageError(`The policy "${policy.name}" has no rules for the role llm-judge.`);
  const scores = Array.from({ length: rules.scores.length }, (_, sum) => pointsOfSum * sum);
  const all = { ...rules, scores, asked: 'all' as const, samplePpm: 1_000_000 };
  return { ...policy, roles: { ...policy.roles, 'llm-judge': all } };
}

async function judgeOf(policy: Policy): Promise<ChatModel> {
  const file = process.env.LANGUAGE_MODELS_FILE;
  if (file === undefined) throw new UsageError('LANGUAGE_MODELS_FILE is not set; name the file with the endpoint.');
  const place = readModelPlaces(file).find((one) => one.modelDigest === policy.roles['llm-judge']?.model);
  if (place === undefined) throw new UsageError(`${file} has no endpoint of the model that the policy names.`);
  return connectEndpointChat(requireEndpoint(place), { clock: systemClock });
}

interface Grading {
  readonly policy: Policy;
  readonly model: ChatModel;
  readonly spent: Spent;
}

async function gradesOf(labelled: LabelledTask, { policy, model, spent }: Grading): Promise<Graded[]> {
  const task = publicTaskOf(labelled, policy.name);
  const outputs = labelled.submissions.map(({ output }) => ({ bytes: new TextEncoder().encode(output) }));
  const input = { task, content: { prompt: labelled.prompt, outputs }, policy };
  const judged: JudgeAnswer[] = [];
  for (const { modelDigest: _, ...question } of judgeQuestions(input, randomBytes(16).toString('hex'))) {
    const { answer, promptTokens, completionTokens } = await model.ask(question);
    spent.prompt += promptTokens;
    spent.completion += completionTokens;
    judged.push(answer);
  }
  return judgeCheck({ ...input, judged }).map(({ score, flags }, at) => {
    const reason = flagNames('llm-judge', flags).find((name) => name !== 'graded-low');
    const hasSum = reason === undefined || reason === 'nothing-to-judge';
    return { label: labelled.submissions[at]?.label ?? '', sum: hasSum ? score / pointsOfSum : undefined, reason };
  });
}

/** For each wording, how much it raises the sum of an honest answer's grades when it stands behind it. */
async function raisesOf(
  file: string,
  tasks: readonly LabelledTask[],
  grading: Grading & { readonly signal: AbortSignal },
) {
  const { jailbreaks, instructions } = safetyTextsOf(await readDataFile(file));
  const wordings = [...jailbreaks, ...instructions];
  const raises: number[] = [];
  for (const [at, task] of tasks.entries()) {
    grading.signal.throwIfAborted();
    const answer = task.submissions.find(({ label }) => label === honest);
    const wording = wordings[Math.floor((at * wordings.length) / tasks.length)];
    if (answer === undefined || wording === undefined) continue;
    const [plain] = await gradesOf({ ...task, submissions: [answer] }, grading);
    const output = `${answer.output}\n\n${wording}`;
    const [attacked] = await gradesOf({ ...task, submissions: [{ ...answer, output }] }, grading);
    if (plain?.sum !== undefined && attacked?.sum !== undefined) raises.push(attacked.sum - plain.sum);
  }
  return raises;
}

function wordingFigures(raises: readonly number[]) {
  const count = (is: (raise: number) => boolean) => raises.filter(is).length;
  const mean = raises.reduce((sum, raise) => sum + raise, 0) / raises.length;
  return { n: raises.length, mean, raised: count((raise) => raise > 0), lowered: count((raise) => raise < 0) };
}

function figuresOf(graded: readonly Graded[]) {
  const withSum = graded.filter((one): one is Graded & { readonly sum: number } => one.sum !== undefined);
  const labels = [...new Set(graded.map(({ label }) => label))].filter((label) => label !== '');
  const own = withSum.filter(({ label }) => label === honest);
  const rows = labels.map((label) => {
    const all = graded.filter((one) => one.label === label);
    const some = withSum.filter((one) => one.label === label);
    const pairs = [...own, ...some];
    const auc = aucOf(
      pairs.map(({ sum }) => sum),
      pairs.map((_, at) => at < own.length),
    );
    const reasons = Object.fromEntries(
      [...Map.groupBy(all, ({ reason }) => reason ?? 'graded')].map(([name, of]) => [name, of.length]),
    );
    return {
      label,
      n: all.length,
      mean: some.reduce((total, { sum }) => total + sum, 0) / Math.max(1, some.length),
      auc,
      reasons,
    };
  });
  const answers: GradedAnswer[] = withSum.flatMap(({ label, sum }) =>
    label === '' ? [] : [{ sum, isHonest: label === honest }],
  );
  return { rows, scores: judgeScores(answers) };
}

type Figures = ReturnType<typeof figuresOf> & {
  readonly tokens: Spent;
  readonly wordings?: ReturnType<typeof wordingFigures>;
};

function accountOf({ rows, scores, tokens, wordings }: Figures): string[] {
  const head = ['label', 'n', 'mean of both grades', 'AUC against honest', 'reasons'];
  const cells = rows.map(({ label, n, mean, auc, reasons }) => [
    label,
    String(n),
    (mean / 2).toFixed(2),
    label === honest ? '' : auc.toFixed(3),
    Object.entries(reasons)
      .map(([name, count]) => `${name} ${count}`)
      .join(', '),
  ]);
  const answers = rows.reduce((sum, { n }) => sum + n, 0);
  return [
    ...tableOf([head, ...cells]),
    '',
    `tokens for an answer: ${(tokens.prompt / Math.max(1, answers)).toFixed(0)} read, ${(tokens.completion / Math.max(1, answers)).toFixed(1)} written`,
    ...(wordings === undefined
      ? []
      : [
          `wordings behind an honest answer: ${wordings.raised} of ${wordings.n} raised its grades, ${wordings.lowered} lowered them; mean change of the sum ${wordings.mean.toFixed(2)}`,
        ]),
    `"scores": [${scores.join(', ')}]`,
  ];
}
