/** Thresholds of the semantic check: the policy's parameters, or where it is silent the values here. */
import type { Policy } from '@assay/protocol/policy/policy';

/** Evidence or shares in basis points (0 … 10,000), each the least that counts, unless said otherwise. */
export const semanticDefaults = {
  /** Share of a text's topic words that the prompt or another text has: below it the text is irrelevant. */
  supportedShareMin: 2_000,
  /** Share of the others' common words: a text above it is relevant whatever else it says. */
  consensusShareEnough: 2_500,
  /** Share of the prompt's topic words: a text with so many is relevant, unless its words fit any topic. */
  promptShareEnough: 1_000,
  /** Share of topic words that fit any topic: from it on an irrelevant text is filler. */
  fillerShareMin: 2_000,
  truncationMin: 6_000,
  repetitionMin: 8_200,
  /** Evidence that honest answers may give too: undecided from the first, rejected from the second. */
  echoDoubtMin: 8_000,
  echoMin: 9_500,
  refusalDoubtMin: 6_000,
  refusalMin: 8_000,
  wordSaladDoubtMin: 7_500,
  wordSaladMin: 9_500,
  wrongFormatDoubtMin: 6_000,
  wrongFormatMin: 8_500,
  injectionMin: 6_000,
  aimedAtJudgeMin: 6_000,
  numberConflictMin: 5_000,
  nameConflictMin: 6_000,
  negationConflictMin: 4_500,
  /** A contradiction of any kind from which on, up to the threshold of its kind, the answer is left undecided. */
  conflictDoubtMin: 10_000,
  /** Another value under a key that the others share (see `value-conflict.ts`): undecided from the first, rejected from the second. */
  statedDoubtMin: 9_000,
  statedConflictMin: 10_000,
  /** Probability that a long answer states a fact otherwise than the others: up to the first it is accepted, above the second rejected. */
  factProbabilityMax: 10_000,
  factProbabilityAbove: 10_000,
  /** Tokens (a count) of a task's median answer up to which the contradiction head decides on facts, and from which it does not. */
  shortTokens: 60,
  longTokens: 90,
  exfiltrationMin: 6_000,
  foreignRequestMin: 6_000,
  wrongLanguageMin: 6_000,
  /** Distinct submissions (a count) below which the others are no evidence. */
  distinctSubmissionsMin: 3,
  /** Invisible and control characters and mixed scripts (a count). */
  hiddenCharactersMin: 4,
} as const;

/** The thresholds in force. */
export type SemanticThresholds = { readonly [name in keyof typeof semanticDefaults]: number };

/** The thresholds under a policy. */
export function semanticThresholds(policy: Policy): SemanticThresholds {
  const { parameters } = policy.roles.semantic;
  const entries = Object.entries(semanticDefaults).map(([name, value]) => [name, parameters[name] ?? value]);
  return Object.fromEntries(entries) as SemanticThresholds;
}
