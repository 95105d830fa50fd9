/** The inference check: would the model that the task names have written this text? */
import type { ModelAnswer, ScoredToken, ScoreRequest } from '@assay/protocol/language-model/language-model';
import { type FlagName, flagWord } from '@assay/protocol/observation/flag';
import { type Measurement, scoreMax } from '@assay/protocol/observation/measurement';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Task } from '@assay/protocol/task/task';
import { type OutputContent, outputText, type TaskContent } from '@assay/protocol/task/task-content';
import { faultFlagOf } from './fault-flag.ts';
import { textEvidence } from './text-evidence.ts';

/** The scored tokens of an output, or why there are none; `not-shared`: no model that may read it. */
export type OutputScores = ModelAnswer<readonly ScoredToken[]> | 'not-shared';

/** The check's input. */
export interface InferenceCheckInput {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policy: Policy;
  /** For each submission; missing where none were asked for. */
  readonly scores?: readonly (OutputScores | undefined)[];
}

/** A text to score, and the model that should score it. */
export interface ScoringOrder extends ScoreRequest {
  readonly modelDigest: string;
}

/** The claim that a task makes about how its answers were written. */
interface TaskClaim {
  readonly model: { readonly digest: string; readonly before: string; readonly after: string };
  readonly temperatureMilli: number;
}

/** Why a task makes no claim that can be tested. */
type NoClaim = Extract<FlagName<'inference'>, 'model-not-named' | 'sampling-unknown'>;

/** The score of a text that says nothing for or against the claim. */
export const noEvidenceScore = 5_000;
/** How much a score falls for each power of ten of evidence against the claim. */
export const scorePerPower = 1_000;
/** Thousandths of a natural logarithm in a power of ten. */
const tenfold = 2_303;
/** Scores are multiples of it, so that two back ends of one model mostly give the same. */
const scoreStep = 50;

/** What a task claims under a policy. */
function claimOf({ parameters }: Pick<Task, 'parameters'>, policy: Policy): TaskClaim | NoClaim {
  const { modelDigest, temperatureMilli, topK, topPMilli } = parameters;
  const model = policy.roles.inference?.models.find(({ digest }) => digest === modelDigest);
  if (model === undefined) return 'model-not-named';
  const isCut = topK !== undefined || (topPMilli ?? 1_000) < 1_000;
  // At temperature 0 the most likely token is taken, whatever else is cut.
  if (temperatureMilli === undefined || (isCut && temperatureMilli > 0)) return 'sampling-unknown';
  return { model, temperatureMilli };
}

/** What to have scored for each submission, in order; undefined where nothing can be told from it. */
export function scoringOrders({ task, content, policy }: InferenceCheckInput): (ScoringOrder | undefined)[] {
  const claim = claimOf(task, policy);
  return task.submissions.map((_, index) => {
    const text = outputText(content.outputs[index] ?? { problem: 'content-missing' });
    if (text === undefined || typeof claim === 'string') return undefined;
    const { digest, before, after } = claim.model;
    return { modelDigest: digest, context: before + content.prompt + after, text: scoredPart(text, policy) };
  });
}

/** The part of an output that is scored. */
function scoredPart(text: string, policy: Policy): string {
  const part = text.slice(0, policy.roles.inference?.charsMax ?? 0);
  return part.isWellFormed() ? part : part.slice(0, -1);
}

/**
 * One measurement for each submission, in order: 5,000 without evidence, 1,000 less for each power of ten of evidence
 * against the claim, and more for evidence for it. So a score below 1,000 happens to one honest text of 10,000 at most.
 */
export function inferenceCheck({ task, content, policy, scores = [] }: InferenceCheckInput): Measurement[] {
  const claim = claimOf(task, policy);
  return task.submissions.map((_, index) => {
    const output = content.outputs[index] ?? { problem: 'content-missing' as const };
    return measureOutput(output, { claim, policy, scores: scores[index] });
  });
}

interface OutputClaim {
  readonly claim: TaskClaim | NoClaim;
  readonly policy: Policy;
  readonly scores: OutputScores | undefined;
}

function measureOutput(output: OutputContent, { claim, policy, scores }: OutputClaim): Measurement {
  const rules = policy.roles.inference;
  if ('problem' in output) return measured(0, [output.problem]);
  if (typeof claim === 'string') return untold(claim);
  if (scores === 'not-shared') return untold('not-shared');
  if (rules === undefined || scores === undefined) return untold('model-unavailable');
  if (!scores.ok) return untold(faultFlagOf(scores.fault));
  const evidence = textEvidence(scores.value, { ...rules, temperatureMilli: claim.temperatureMilli });
  if (evidence.tokens < rules.tokensMin) return untold('too-short');
  const score = scoreOfEvidence(evidence.log);
  return measured(score, score < rules.acceptScoreMin ? ['another-model'] : []);
}

/** The score of evidence, a natural logarithm in thousandths. */
export function scoreOfEvidence(log: number): number {
  const against = Math.round((scorePerPower * log) / tenfold / scoreStep) * scoreStep;
  return Math.max(0, Math.min(scoreMax, noEvidenceScore - against));
}

/** The measurement where nothing can be told, with the reason. */
function untold(flag: FlagName<'inference'>): Measurement {
  return measured(noEvidenceScore, [flag]);
}

function measured(score: number, flags: readonly FlagName<'inference'>[]): Measurement {
  return { score, flags: flagWord('inference', flags) };
}
