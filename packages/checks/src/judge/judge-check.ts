/**
 * The judge: a language model grades answers by the policy's rubric, each in two orders. What it says is believed only in
 * the form asked for, and only where both orders agree.
 */
import { sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import type { ChatReply, ChatRequest } from '@assay/protocol/language-model/chat-model';
import { gradesJsonSchema, readGrades } from '@assay/protocol/language-model/grades';
import type { ModelAnswer } from '@assay/protocol/language-model/language-model';
import { type FlagName, flagWord } from '@assay/protocol/observation/flag';
import type { Measurement } from '@assay/protocol/observation/measurement';
import { type Policy, voteOf } from '@assay/protocol/policy/policy';
import type { Task } from '@assay/protocol/task/task';
import { type OutputContent, outputText, type TaskContent } from '@assay/protocol/task/task-content';
import { declines } from '../form/refusal-text.ts';
import { faultFlagOf } from '../inference/fault-flag.ts';
import { semanticCheck } from '../semantic/semantic-check.ts';
import { profileOf } from '../text/text-profile.ts';
import { judgePrompt } from './judge-prompt.ts';
import { saysNothing } from './nothing-to-judge.ts';

/** What the judge is asked, and which model is. */
export interface JudgeQuestion extends ChatRequest {
  readonly modelDigest: string;
}

/** The reply to a question, or why there is none; `not-shared`: no model that may read it. */
export type JudgeAnswer = ModelAnswer<ChatReply> | 'not-shared';

/** The check's input. */
export interface JudgeCheckInput {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policy: Policy;
  /** For each question of {@link judgeQuestions}, in order. */
  readonly judged?: readonly JudgeAnswer[];
}

type Rules = NonNullable<Policy['roles']['llm-judge']>;
type Flag = FlagName<'llm-judge'>;

/** What is to become of a submission: a measurement without the judge, or the judge. */
type Plan = { readonly flag: Flag; readonly score: number } | 'ask';

/** Score of a submission that the judge was asked about in vain. */
const noJudgementScore = 5_000;
const sampleParts = 1_000_000;
/** Tokens of a reply: its braces, and a name and a number for each answer. */
const replyTokens = { all: 64, answer: 24 } as const;

/** What to ask: for each group of answers two questions, which differ in the order. */
export function judgeQuestions(input: JudgeCheckInput, mark: string): JudgeQuestion[] {
  const rules = input.policy.roles['llm-judge'];
  if (rules === undefined) return [];
  const shown = (text: string) => shownPart(text, rules);
  return groupsOf(input, rules).flatMap((group) => {
    const answers = group.map((index) => shown(outputText(outputAt(input, index)) ?? ''));
    const sheet = { rubric: rules.rubric, question: shown(input.content.prompt), answers, mark };
    return (['forward', 'backward'] as const).map((order) => ({
      modelDigest: rules.model,
      ...judgePrompt({ ...sheet, order }),
      schema: gradesJsonSchema(group.length),
      tokensMax: replyTokens.all + replyTokens.answer * group.length,
    }));
  });
}

/** One measurement for each submission, in order. */
export function judgeCheck(input: JudgeCheckInput): Measurement[] {
  const rules = input.policy.roles['llm-judge'];
  const { submissions } = input.task;
  if (rules === undefined) return submissions.map(() => measured(noJudgementScore, ['not-asked']));
  const graded = new Map(
    groupsOf(input, rules).flatMap((group, at) => {
      const forward = gradesIn(input.judged?.[2 * at], group.length);
      const backward = gradesIn(input.judged?.[2 * at + 1], group.length);
      return group.map((index, place) => [
        index,
        [gradeAt(forward, place), gradeAt(backward, group.length - 1 - place)],
      ]);
    }),
  );
  const plans = plansOf(input, rules);
  return submissions.map((_, index) => {
    const plan = plans[index] ?? 'ask';
    return plan === 'ask' ? judgement(graded.get(index) ?? [], rules) : measured(plan.score, [plan.flag]);
  });
}

/** A grade in each order, or why there is none. */
function judgement(grades: readonly (number | Flag)[], { scores, apartMax, acceptScoreMin }: Rules): Measurement {
  const reasons = new Set(grades.filter((one) => typeof one === 'string'));
  if (reasons.size > 0) return measured(noJudgementScore, [...reasons]);
  const [forward = 0, backward = 0] = grades.filter((one) => typeof one === 'number');
  if (Math.abs(forward - backward) > apartMax) return measured(noJudgementScore, ['orders-disagree']);
  const score = scores[forward + backward] ?? 0;
  return measured(score, score < acceptScoreMin ? ['graded-low'] : []);
}

/** The grades in the judge's order, or why there are none. */
function gradesIn(answer: JudgeAnswer | undefined, count: number): readonly number[] | Flag {
  if (answer === undefined) return 'model-unavailable';
  if (answer === 'not-shared') return 'not-shared';
  if (!answer.ok) return faultFlagOf(answer.fault);
  const { text, ending } = answer.value;
  if (ending === 'refused') return 'judge-refused';
  const grades = ending === 'whole' ? readGrades(text, count) : undefined;
  return grades ?? (declines(profileOf(text)) ? 'judge-refused' : 'judge-off-format');
}

function gradeAt(grades: readonly number[] | Flag, place: number): number | Flag {
  return typeof grades === 'string' ? grades : (grades[place] ?? 'judge-off-format');
}

/** The submissions that the judge is asked about, by question. */
function groupsOf(input: JudgeCheckInput, rules: Rules): number[][] {
  const asked = plansOf(input, rules).flatMap((plan, index) => (plan === 'ask' ? [index] : []));
  const count = Math.ceil(asked.length / rules.together);
  return Array.from({ length: count }, (_, at) => asked.slice(at * rules.together, (at + 1) * rules.together));
}

function plansOf(input: JudgeCheckInput, rules: Rules): Plan[] {
  const notAsked: Plan = { flag: 'not-asked', score: rules.notAskedScore };
  const isSampled = inSample(input.task, rules.samplePpm);
  const semantic = rules.asked === 'undecided' && isSampled ? semanticCheck(input) : undefined;
  return input.task.submissions.map((_, index) => {
    const output = outputAt(input, index);
    if ('problem' in output) return { flag: output.problem, score: 0 };
    if (!isSampled) return notAsked;
    const decided = semantic?.[index];
    if (decided !== undefined && voteOf('semantic', input.policy, decided) !== 'abstain') return notAsked;
    return saysNothing(outputText(output) ?? '') ? { flag: 'nothing-to-judge', score: 0 } : 'ask';
  });
}

/** The same for all operators. The task's id is known only when all its submissions are. */
function inSample({ taskId }: Pick<Task, 'taskId'>, samplePpm: number): boolean {
  const drawn = Number.parseInt(sha256Hex(utf8(`assay llm-judge sample ${taskId}`)).slice(2, 14), 16);
  return drawn % sampleParts < samplePpm;
}

function outputAt({ content }: JudgeCheckInput, index: number): OutputContent {
  return content.outputs[index] ?? { problem: 'content-missing' };
}

/** The part of a text that the judge reads. */
function shownPart(text: string, { charsMax }: Rules): string {
  const part = text.slice(0, charsMax).toWellFormed();
  return part.length < text.length ? `${part}\n[the rest is not shown]` : part;
}

function measured(score: number, flags: readonly Flag[]): Measurement {
  return { score, flags: flagWord('llm-judge', flags) };
}
